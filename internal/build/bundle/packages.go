package bundle

import (
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/evanw/esbuild/pkg/api"
)

// packagesNamespace holds the scripts that no file has: the entry points of
// the bundle of packages, and in the program what reaches into that bundle.
const packagesNamespace = "devtool-packages"

// packageScript matches the scripts that go into the bundle of packages. Sheets
// and assets stay with the program: its sheets hold them in a certain order.
var packageScript = regexp.MustCompile(`[/\\]node_modules[/\\].*\.[cm]?[jt]sx?$`)

// packageBundle is what a program imports from node_modules, bundled once.
//
// The program is bundled with a stub in place of each file that it imports from
// there. A stub asks the bundle for the module when it is its turn to run, and
// esbuild treats it as it would treat the module: CommonJS stays CommonJS, an
// ES module exports the same names, sheets are imported in the same order. So
// the two bundles together behave as one would, except that saving a file of
// the program costs nothing for its packages.
//
// Where that cannot be had, the packages stay in one bundle with the program.
type packageBundle struct {
	web     *Bundler
	options api.BuildOptions

	stubs       map[string]stub // by file
	outputs     Outputs
	inputs      []string // absolute, sorted
	diagnostics []problem.Problem
	together    string // why there is but one bundle; empty when there may be two
	apart       bool   // packages are to be split off, and can
}

// stub stands in the program for a file of a package.
type stub struct {
	file   string
	bundle string // the name of the output that holds the package
	static bool   // needed before the program runs, not when it asks for it
	text   string
}

func newPackageBundle(w *Bundler, options api.BuildOptions) *packageBundle {
	return &packageBundle{web: w, options: options, apart: w.opts.SplitPackages}
}

// heed forgets the bundle if a change of files could have made it wrong. There
// is none any more once there is a reason against it; heed tells when it comes.
func (p *packageBundle) heed(changed []string, against *string) (gone bool) {
	installed := func(file string) bool {
		return filepath.Base(file) == "package.json" || strings.Contains(filepath.ToSlash(file), "/node_modules/")
	}
	switch {
	case !p.web.opts.SplitPackages:
		return false
	case against != nil:
		gone = p.apart
		p.forget(*against)
	case changed == nil || slices.ContainsFunc(changed, installed):
		p.forget("")
	}
	return gone
}

// forget drops the bundle, and for a reason there will be none in its place.
func (p *packageBundle) forget(together string) {
	p.stubs, p.outputs, p.inputs, p.diagnostics = nil, nil, nil, nil
	p.together, p.apart = together, together == ""
}

// wanted returns the scripts of packages that the program imports.
func (p *packageBundle) wanted(graph *importGraph) map[string]stub {
	static := graph.staticallyImported(p.web.entries)
	wanted := make(map[string]stub)
	for file := range graph.Inputs {
		if p.holds(file) {
			wanted[file] = stub{file: file, static: static[file], bundle: "chunks/packages"}
		}
	}
	// What is loaded on demand stays apart from what every page loads.
	for i, file := range slices.Sorted(maps.Keys(wanted)) {
		if s := wanted[file]; !s.static {
			base := path.Base(filepath.ToSlash(file))
			s.bundle += "-" + strconv.Itoa(i) + "-" + strings.TrimSuffix(base, path.Ext(base))
			wanted[file] = s
		}
	}
	return wanted
}

// holds reports whether the file belongs to the bundle of packages.
func (p *packageBundle) holds(file string) bool {
	return filepath.IsAbs(file) && packageScript.MatchString(file) &&
		!slices.ContainsFunc(p.web.entries, func(e entryPoint) bool { return e.file == file })
}

// due reports whether the program imports what the bundle does not have. More
// than is imported does no harm: imports come and go while people type.
func (p *packageBundle) due(graph *importGraph) bool {
	if !p.apart {
		return false
	}
	for file, s := range p.wanted(graph) {
		have, ok := p.stubs[file]
		if !ok || s.static && !have.static {
			return true
		}
	}
	return false
}

// build bundles the packages that the program imports. When it is found that
// they cannot be split off, only the reason is kept.
func (p *packageBundle) build(ctx context.Context, program *importGraph) (canceled bool) {
	stubs := p.wanted(program)
	bundler, err := newIncremental(p.options, bundlesOf(stubs), func(reads *readLog) []api.Plugin {
		return append(p.web.plugins(reads), api.Plugin{Name: packagesNamespace, Setup: func(build api.PluginBuild) {
			p.hold(build, stubs)
		}})
	})
	if err != nil {
		p.forget(err.Error())
		return false
	}
	defer bundler.close() // with all that it parsed: it is rarely needed again
	built, canceled := bundler.rebuild(ctx)
	if canceled {
		return true
	}
	if len(built.Errors) > 0 {
		p.forget(built.Errors[0].Text) // bundled together, it is shown where it belongs
		return false
	}
	graph, err := parseMetafile(built.Metafile)
	if err == nil {
		graph.setLoaders(p.web.opts.Loader, bundler.reads.embedded())
		err = p.write(stubs, graph, built)
	}
	if err != nil {
		p.forget(err.Error())
		return false
	}
	p.stubs = stubs
	p.outputs = p.web.collect(built.OutputFiles, nil)
	p.diagnostics = p.web.diagnostics(built)
	p.inputs = bundler.reads.files()
	for i, file := range p.inputs {
		p.inputs[i] = p.web.paths.user(file)
	}
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
func (p *packageBundle) hold(build api.PluginBuild, stubs map[string]stub) {
	resolveOurs(build)
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: packagesNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		var table strings.Builder
		table.WriteString("export const packages = {\n")
		for _, file := range slices.Sorted(maps.Keys(stubs)) {
			if stubs[file].bundle == args.Path {
				fmt.Fprintf(&table, "  %s: () => require(%s),\n", toJSON(p.web.codePath(file)), toJSON(file))
			}
		}
		table.WriteString("}\n")
		text := table.String()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: p.web.opts.Dir}, nil
	})
	sheets := importGraph{loaders: p.web.opts.Loader}
	build.OnLoad(api.OnLoadOptions{Filter: `\.`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if sheets.sheetLoader(args.Path) != "css" {
			return api.OnLoadResult{}, nil
		}
		nothing := ""
		return api.OnLoadResult{Contents: &nothing, Loader: api.LoaderJS}, nil
	})
}

// resolveOurs leads imports of the namespace to where they are loaded.
func resolveOurs(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + packagesNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, packagesNamespace+":"), Namespace: packagesNamespace}, nil
	})
}

// codePath names a file as esbuild does in the comments of its outputs.
func (w *Bundler) codePath(file string) string {
	rel, err := filepath.Rel(w.paths.real(w.opts.Dir), file)
	if err != nil {
		rel = file
	}
	return filepath.ToSlash(rel)
}
