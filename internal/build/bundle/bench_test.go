package bundle

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// BenchmarkEdits rebuilds a program of 500 modules, of 3 kB each, after one file
// was saved.
func BenchmarkEdits(b *testing.B) {
	dir := manyModules(b, 500)
	sheet := func(version int) (name, text string) { return "page.css", sheetOfRules(2000, version) }
	b.Run("one sheet alone", func(b *testing.B) {
		web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
		benchmarkEdits(b, web, dir, true, sheet)
	})
	b.Run("one sheet in full", func(b *testing.B) {
		web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
		benchmarkEdits(b, web, dir, false, sheet)
	})
	b.Run("one script", func(b *testing.B) {
		web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
		benchmarkEdits(b, web, dir, false, func(version int) (name, text string) {
			return "m/499.ts", fmt.Sprintf("export const value499 = %d\n", version)
		})
	})
}

// BenchmarkManySheets is the same with the rules in 100 sheets.
func BenchmarkManySheets(b *testing.B) {
	dir := manyModules(b, 500)
	var imports strings.Builder
	for i := range 100 {
		fmt.Fprintf(&imports, "@import './sheet%d.css';\n", i)
		write(b, dir, fmt.Sprintf("sheet%d.css", i), sheetOfRules(100, i))
	}
	write(b, dir, "page.css", imports.String())
	edit := func(version int) (name, text string) { return "sheet50.css", sheetOfRules(100, version) }
	for _, alone := range []bool{true, false} {
		b.Run(map[bool]string{true: "alone", false: "in full"}[alone], func(b *testing.B) {
			web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
			benchmarkEdits(b, web, dir, alone, edit)
		})
	}
}

func benchmarkEdits(b *testing.B, web *Bundler, dir string, alone bool, edit func(version int) (name, text string)) {
	mustBuild(b, web)
	version := 0
	save := func() (file string) {
		version++
		name, text := edit(version)
		return write(b, dir, name, text)
	}
	for range 2 { // the first edit of a sheet compares
		mustBuild(b, web, save())
	}
	for b.Loop() {
		b.StopTimer()
		changed := []string{save()}
		if !alone {
			changed = nil
		}
		b.StartTimer()
		if got := mustBuild(b, web, changed...); got.sheetsOnly != alone {
			b.Fatalf("sheetsOnly = %v, want %v", got.sheetsOnly, alone)
		}
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-live")
	b.ReportMetric(float64(memory.Sys-memory.HeapReleased)/(1<<20), "MiB-held")
}

// BenchmarkBarrel builds a page that imports a few of the many modules that a
// package exports by name: what is read and what the page gets grow with the
// former. esbuild alone reads them all.
func BenchmarkBarrel(b *testing.B) {
	for _, exports := range []int{100, 1000, 5000} {
		for _, imported := range []int{1, 10, 100} {
			files := barrel(exports, `{"type": "module", "sideEffects": false}`)
			names := make([]string, imported)
			for i := range names {
				names[i] = fmt.Sprintf("Icon%d", i)
			}
			list := strings.Join(names, ", ")
			files["main.ts"] = fmt.Sprintf("import { %s } from 'icons'\nconsole.log(%s)\n", list, list)
			dir := tree(b, files)
			b.Run(fmt.Sprintf("exports=%d/imported=%d/devtool", exports, imported), func(b *testing.B) {
				size := 0
				for b.Loop() {
					size = 0
					web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true})
					for url, output := range mustBuild(b, web).Outputs {
						if path.Ext(url) == ".js" {
							size += len(output.Contents)
						}
					}
					web.Close()
				}
				b.ReportMetric(float64(size)/1024, "KiB-scripts")
			})
			b.Run(fmt.Sprintf("exports=%d/imported=%d/esbuild", exports, imported), func(b *testing.B) {
				size := 0
				for b.Loop() {
					built := api.Build(api.BuildOptions{
						AbsWorkingDir: dir, EntryPoints: []string{"main.ts"}, Outdir: "out", Bundle: true,
						Format: api.FormatESModule, Sourcemap: api.SourceMapExternal,
					})
					if len(built.Errors) > 0 {
						b.Fatal(built.Errors)
					}
					size = len(built.OutputFiles[1].Contents)
				}
				b.ReportMetric(float64(size)/1024, "KiB-scripts")
			})
		}
	}
}
