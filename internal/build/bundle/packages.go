package bundle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/evanw/esbuild/pkg/api"
)

// packagesNamespace holds the scripts that no file has: those that make up the
// bundle of packages, and in the program those that reach into that bundle.
const packagesNamespace = "devtool-packages"

// packageScript matches the scripts that go into the bundle of packages. Sheets
// and assets stay with the program: its sheets hold them in a certain order.
var packageScript = regexp.MustCompile(`[/\\]node_modules[/\\].*\.[cm]?[jt]sx?$`)

// packages is what a program imports from node_modules, split off into a bundle
// that is built only when the program wants something that it does not hold.
//
// The program is bundled with a stub in place of each file that it imports from
// there. A stub asks the bundle for the module when it is its turn to run, and
// esbuild treats it as it would treat the module: CommonJS stays CommonJS, an
// ES module exports the same names, sheets are imported in the same order. So
// the two bundles behave as one would, except that saving a file of the program
// costs nothing for its packages.
//
// Of an ES module the bundle holds only what scripts import by name (see
// [wish]): a package of icons exports thousands.
//
// Where packages cannot be split off, the program's bundle is whole.
type packages struct {
	layout  layout
	options api.BuildOptions
	plugins func(*readLog) []api.Plugin
	hot     bool // pages are told what the packages export
	wanted  bool // packages are to be split off
	split   bool // they are, or will be

	whole       string // why they are not, although wanted
	scripts     importedNames
	formats     map[string]string // by file that the program imports: "esm", "cjs" or ""
	needed      map[string]bool   // files that other scripts than the program's import, too
	stubs       map[string]stub   // by file
	outputs     Outputs
	inputs      []string // the user's paths, sorted
	diagnostics []problem.Problem
	scan        *scan // under way, instead of a build; else nil
	lenient     bool  // stubs let scripts import names that they do not have
}

// stub stands in the program for a file of a package.
type stub struct {
	file   string
	bundle string // the name of the output that holds the package
	static bool   // needed before the program runs, not when it asks for it
	wish          // what the program wants of it
	text   string
	typos  map[string]api.Message // by the names that the program wants and the module does not export
}

func newPackages(l layout, options api.BuildOptions, plugins func(*readLog) []api.Plugin, wanted bool) *packages {
	return &packages{
		layout: l, options: options, plugins: plugins, wanted: wanted, split: wanted,
		scripts: importedNames{loaderOf: l.loaderOf, known: make(map[string]scriptNames)},
	}
}

// invalidate drops the package bundle if changed may have made it stale, or for
// good once reason forbids splitting. It reports the latter.
func (p *packages) invalidate(changed []string, reason *string) (forbidden bool) {
	installed := func(file string) bool {
		return filepath.Base(file) == "package.json" || strings.Contains(filepath.ToSlash(file), "/node_modules/")
	}
	switch {
	case !p.wanted:
		return false
	case reason != nil:
		forbidden = p.split
		p.drop(*reason)
	case changed == nil || slices.ContainsFunc(changed, installed):
		p.drop("")
	}
	return forbidden
}

// drop forgets the bundle. With a reason there will be none in its place.
func (p *packages) drop(reason string) {
	p.stubs, p.outputs, p.inputs, p.diagnostics, p.formats, p.needed = nil, nil, nil, nil, nil, nil
	p.whole, p.split = reason, reason == ""
}

// imported returns stubs, without text yet, for the files of packages that the
// program imports.
func (p *packages) imported(program *importGraph) map[string]stub {
	p.learnFormats(program)
	static := program.staticallyImported()
	stubs := make(map[string]stub)
	for importer, input := range program.Inputs {
		for _, to := range input.Imports {
			if !p.holds(to.Path) {
				continue
			}
			s, ok := stubs[to.Path]
			if !ok {
				s = stub{file: to.Path, static: static[to.Path], bundle: "chunks/packages"}
			}
			s.add(p.wishOf(importer, to))
			stubs[to.Path] = s
		}
	}
	// What is loaded on demand is not in the bundle that every page loads.
	for i, file := range slices.Sorted(maps.Keys(stubs)) {
		if s := stubs[file]; !s.static {
			base := path.Base(filepath.ToSlash(file))
			s.bundle += "-" + strconv.Itoa(i) + "-" + strings.TrimSuffix(base, path.Ext(base))
			stubs[file] = s
		}
	}
	return stubs
}

// wishOf returns what an import of the program wants of a package.
func (p *packages) wishOf(importer string, to graphImport) wish {
	if to.Kind != "import-statement" || !filepath.IsAbs(importer) || p.layout.pageOf(importer) != "" || p.formats[to.Path] != "esm" {
		return wish{all: true}
	}
	return p.scripts.of(importer, to.Original)
}

// learnFormats asks esbuild which of the files that the program imports are ES
// modules: only of those can a part be had.
func (p *packages) learnFormats(program *importGraph) {
	options := p.options
	options.Bundle, options.Splitting, options.Sourcemap = false, false, api.SourceMapNone // so that imports lead nowhere
	options.External, options.Alias = nil, nil
	var unknown []string
	for _, file := range slices.Sorted(maps.Keys(program.Inputs)) {
		if _, known := p.formats[file]; !known && p.holds(file) {
			unknown = append(unknown, file)
			output := strconv.Itoa(len(unknown))
			options.EntryPointsAdvanced = append(options.EntryPointsAdvanced, api.EntryPoint{InputPath: p.layout.inputPath(file), OutputPath: output})
		}
	}
	if len(unknown) == 0 {
		return
	}
	if p.formats == nil {
		p.formats = make(map[string]string)
	}
	for _, file := range unknown {
		p.formats[file] = "" // also when it is broken, which its bundle will show
	}
	alone, err := newImportGraph(p.layout, api.Build(options).Metafile, nil)
	if err != nil {
		return
	}
	for file, input := range alone.Inputs {
		p.formats[file] = input.Format
	}
}

// holds reports whether the file belongs to the bundle of packages.
func (p *packages) holds(file string) bool {
	return filepath.IsAbs(file) && packageScript.MatchString(file) &&
		!slices.ContainsFunc(p.layout.entries, func(e entryPoint) bool { return e.file == file })
}

// due reports whether the program imports what the bundle does not hold. More
// than is imported does no harm: imports come and go while people type.
func (p *packages) due(program *importGraph) bool {
	if !p.split {
		return false
	}
	for file, s := range p.imported(program) {
		have, ok := p.stubs[file]
		if !ok || s.static && !have.static || !have.covers(s.wish) {
			return true
		}
	}
	return false
}

// build bundles the packages that the program imports. When it is found that
// they cannot be split off, only the reason is kept.
func (p *packages) build(ctx context.Context, program *importGraph) (canceled bool) {
	stubs := p.imported(program)
	var pruned sync.Map // files without what the program does not want of them
	bundler, err := newIncremental(p.options, bundlesOf(stubs), func(reads *readLog) []api.Plugin {
		return append([]api.Plugin{{Name: packagesNamespace, Setup: func(build api.PluginBuild) {
			p.hold(build, stubs)
			p.prune(build, stubs, reads, &pruned)
		}}}, p.plugins(reads)...)
	})
	if err != nil {
		p.drop(err.Error())
		return false
	}
	defer bundler.close() // with all that it parsed: it is rarely needed again
	built, canceled := bundler.rebuild(ctx)
	if canceled {
		return true
	}
	built.Warnings = takeTypos(stubs, built.Warnings)
	var graph *importGraph
	if len(built.Errors) > 0 {
		err = errors.New(built.Errors[0].Text) // in the whole bundle, it is shown where it belongs
	} else {
		graph, err = newImportGraph(p.layout, built.Metafile, bundler.reads.embedded())
	}
	if p.needWhole(&pruned, graph) {
		return p.build(ctx, program)
	}
	if err == nil {
		err = p.write(stubs, graph, built)
	}
	if err != nil {
		p.drop(err.Error())
		return false
	}
	p.stubs = stubs
	p.outputs = p.layout.collect(built.OutputFiles, nil)
	p.layout.dropForeign(p.outputs, graph.ownSources())
	p.diagnostics = p.layout.diagnostics(built)
	found, _ := graph.ways() // packages change by an install, which replaces what was found
	p.inputs = p.layout.userPaths(append(bundler.reads.files(), found...))
	return false
}

// bundlesOf returns the entry points of the bundle of packages.
func bundlesOf(stubs map[string]stub) []api.EntryPoint {
	names := make(map[string]bool)
	for _, s := range stubs {
		names[s.bundle] = true
	}
	var entries []api.EntryPoint
	for _, name := range slices.Sorted(maps.Keys(names)) {
		entries = append(entries, api.EntryPoint{InputPath: packagesNamespace + ":" + name, OutputPath: name})
	}
	return entries
}

// hold makes the entry points of the bundle: each a table of functions, so that
// no package runs before the program reaches its import. Sheets are left to
// the program.
func (p *packages) hold(build api.PluginBuild, stubs map[string]stub) {
	resolveOurs(build)
	files := slices.Sorted(maps.Keys(stubs))
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: packagesNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text := p.tableText(args.Path, files, stubs)
		if i, ok := partIndex(args.Path); ok {
			text = partText(p.layout.inputPath(files[i]), stubs[files[i]])
		}
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: p.layout.workingDir()}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `\.`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if p.layout.sheetLoader(args.Path) != api.LoaderCSS {
			return api.OnLoadResult{}, nil
		}
		nothing := ""
		return api.OnLoadResult{Contents: &nothing, Loader: api.LoaderJS}, nil
	})
}

// tableText is the script of one bundle.
func (p *packages) tableText(bundle string, files []string, stubs map[string]stub) string {
	var table strings.Builder
	table.WriteString("export const packages = {\n")
	for i, file := range files {
		from, part := toJSON(p.layout.inputPath(file)), ""
		if !stubs[file].all {
			from, part = ours(strconv.Itoa(i)+partMark), ".part"
		}
		if stubs[file].bundle == bundle {
			fmt.Fprintf(&table, "  %s: () => require(%s)%s,\n", toJSON(p.layout.shown(file)), from, part)
		}
	}
	table.WriteString("}\n")
	return table.String()
}

// resolveOurs leads imports of the namespace to where they are loaded.
func resolveOurs(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + packagesNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, packagesNamespace+":"), Namespace: packagesNamespace}, nil
	})
}
