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

	scripts     importedNames
	formats     map[string]string // of what the program imports: "esm", "cjs" or ""
	stubs       map[string]stub   // by file
	outputs     Outputs
	inputs      []string // absolute, sorted
	diagnostics []problem.Problem
	together    string // why there is but one bundle; empty when there may be two
	apart       bool   // packages are to be split off, and can
	lenient     bool   // stubs let scripts import names that they do not have
}

// stub stands in the program for a file of a package.
type stub struct {
	file   string
	bundle string // the name of the output that holds the package
	static bool   // needed before the program runs, not when it asks for it
	wish          // what the program wants of it
	text   string
	typos  map[string]api.Message // by the names that it was to export and does not
}

func newPackageBundle(w *Bundler, options api.BuildOptions) *packageBundle {
	scripts := importedNames{loaderOf: w.loaderOf, known: make(map[string]scriptNames)}
	return &packageBundle{web: w, options: options, apart: w.opts.SplitPackages, scripts: scripts}
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
	p.stubs, p.outputs, p.inputs, p.diagnostics, p.formats = nil, nil, nil, nil, nil
	p.together, p.apart = together, together == ""
}

// wanted returns the scripts of packages that the program imports.
func (p *packageBundle) wanted(graph *importGraph) map[string]stub {
	static := graph.staticallyImported(p.web.entries)
	p.learnFormats(graph)
	wanted := make(map[string]stub)
	for importer, input := range graph.Inputs {
		for _, to := range input.Imports {
			if !p.holds(to.Path) {
				continue
			}
			s, ok := wanted[to.Path]
			if !ok {
				s = stub{file: to.Path, static: static[to.Path], bundle: "chunks/packages"}
			}
			s.add(p.wishOf(importer, to))
			wanted[to.Path] = s
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

// wishOf returns what an import of the program wants of a package.
func (p *packageBundle) wishOf(importer string, to graphImport) wish {
	if to.Kind != "import-statement" || !filepath.IsAbs(importer) || p.formats[to.Path] != "esm" {
		return wish{whole: true}
	}
	wanted, _ := p.scripts.of(importer, to.Original)
	return wanted
}

// learnFormats asks esbuild which of the files that the program imports are ES
// modules: only of those can a part be had.
func (p *packageBundle) learnFormats(graph *importGraph) {
	options := p.options
	options.Splitting, options.Sourcemap = false, api.SourceMapNone
	options.EntryPointsAdvanced = nil
	for _, file := range slices.Sorted(maps.Keys(graph.Inputs)) {
		if _, known := p.formats[file]; !known && p.holds(file) {
			output := strconv.Itoa(len(options.EntryPointsAdvanced))
			options.EntryPointsAdvanced = append(options.EntryPointsAdvanced, api.EntryPoint{InputPath: file, OutputPath: output})
		}
	}
	if len(options.EntryPointsAdvanced) == 0 {
		return
	}
	options.Plugins = []api.Plugin{{Name: packagesNamespace, Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: args.Path, External: args.Kind != api.ResolveEntryPoint}, nil
		})
	}}}
	if p.formats == nil {
		p.formats = make(map[string]string)
	}
	for _, entry := range options.EntryPointsAdvanced {
		p.formats[entry.InputPath] = "" // also when it is broken, which its bundle will show
	}
	alone, err := parseMetafile(api.Build(options).Metafile)
	if err != nil {
		return
	}
	for file, input := range alone.Inputs {
		p.formats[file] = input.Format
	}
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
		if !ok || s.static && !have.static || !have.covers(s.wish) {
			return true
		}
	}
	return false
}

// noMatchPattern matches what esbuild says of a script that imports a name that
// a file lacks.
var noMatchPattern = regexp.MustCompile(`^No matching export in ("(?:[^"\\]|\\.)*") for import ("(?:[^"\\]|\\.)*")`)

// lacksNames reports whether scripts failed for names that a stub does not
// have: its package may.
func (p *packageBundle) lacksNames(errors []api.Message) bool {
	return slices.ContainsFunc(errors, func(message api.Message) bool {
		file, _, ok := noMatch(message)
		s, known := p.stubs[file]
		return ok && known && !s.whole
	})
}

func noMatch(message api.Message) (file, name string, ok bool) {
	match := noMatchPattern.FindStringSubmatch(message.Text)
	if match == nil {
		return "", "", false
	}
	file, err1 := strconv.Unquote(match[1])
	name, err2 := strconv.Unquote(match[2])
	return file, name, err1 == nil && err2 == nil
}

// explain adds to errors what esbuild found out about misspelt names when it
// had the packages before it.
func (p *packageBundle) explain(errors []api.Message) {
	for i := range errors {
		file, name, _ := noMatch(errors[i])
		typo, known := p.stubs[file].typos[name]
		if known && errors[i].Location != nil && typo.Location != nil {
			errors[i].Location.Suggestion = typo.Location.Suggestion
			errors[i].Notes = append(errors[i].Notes, typo.Notes...)
		}
	}
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
	built.Warnings = takeTypos(stubs, built.Warnings)
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
	files := slices.Sorted(maps.Keys(stubs))
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: packagesNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		var text string
		if index, ok := strings.CutSuffix(args.Path, partMark); ok {
			i, err := strconv.Atoi(index)
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("part %q: %w", args.Path, err)
			}
			text = partText(stubs[files[i]])
		} else {
			text = p.tableText(args.Path, files, stubs)
		}
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

// tableText is the script of one bundle.
func (p *packageBundle) tableText(bundle string, files []string, stubs map[string]stub) string {
	var table strings.Builder
	table.WriteString("export const packages = {\n")
	for i, file := range files {
		from, part := toJSON(file), ""
		if !stubs[file].whole {
			from, part = ours(strconv.Itoa(i)+partMark), ".part"
		}
		if stubs[file].bundle == bundle {
			fmt.Fprintf(&table, "  %s: () => require(%s)%s,\n", toJSON(p.web.codePath(file)), from, part)
		}
	}
	table.WriteString("}\n")
	return table.String()
}

// partText is the script that takes a part of a module, so that esbuild can
// leave out the rest. Its getters keep bindings live, and what the module does
// not export becomes a warning.
func partText(s stub) string {
	var text strings.Builder
	fmt.Fprintf(&text, "import * as module from %s\nexport const part = {\n", toJSON(s.file))
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		fmt.Fprintf(&text, "  get %[1]s() { return module.%[1]s },\n", name)
	}
	text.WriteString("}\n")
	return text.String()
}

// typoPattern matches what esbuild says of a name that a module lacks.
var typoPattern = regexp.MustCompile(`^Import ("(?:[^"\\]|\\.)*") will always be undefined`)

// takeTypos moves what esbuild says of names that packages do not export from
// warnings to the stubs, where scripts find it that import them.
func takeTypos(stubs map[string]stub, warnings []api.Message) (rest []api.Message) {
	files := slices.Sorted(maps.Keys(stubs))
	for _, warning := range warnings {
		match := typoPattern.FindStringSubmatch(warning.Text)
		if match == nil || warning.Location == nil {
			rest = append(rest, warning)
			continue
		}
		_, path, _ := strings.Cut(warning.Location.File, packagesNamespace+":")
		index, isPart := strings.CutSuffix(path, partMark)
		name, err := strconv.Unquote(match[1])
		i, bad := strconv.Atoi(index)
		if !isPart || err != nil || bad != nil || i >= len(files) {
			rest = append(rest, warning)
			continue
		}
		s := stubs[files[i]]
		if s.typos == nil {
			s.typos = make(map[string]api.Message)
		}
		s.typos[name] = warning
		stubs[files[i]] = s
	}
	return rest
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
