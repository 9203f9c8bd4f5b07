//go:build unix

package bundle

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// BenchmarkScale saves one script of programs of several sizes, and sets
// what a build then takes beside esbuild's own, with the same options.
func BenchmarkScale(b *testing.B) {
	for _, modules := range []int{50, 500, 3000} {
		dir := manyModules(b, modules)
		version := 0
		save := func() (file string) {
			version++
			return write(b, dir, "m/7.ts", fmt.Sprintf("export const value7 = %d\n", version))
		}
		web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
		mustBuild(b, web)
		b.Run(fmt.Sprintf("%d/devtool", modules), func(b *testing.B) {
			benchmarkRebuilds(b, save, func(file string) { mustBuild(b, web, file) })
		})
		web.Close()
		options, err := Options{Dir: dir}.forEsbuild(web.layout, nil)
		if err != nil {
			b.Fatal(err)
		}
		options.EntryPoints, options.Metafile = []string{"main.ts"}, false
		plain, failed := api.Context(options)
		if failed != nil {
			b.Fatal(failed)
		}
		plain.Rebuild()
		b.Run(fmt.Sprintf("%d/esbuild", modules), func(b *testing.B) {
			benchmarkRebuilds(b, save, func(string) {
				if built := plain.Rebuild(); len(built.Errors) > 0 {
					b.Fatal(built.Errors)
				}
			})
		})
		plain.Dispose()
	}
}

func benchmarkRebuilds(b *testing.B, save func() string, rebuild func(file string)) {
	runtime.GC()
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		file := save()
		before := processorTime(b)
		b.StartTimer()
		rebuild(file)
		b.StopTimer()
		spent += processorTime(b) - before
		b.StartTimer()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys-memory.HeapReleased)/(1<<20), "MiB-held")
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
