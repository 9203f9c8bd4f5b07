package bundle

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/evanw/esbuild/pkg/api"
)

// Options say what to bundle. Where a field has the name of an esbuild
// option, its values are those that esbuild's command line takes.
type Options struct {
	Dir         string   // project root, absolute
	EntryPoints []string // absolute or relative to Dir; .ts .tsx .js .jsx .mjs .css ...
	PublicPath  string   // URL prefix of every output; "/assets/" when empty

	// Release bundles what is shipped: minified, under names that hold a hash,
	// without source maps unless they are asked for, legal comments in files
	// beside the bundles. Mode is then "production" when empty.
	Release    bool
	SourceMaps bool

	Mode string            // import.meta.env.MODE; "development" when empty, but for Release
	Env  map[string]string // import.meta.env.NAME; give only what browsers may see (VITE_*)

	Define   map[string]string
	Loader   map[string]string // file extension to loader: ".svg" to "text"
	Alias    map[string]string
	External []string
	Target   string // "es2022", "chrome120,safari17"
	JSX      string // "transform", "automatic", "preserve"; tsconfig.json decides when empty
	Tsconfig string // instead of the one found beside each file

	// SplitPackages puts what comes from node_modules into a bundle of its own,
	// which is built again only when something else is imported from there.
	// Scripts then import one another, so that pages must load them as modules.
	SplitPackages bool
}

// Result is the outcome of one [Bundler.Build].
type Result struct {
	Outputs     Outputs // nil when the build failed
	Entries     []Entry // in the order of EntryPoints; nil when the build failed
	Diagnostics []problem.Problem

	// Inputs are the absolute paths of every file that was read, sorted: sources,
	// sheets, assets, and the tsconfig.json and package.json files beside and
	// above them. A failed build adds those of the last good one, because what
	// esbuild did not reach this time still belongs to the program.
	Inputs []string

	// Globs are the sets of files that the program imports: a new one that is of
	// them is an input. They are kept as Inputs are.
	Globs []Glob

	Unresolved bool // an import leads nowhere, so that any new file may mend it
	Took       time.Duration
	Canceled   bool // the context ended first; nothing else is set
	CSSOnly    bool // only the sheets were built; scripts are those of the last build

	// Together says why packages are in one bundle with the program although
	// they were to be split off; empty when they are not.
	Together string
}

// Bundler bundles TypeScript and CSS in memory. It keeps what esbuild parsed, so
// that building again costs only what changed. It never writes to disk.
type Bundler struct {
	opts    Options
	entries []entryPoint
	paths   pathMapper
	sources *sources

	mu     sync.Mutex // serialises Build and Close
	full   *incremental
	sheets *sheetBundler
	split  *packageBundle
	last   *state   // the last full build that succeeded; nil when a full build is due
	inputs []string // of the last full build that succeeded
	globs  []Glob   // of the same
	closed bool

	unsplit atomic.Pointer[string] // why packages must stay in one bundle, once that is known
}

// state is what a CSS-only build takes over from the full build before it.
type state struct {
	outputs     Outputs
	entries     []Entry
	diagnostics []problem.Problem
	graph       *importGraph
	proven      bool // the sheets alone gave the same bytes as the full build
}

// New checks the options and prepares, but does not build. An entry point
// that does not exist is a [*MissingEntryError].
func New(opts Options) (*Bundler, error) {
	if !filepath.IsAbs(opts.Dir) {
		return nil, fmt.Errorf("web: project directory %q is not absolute", opts.Dir)
	}
	opts.Dir = filepath.Clean(opts.Dir)
	opts.PublicPath = cleanPublicPath(opts.PublicPath)
	entries, err := resolveEntries(opts.Dir, opts.EntryPoints)
	if err != nil {
		return nil, err
	}
	if opts.Tsconfig == "" {
		opts.Tsconfig = referencedConfig(opts.Dir, entries)
	}
	w := &Bundler{opts: opts, entries: entries, paths: newPathMapper(opts.Dir)}
	w.sources = &sources{web: w, plain: make(map[string]stamp), workers: make(map[string]worker)}
	base, err := w.bundleOptions()
	if err != nil {
		return nil, err
	}
	w.split = newPackageBundle(w, base)
	if w.full, err = newIncremental(base, entryOptions(entries), w.programPlugins); err != nil {
		return nil, err
	}
	if w.sheets, err = newSheetBundler(base, entries, w.plugins); err != nil {
		w.full.close()
		return nil, err
	}
	return w, nil
}

// Build brings the outputs up to date after the files in changed, absolute
// paths, were written, created or removed. A nil slice means that anything may
// have changed. Calls run one after the other; to let a newer one win, cancel
// the context of the older. What a canceled build was told is not forgotten:
// the next one starts from the files as they are.
func (w *Bundler) Build(ctx context.Context, changed []string) Result {
	w.mu.Lock()
	defer w.mu.Unlock()

	start := time.Now()
	if changed == nil {
		w.sources.forget()
	}
	if w.split.heed(changed, w.unsplit.Load()) {
		changed, w.last = nil, nil
	}
	var result Result
	switch {
	case w.closed:
		result = Result{Canceled: true}
	case !w.onlySheets(changed):
		result = w.buildAll(ctx)
	case w.last.proven:
		result = w.buildSheets(ctx)
	default:
		result = w.buildAll(ctx)
		w.prove(ctx)
	}
	result.Took = time.Since(start)
	return result
}

// Unsplit puts packages into one bundle with the program from the next build
// on, for the reason given. It does not wait for a running build.
func (w *Bundler) Unsplit(reason string) { w.unsplit.Store(&reason) }

// Close waits for a running build and frees the memory that esbuild keeps
// between builds. Builds that follow count as canceled.
func (w *Bundler) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full.close()
	w.sheets.close()
	w.last, w.closed = nil, true
}

// onlySheets reports whether changed holds plain sheets of the last build and
// nothing else.
func (w *Bundler) onlySheets(changed []string) bool {
	if w.last == nil || len(changed) == 0 {
		return false
	}
	return !slices.ContainsFunc(changed, func(file string) bool {
		return !w.last.graph.isPlainSheet(w.paths.real(file))
	})
}

func (w *Bundler) buildAll(ctx context.Context) Result {
	w.last = nil // until this build succeeds, nothing can be taken over
	built, graph, canceled := w.bundle(ctx)
	if canceled {
		return Result{Canceled: true}
	}
	result := Result{
		Diagnostics: append(w.diagnostics(built), w.split.diagnostics...),
		Inputs:      union(w.readFiles(), w.split.inputs),
		Globs:       w.userGlobs(),
		Unresolved:  slices.ContainsFunc(built.Errors, isUnresolved),
		Together:    w.split.together,
	}
	if len(built.Errors) > 0 {
		result.Inputs = union(result.Inputs, w.inputs)
		result.Globs = append(result.Globs, w.globs...)
		return result
	}
	outputs := w.collect(built.OutputFiles, graph.orphanSheets(w.entries))
	maps.Copy(outputs, w.split.outputs)
	w.last = &state{
		outputs:     outputs,
		entries:     w.describeEntries(graph),
		diagnostics: result.Diagnostics,
		graph:       graph,
		proven:      w.sheets.isProven(graph),
	}
	w.inputs, w.globs = result.Inputs, result.Globs
	result.Outputs, result.Entries = maps.Clone(outputs), w.last.entries
	return result
}

// bundle builds the program, and before it the packages that it needs if they
// are not there yet. What it needs is known only when all of it was read: the
// first time, then, it is bundled twice. The graph is that of a build without
// errors.
func (w *Bundler) bundle(ctx context.Context) (built api.BuildResult, graph *importGraph, canceled bool) {
	looked := false
	for w.split.lenient = false; ; {
		if built, canceled = w.full.rebuild(ctx); canceled {
			return built, nil, true
		}
		if len(built.Errors) > 0 {
			if looked || !w.split.lacksNames(built.Errors) {
				w.split.explain(built.Errors)
				return built, nil, false
			}
			looked, w.split.lenient = true, true
			continue
		}
		var err error
		if graph, err = parseMetafile(built.Metafile); err != nil {
			built.Errors = append(built.Errors, api.Message{Text: err.Error()})
			return built, nil, false
		}
		graph.setLoaders(w.opts.Loader, w.full.reads.embedded())
		switch {
		case w.split.due(graph):
			if w.split.build(ctx, graph) {
				return built, nil, true
			}
		case !w.split.lenient:
			return built, graph, false
		}
		w.split.lenient = false
	}
}

// collect keys the files that esbuild made by their URLs, without the sheets
// that it makes for dynamically imported scripts: nothing loads those, and
// their rules are in the sheet of the entry point already.
func (w *Bundler) collect(files []api.OutputFile, orphans map[string]bool) Outputs {
	outputs := make(Outputs, len(files))
	for _, file := range files {
		if orphans[strings.TrimSuffix(file.Path, ".map")] {
			continue
		}
		url := w.urlOf(file.Path)
		outputs[url] = newOutput(url, file)
	}
	return outputs
}

// urlOf maps a path below the imaginary output directory to the URL under
// which the file is served.
func (w *Bundler) urlOf(file string) string {
	rel, err := filepath.Rel(w.outDir(), file)
	if err != nil { // another volume: esbuild never leaves the output directory
		rel = filepath.Base(file)
	}
	return w.opts.PublicPath + filepath.ToSlash(rel)
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
