package bundle

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/evanw/esbuild/pkg/api"
)

// sheetsNamespace holds the scripts that stand in for the entry points.
const sheetsNamespace = "devtool-sheets"

// sheetBundler builds the sheets of a program without its scripts. In place of
// each script entry it bundles one that imports nothing but the sheets, in the
// order in which the program does. esbuild then makes the same sheet of it,
// byte for byte, having looked at a few files instead of hundreds.
//
// [Bundler.prove] checks that the bytes are the same.
type sheetBundler struct {
	*incremental
	layout layout
	roots  [][]string // of each entry, what the script in its place imports
	proven sheetShape // the last that was found to give the same bytes
}

// sheetShape is all of a program that decides which sheets are bundled, and in
// which order. While it stays the same, edits change only what is in them.
type sheetShape struct {
	roots   [][]string
	imports map[string][]graphImport
}

func newSheetBundler(l layout, base api.BuildOptions, plugins func(*readLog) []api.Plugin) (*sheetBundler, error) {
	s := &sheetBundler{layout: l, roots: make([][]string, len(l.entries))}
	base.Define = nil // of no concern to sheets, yet an input of the build
	options := l.entryOptions()
	for i, entry := range l.entries {
		if !entry.isSheet() {
			options[i].InputPath = sheetsNamespace + ":" + strconv.Itoa(i)
		}
	}
	bundler, err := newIncremental(base, options, func(reads *readLog) []api.Plugin {
		return append([]api.Plugin{{Name: sheetsNamespace, Setup: s.standIn}}, plugins(reads)...)
	})
	s.incremental = bundler
	return s, err
}

// standIn serves the scripts in place of the entry points.
func (s *sheetBundler) standIn(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + sheetsNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, sheetsNamespace+":"), Namespace: sheetsNamespace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: sheetsNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		index, err := strconv.Atoi(args.Path)
		if err != nil {
			return api.OnLoadResult{}, fmt.Errorf("stand-in %q: %w", args.Path, err)
		}
		var script strings.Builder
		dir := filepath.Dir(s.layout.entries[index].file)
		for _, root := range s.roots[index] {
			fmt.Fprintf(&script, "import %s;\n", toJSON(importPath(dir, root)))
		}
		text := script.String()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: dir}, nil
	})
}

// shape returns which sheets the program has and how they import one another.
func (s *sheetBundler) shape(graph *importGraph) sheetShape {
	shape := sheetShape{roots: make([][]string, len(s.layout.entries)), imports: make(map[string][]graphImport)}
	for i, entry := range s.layout.entries {
		shape.roots[i] = graph.sheetRoots(entry.file)
		maps.Copy(shape.imports, graph.sheetImports(shape.roots[i]))
	}
	return shape
}

// isProven reports whether the shape of the program is the one that was last
// compared with a full build.
func (s *sheetBundler) isProven(graph *importGraph) bool {
	return s.proven.roots != nil && reflect.DeepEqual(s.proven, s.shape(graph))
}

// build bundles the sheets of shape. It reports whether they can stand for
// those of a full build: nothing failed, and the shape is still the same.
func (s *sheetBundler) build(ctx context.Context, shape sheetShape) (built api.BuildResult, fits, canceled bool) {
	s.roots = shape.roots
	built, canceled = s.rebuild(ctx)
	if canceled || len(built.Errors) > 0 {
		return built, false, canceled
	}
	graph, err := newImportGraph(s.layout, built.Metafile, nil)
	if err != nil {
		return built, false, false
	}
	for input, found := range graph.Inputs {
		want, known := shape.imports[input]
		if strings.HasPrefix(input, sheetsNamespace+":") {
			continue
		}
		if !known || !sameImports(found.Imports, want) {
			return built, false, false
		}
	}
	return built, true, false
}

func sameImports(a, b []graphImport) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// prove compares the outputs of a full build, just done, with those of a build
// of the sheets alone. Only when every sheet, map and asset has the same bytes
// may later edits of sheets do with the latter. It costs a few milliseconds, at
// the first edit of a sheet after a change of what imports what.
func (b *Bundler) prove(ctx context.Context) {
	if b.last == nil {
		return
	}
	shape := b.sheets.shape(b.last.graph)
	built, fits, _ := b.sheets.build(ctx, shape)
	if !fits {
		return
	}
	sheets := b.collectSheets(built)
	for url, output := range sheets {
		if !output.same(b.last.outputs[url]) {
			return
		}
	}
	for _, entry := range b.last.entries {
		for _, url := range entry.sheets() {
			if _, made := sheets[url]; !made {
				return
			}
		}
	}
	b.sheets.proven = shape
	b.last.proven = true
}

// buildSheets takes the scripts from the last build and makes only the sheets.
func (b *Bundler) buildSheets(ctx context.Context) Result {
	built, fits, canceled := b.sheets.build(ctx, b.sheets.proven)
	if canceled {
		return Result{Canceled: true}
	}
	sheets := b.collectSheets(built)
	for url := range sheets {
		if _, known := b.last.outputs[url]; !known {
			fits = false
		}
	}
	if !fits {
		return b.buildAll(ctx)
	}
	maps.Copy(b.last.outputs, sheets)
	b.last.diagnostics = b.mergeDiagnostics(built)
	return Result{
		Outputs:     maps.Clone(b.last.outputs),
		Entries:     b.last.entries,
		Pages:       b.last.pages,
		Beside:      b.last.beside,
		Diagnostics: b.last.diagnostics,
		Inputs:      b.inputs,
		Globs:       b.globs,
		sheetsOnly:  true,
	}
}

// collectSheets leaves out the scripts that stand in for the program's.
func (b *Bundler) collectSheets(built api.BuildResult) Outputs {
	scripts := make(map[string]bool)
	for _, file := range built.OutputFiles {
		if filepath.Ext(file.Path) == ".js" {
			scripts[file.Path] = true
		}
	}
	return b.layout.collect(built.OutputFiles, scripts)
}

// mergeDiagnostics replaces the warnings about sheets by those just found.
func (b *Bundler) mergeDiagnostics(built api.BuildResult) []problem.Problem {
	var merged []problem.Problem
	for _, d := range b.last.diagnostics {
		if _, isSheet := b.sheets.proven.imports[b.layout.paths.real(d.File)]; !isSheet {
			merged = append(merged, d)
		}
	}
	for _, d := range b.layout.diagnostics(built) {
		if d.File != "" {
			merged = append(merged, d)
		}
	}
	return merged
}
