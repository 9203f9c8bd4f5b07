package bundle

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
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

	// Root is the directory of the front end, absolute: what / refers to in imports.
	// When it is empty, that is the directory of the nearest package.json. PublicDir
	// is the directory, absolute, whose files browsers get as they are at the root
	// URL; none when empty.
	Root      string
	PublicDir string

	// Base is the URL prefix of the public directory's files, and BASE_URL; "/" when
	// empty. It begins and ends with a slash.
	Base string

	// Page is the main page of the front end, absolute; none when empty. What it and
	// the pages beside and below it load are entry points, too.
	Page string

	// Release bundles what is shipped: minified, under names that hold a hash,
	// without source maps unless they are asked for, legal comments in files
	// beside the bundles. import.meta.env.MODE is then "production".
	Release    bool
	SourceMaps bool

	// Env returns what import.meta.env has beside Vite's own names: only what
	// browsers may see. It is asked before each build; nil means nothing. EnvFiles
	// are the files, absolute, that it reads; they may not exist.
	Env      func() map[string]string
	EnvFiles []string

	Define   map[string]string
	Loader   map[string]string // file extension to loader: ".svg" to "text"
	Alias    map[string]string
	Rewrites []Rewrite // aliases that patterns tell
	External []string
	Target   string // "es2022", "chrome120,safari17"
	JSX      string // "transform", "automatic", "preserve"; tsconfig.json decides when empty

	// Hot lets pages that have loaded the bundles take updates of single modules:
	// see [Bundler.Patch]. It means nothing to a Release.
	Hot bool

	// SplitPackages puts what comes from node_modules into a bundle of its own,
	// which is built again only when something else is imported from there.
	// Scripts then import one another, so that pages must load them as modules.
	SplitPackages bool
}

// Rewrite replaces what the regular expression Pattern matches of an import path.
// In Replacement, ${1} is its first group.
type Rewrite struct{ Pattern, Replacement string }

// Result is the outcome of one [Bundler.Build].
type Result struct {
	Outputs Outputs // nil when the build failed
	Entries []Entry // in the order of EntryPoints; nil when the build failed

	// Pages are those of the front end, with what browsers load in place of the
	// sources. Beside are the files that they name by their sources in development.
	Pages  []Page
	Beside Outputs

	// ViteManifest is what Vite writes to .vite/manifest.json; of a release alone.
	ViteManifest []byte

	Diagnostics []problem.Problem

	// Inputs are the absolute paths of every file that was read, sorted: sources,
	// sheets, assets, and the tsconfig.json and package.json files beside and
	// above them; and beside a file that was reached through a link or in an
	// installed package, the path by which it was. A failed build adds those of the last good one, because what
	// esbuild did not reach this time still belongs to the program.
	Inputs []string

	// Awaited are the absolute paths of files that do not exist and whose coming
	// changes the program: a source or a package that an import would lead to in
	// place of another, and settings. They are kept as Inputs are.
	Awaited []string

	// Globs are the sets of files that the program imports: a new one that is of
	// them is an input. They are kept as Inputs are.
	Globs []Glob

	// Sought are the absolute paths of files that may mend the imports which lead
	// nowhere: where a package or a source would be, and what decides where to
	// look. Most do not exist. It is empty when all imports lead somewhere.
	Sought []string

	// Missed are those of Sought that the last good build had. They may be back
	// already.
	Missed []string

	Unresolved bool // an import leads nowhere, so that any new file may mend it
	Took       time.Duration
	Canceled   bool // the context ended first; nothing else is set

	sheetsOnly bool // only the sheets were built; scripts are those of the last build

	// Hot reports whether pages can take updates of modules of these outputs, for
	// which they need the runtime.
	Hot bool

	// Whole says why packages are in one bundle with the program although they
	// were to be split off; it is empty when they are not.
	Whole string
}

// Bundler bundles TypeScript and CSS in memory. It keeps what esbuild parsed, so
// that building again costs only what changed. It never writes to disk.
type Bundler struct {
	opts    Options
	places  layout // where things are, without what builds find out
	layout  layout
	sources *sources
	patcher *patcher // nil without hot updates

	mu       sync.Mutex // serialises Build and Close
	env      map[string]string
	program  *incremental
	sheets   *sheetBundler
	packages *packages
	last     *state          // the last full build that succeeded; nil when a full build is due
	written  []entryPoint    // of Options.EntryPoints
	entries  []entryPoint    // those and the pages', before any got another name: see separateSheets
	inputs   []string        // of the last full build that succeeded
	awaited  []string        // of the same
	globs    []Glob          // of the same
	missed   map[string]bool // files that builds since then did not find
	closed   bool

	whole atomic.Pointer[string] // why packages must not be split off, once that is known
}

// state is what a CSS-only build takes over from the full build before it.
type state struct {
	outputs     Outputs
	entries     []Entry
	diagnostics []problem.Problem
	graph       *importGraph
	pages       []Page
	beside      Outputs
	proven      bool // the sheets alone gave the same bytes as the full build
}

// New checks the options and prepares, but does not build. An entry point
// that does not exist is a [*MissingEntryError].
func New(opts Options) (*Bundler, error) {
	if !filepath.IsAbs(opts.Dir) {
		return nil, fmt.Errorf("web: project directory %q is not absolute", opts.Dir)
	}
	l := layout{paths: newPathMapper(filepath.Clean(opts.Dir)), publicPath: cleanPublicPath(opts.PublicPath), aliases: opts.Alias, release: opts.Release, base: cmp.Or(opts.Base, "/")}
	if opts.Root != "" {
		l.frontEnd = l.paths.real(opts.Root)
	}
	if opts.PublicDir != "" {
		l.publicDir = l.paths.real(opts.PublicDir)
	}
	for _, r := range opts.Rewrites {
		expression, err := regexp.Compile(r.Pattern)
		if err != nil {
			return nil, fmt.Errorf("web alias %q: %w", r.Pattern, err)
		}
		l.rewrites = append(l.rewrites, rewrite{expression, r.Replacement})
	}
	b := &Bundler{opts: opts, places: l, layout: l}
	env := b.readEnv()
	b.layout.pages = l.readPages(opts.Page, opts.variables(env))
	var err error
	if b.written, err = resolveEntries(l.paths, opts.EntryPoints, b.layout.pages.scripts); err != nil {
		return nil, err
	}
	b.entries = l.entriesOf(b.written, b.layout.pages)
	b.layout.entries = b.entries
	b.layout.settings = findSettings(l.root(), b.entries)
	if err := b.open(env); err != nil {
		return nil, err
	}
	return b, nil
}

// open prepares the builds, whose options hold the environment of the pages.
func (b *Bundler) open(env map[string]string) error {
	base, err := b.opts.forEsbuild(b.layout, env)
	if err != nil {
		return err
	}
	b.env, b.layout.loaders = env, base.Loader
	b.sources = newSources(b.layout)
	b.packages = newPackages(b.layout, base, b.sources.plugins, b.opts.SplitPackages)
	if b.patcher = nil; b.opts.hot() {
		b.patcher = newPatcher(b.layout, base, b.sources, b.packages)
	}
	if b.program, err = newIncremental(base, b.layout.entryOptions(), b.programPlugins); err != nil {
		return err
	}
	if b.sheets, err = newSheetBundler(b.layout, base, b.sources.plugins); err != nil {
		b.program.close()
	}
	return err
}

func (b *Bundler) readEnv() map[string]string {
	if b.opts.Env == nil {
		return nil
	}
	return b.opts.Env()
}

// renew opens the builds anew if the environment of the pages, the settings of the
// scripts or what the pages load have changed. It reports whether they have.
func (b *Bundler) renew(changed []string) (renewed bool, err error) {
	env := b.readEnv()
	same := maps.Equal(env, b.env)
	if !same || b.layout.pages.concernedBy(b.layout.paths, changed) {
		*b.layout.pages = *b.layout.readPages(b.opts.Page, b.opts.variables(env))
	}
	entries := b.layout.entriesOf(b.written, b.layout.pages)
	settings := findSettings(b.layout.root(), entries)
	if same && settings.equal(b.layout.settings) && slices.Equal(entries, b.entries) {
		return false, nil
	}
	if !slices.Equal(entries, b.entries) {
		b.entries, b.layout.entries = entries, entries
	}
	b.layout.settings = settings
	b.program.close()
	b.sheets.close()
	return true, b.open(env)
}

// programPlugins are those of the program, which needs its packages.
func (b *Bundler) programPlugins(reads *readLog) []api.Plugin {
	plugins := append(b.sources.plugins(reads), api.Plugin{Name: packagesNamespace, Setup: b.packages.standIn})
	plugins = slices.Insert(plugins, 0, api.Plugin{Name: "devtool-scan", Setup: b.packages.record})
	if b.patcher != nil {
		plugins = slices.Insert(plugins, len(plugins)-2, b.patcher.instrument.plugin(reads)) // before the sources
		return slices.Insert(plugins, 1, api.Plugin{Name: hotSelfPath, Setup: resolveHot})
	}
	return plugins
}

// Build brings the outputs up to date after the files in changed, absolute
// paths, were written, created or removed. A nil slice means that anything may
// have changed. Calls run one after the other; to let a newer one win, cancel
// the context of the older. What a canceled build was told is not forgotten:
// the next one starts from the files as they are.
func (b *Bundler) Build(ctx context.Context, changed []string) Result {
	b.mu.Lock()
	defer b.mu.Unlock()

	start := time.Now()
	if b.closed {
		return Result{Canceled: true}
	}
	renewed, err := b.renew(changed)
	if err != nil {
		b.last, b.closed = nil, true
		return Result{Diagnostics: []problem.Problem{{Source: problem.ESBuild, Severity: problem.Error, Text: err.Error()}}}
	}
	if renewed {
		changed, b.last = nil, nil
	}
	if changed == nil {
		b.sources.forget()
		b.patcher.forget()
	}
	b.patcher.note(changed)
	if b.packages.invalidate(changed, b.whole.Load()) {
		changed, b.last = nil, nil
	}
	var result Result
	switch {
	case !b.onlySheets(changed):
		result = b.buildAll(ctx)
	case b.last.proven:
		result = b.buildSheets(ctx)
	default:
		result = b.buildAll(ctx)
		b.prove(ctx)
	}
	result.Hot = b.patcher.isOn()
	result.Took = time.Since(start)
	return result
}

// KeepWhole puts packages into one bundle with the program from the next build
// on, for the reason given. It does not wait for a running build.
func (b *Bundler) KeepWhole(reason string) { b.whole.Store(&reason) }

// Close waits for a running build and frees the memory that esbuild keeps
// between builds. Builds that follow count as canceled.
func (b *Bundler) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.program.close()
	b.sheets.close()
	b.last, b.closed = nil, true
}

// onlySheets reports whether changed holds plain sheets of the last build and
// nothing else.
func (b *Bundler) onlySheets(changed []string) bool {
	if b.last == nil || len(changed) == 0 {
		return false
	}
	return !slices.ContainsFunc(changed, func(file string) bool {
		return !b.last.graph.isPlainSheet(b.layout.paths.real(file))
	})
}

func (b *Bundler) buildAll(ctx context.Context) Result {
	b.last = nil // until this build succeeds, nothing can be taken over
	built, graph, canceled := b.bundle(ctx)
	if canceled {
		return Result{Canceled: true}
	}
	inputs, awaited := b.layout.inputsOf(b.program.reads)
	result := Result{
		Diagnostics: append(b.layout.diagnostics(built), b.packages.diagnostics...),
		Inputs:      union(union(inputs, b.packages.inputs), slices.Concat(b.opts.EnvFiles, b.layout.userPaths(b.layout.pages.inputs()))),
		Awaited:     union(awaited, b.layout.userPaths(slices.Clone(b.layout.pages.awaited))),
		Globs:       b.layout.globsOf(b.program.reads),
		Unresolved:  slices.ContainsFunc(built.Errors, isUnresolved),
		Sought:      b.layout.sought(built.Errors),
		Whole:       b.packages.whole,
	}
	if len(built.Errors) > 0 {
		result.Missed = b.missedOf(result.Sought)
		result.Inputs = union(result.Inputs, b.inputs)
		result.Awaited = union(result.Awaited, b.awaited)
		result.Globs = slices.Concat(result.Globs, b.globs, b.layout.emptyGlobs(built.Errors))
		return result
	}
	found, preferred := graph.ways()
	result.Inputs = union(result.Inputs, b.layout.userPaths(found))
	result.Awaited = union(result.Awaited, b.layout.userPaths(preferred))
	result.Globs = append(result.Globs, graph.globs()...)
	outputs := b.layout.collect(built.OutputFiles, graph.orphanSheets())
	b.layout.dropForeign(outputs, graph.ownSources())
	maps.Copy(outputs, b.packages.outputs)
	b.last = &state{
		outputs:     outputs,
		entries:     graph.describeEntries(b.packages.outputs),
		diagnostics: result.Diagnostics,
		graph:       graph,
		proven:      b.sheets.isProven(graph),
	}
	b.patcher.settle(graph, result)
	b.missed = nil
	b.inputs, b.awaited, b.globs = result.Inputs, result.Awaited, result.Globs
	result.Outputs, result.Entries = maps.Clone(outputs), b.last.entries
	result.Pages, result.Beside = b.renderPages(b.last.entries)
	if b.opts.Release {
		maps.Copy(result.Outputs, result.Beside)
		var err error
		if result.ViteManifest, err = graph.viteManifest(result.Beside); err != nil {
			result.Diagnostics = append(result.Diagnostics, problem.Problem{Source: problem.ESBuild, Severity: problem.Error, Text: err.Error()})
		}
	}
	b.last.pages, b.last.beside = result.Pages, result.Beside
	return result
}

// bundle builds the program, and before it the packages that it needs if they
// are not there yet. What it needs is known only when all of it was read: the
// first time, then, it is scanned before it is built. The graph is that of a build
// without errors.
func (b *Bundler) bundle(ctx context.Context) (built api.BuildResult, graph *importGraph, canceled bool) {
	looked := false
	if b.packages.beginScan() {
		built, canceled = b.program.rebuild(ctx)
		scanned := b.packages.endScan(built, b.program.reads)
		if canceled || scanned != nil && b.packages.build(ctx, scanned) {
			return built, nil, true
		}
	}
	for b.packages.lenient = false; ; {
		if built, canceled = b.program.rebuild(ctx); canceled {
			return built, nil, true
		}
		if len(built.Errors) > 0 {
			if b.separateSheets(built.Errors) || b.patcher.spare(built.Errors) {
				continue
			}
			if looked || !b.packages.lacksNames(built.Errors) {
				b.packages.explain(built.Errors)
				return built, nil, false
			}
			looked, b.packages.lenient = true, true
			continue
		}
		var err error
		if graph, err = newImportGraph(b.layout, built.Metafile, b.program.reads.embedded()); err != nil {
			built.Errors = append(built.Errors, api.Message{Text: err.Error()})
			return built, nil, false
		}
		switch {
		case b.packages.due(graph):
			if b.packages.build(ctx, graph) {
				return built, nil, true
			}
		case !b.packages.lenient && !b.patcher.switched(graph):
			built.Warnings = slices.DeleteFunc(built.Warnings, inTail)
			return built, graph, false
		}
		b.packages.lenient = false
	}
}

// separateSheets gives sheets among the entry points names of their own when
// scripts of the same name have got sheets, too: app.ts imports one, and app.css
// is an entry point. It reports whether that was wrong with the build.
func (b *Bundler) separateSheets(errors []api.Message) bool {
	shared := func(message api.Message) bool {
		return strings.HasPrefix(message.Text, "Two output files share the same path")
	}
	if !slices.ContainsFunc(errors, shared) {
		return false
	}
	entries, renamed := separated(b.layout.entries)
	if !renamed {
		return false
	}
	b.program.close()
	b.sheets.close()
	b.layout.entries = entries
	return b.open(b.env) == nil
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
