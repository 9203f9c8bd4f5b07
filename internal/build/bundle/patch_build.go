package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/build/refresh"
	"github.com/calendsync/devtool/internal/routes"
)

// Namespaces of what a patch takes from the page instead of holding it.
const (
	patchNamespace = "devtool-patch" // the table of the patch's modules
	needNamespace  = "devtool-need"  // a module that the page has
	lazyNamespace  = "devtool-lazy"  // a module that the page may have to load first
	emptyNamespace = "devtool-empty" // a sheet, which pages get in another way
)

// patchOptions are those of the program, for one script that needs no other.
func patchOptions(l layout, base api.BuildOptions) api.BuildOptions {
	base.Splitting = false
	base.Format = api.FormatIIFE
	base.Outdir = filepath.Join(l.root(), filepath.FromSlash(routes.Prefix), "patch")
	base.Sourcemap = api.SourceMapExternal
	base.Banner = map[string]string{"js": `"use strict";`}
	base.EntryNames = "patch"
	return base
}

// patchBuild makes one patch of a part of the set.
type patchBuild struct {
	*patchSet
	files []string // dependencies first

	mu      sync.Mutex
	read    []string                 // files
	fresh   map[string]*hotModule    // modules that no page has, by file
	imports map[string][]graphImport // of each module of the patch
	refused string                   // why there can be no patch
}

// run makes the patch, again if a file was written meanwhile.
func (b *patchBuild) run() (patch Patch, reason string) {
	for range 1 + maxRereads {
		b.fresh, b.imports, b.refused = make(map[string]*hotModule), make(map[string][]graphImport), ""
		reads := new(readLog)
		reads.reset()
		built := api.Build(b.buildOptions(reads))
		if reads.stale() {
			reason = "it was written meanwhile"
			continue
		}
		b.read = reads.files()
		if reason = b.verdict(built); reason != "" {
			return Patch{}, reason
		}
		return b.finish(built)
	}
	return Patch{}, reason
}

func (b *patchBuild) buildOptions(reads *readLog) api.BuildOptions {
	options := b.options
	options.EntryPointsAdvanced = []api.EntryPoint{{InputPath: patchNamespace + ":", OutputPath: "patch"}}
	options.Plugins = append([]api.Plugin{{Name: patchNamespace, Setup: b.resolve}}, b.sources.plugins(reads)...)
	source := len(options.Plugins) - 1
	options.Plugins = slices.Insert(options.Plugins, source, api.Plugin{Name: "devtool-patch-load", Setup: func(build api.PluginBuild) {
		b.load(build, reads)
	}})
	options.Plugins = append(options.Plugins, api.Plugin{Name: packagesNamespace, Setup: b.packages.fromPage})
	return options
}

// verdict says why what esbuild made is no patch, if it is none.
func (b *patchBuild) verdict(built api.BuildResult) string {
	if b.refused != "" {
		return b.refused
	}
	for _, message := range built.Errors {
		return "the patch does not build: " + message.Text
	}
	for _, message := range built.Warnings {
		if message.ID == "empty-import-meta" {
			return "a module uses import.meta in a way that only bundles can"
		}
	}
	return b.lackedName()
}

// refuse notes why there can be no patch.
func (b *patchBuild) refuse(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused == "" {
		b.refused = fmt.Sprintf(format, args...)
	}
}

// resolve is the plugin that decides what a patch holds.
func (b *patchBuild) resolve(build api.PluginBuild) {
	type resolved struct{} // marks what comes back from esbuild's own resolver
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, again := args.PluginData.(resolved); again || strings.HasPrefix(args.Path, "devtool-") && args.Namespace != patchNamespace && !strings.HasPrefix(args.Path, patchNamespace) {
			return api.OnResolveResult{}, nil
		}
		switch args.Kind {
		case api.ResolveEntryPoint:
			return api.OnResolveResult{Path: "table", Namespace: patchNamespace}, nil
		case api.ResolveJSImportStatement, api.ResolveJSRequireCall, api.ResolveJSDynamicImport:
		default:
			return api.OnResolveResult{}, nil
		}
		if file, ours := strings.CutPrefix(args.Path, patchNamespace+":"); ours {
			return api.OnResolveResult{Path: file}, nil
		}
		if args.Namespace == packagesNamespace || packageDir(args.Importer) != "" {
			return api.OnResolveResult{}, nil
		}
		found := build.Resolve(args.Path, api.ResolveOptions{
			Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir,
			Kind: args.Kind, PluginData: resolved{}, With: args.With,
		})
		result := api.OnResolveResult{
			Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External,
			PluginData: found.PluginData, Errors: found.Errors, Warnings: found.Warnings,
		}
		if len(found.Errors) > 0 {
			return result, nil
		}
		if found.External {
			b.refuse("%s is not bundled", args.Path)
			return result, nil
		}
		if found.Namespace == "file" && len(args.With) == 0 {
			b.place(args, &result)
		}
		b.noteImport(args, found)
		return result, nil
	})
	b.loadOurs(build)
}

// place decides where a file comes from that is imported as a module.
func (b *patchBuild) place(args api.OnResolveArgs, result *api.OnResolveResult) {
	file := result.Path
	lazy := args.Kind == api.ResolveJSDynamicImport
	shown := b.layout.shown(file)
	installed := packageDir(file) != ""
	switch m := b.modules[file]; {
	case slices.Contains(b.files, file):
	case m != nil && m.known, installed && lazy && isScript.MatchString(file):
		result.Namespace, result.Path = needNamespace, shown
		if lazy {
			importer := b.layout.shown(args.Importer)
			result.Namespace, result.Path = lazyNamespace, toJSON(importer)+","+toJSON(args.Path)+","+toJSON(shown)
		}
	case b.layout.sheetLoader(file) == api.LoaderCSS:
		result.Namespace = emptyNamespace
	case installed && isScript.MatchString(file):
		if _, has := b.packages.stubs[file]; !has || !b.packages.split {
			b.refuse("%s is not in the bundle of packages", shown)
		}
	case m != nil:
		b.refuse("%s is no ES module", shown)
	}
}

// noteImport remembers where an import leads.
func (b *patchBuild) noteImport(args api.OnResolveArgs, found api.ResolveResult) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kind := "import-statement"
	if args.Kind == api.ResolveJSDynamicImport {
		kind = "dynamic-import"
	}
	to := graphImport{Path: found.Path, Original: args.Path, Kind: kind}
	importer := args.Importer
	if args.Namespace != "file" {
		importer = args.Namespace + ":" + importer
	}
	if found.Namespace != "file" {
		to.Path = found.Namespace + ":" + found.Path
	}
	if to.Path != importer {
		b.imports[importer] = append(b.imports[importer], to)
	}
}

// loadOurs makes what stands in for modules of the page, and the table.
func (b *patchBuild) loadOurs(build api.PluginBuild) {
	script := func(namespace string, text func(path string) string) {
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: namespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			contents := text(args.Path)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS, ResolveDir: b.layout.root()}, nil
		})
	}
	script(patchNamespace, func(string) string { return b.table() })
	script(emptyNamespace, func(string) string { return "" })
	// In two steps: what is no module of Node's has the default export that it says.
	script(needNamespace, func(id string) string {
		from := toJSON(needNamespace + "-page:" + id)
		return fmt.Sprintf("export * from %s\nexport { default } from %[1]s\n%s", from, nowhere())
	})
	script(needNamespace+"-page", func(id string) string {
		return fmt.Sprintf("module.exports = %s.need(%s)\n%s", hotRuntime, toJSON(id), nowhere())
	})
	script(lazyNamespace, func(args string) string {
		return fmt.Sprintf("module.exports = { __esModule: true, then(ok, no) { %s.load(%s).then(ok, no) } }\n%s", hotRuntime, args, nowhere())
	})
	build.OnResolve(api.OnResolveOptions{Filter: "^" + needNamespace + "-page:"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, needNamespace+"-page:"), Namespace: needNamespace + "-page"}, nil
	})
}

// table is the entry point of the patch: it runs nothing.
func (b *patchBuild) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s.patch({\n", hotRuntime)
	for _, file := range b.files {
		fmt.Fprintf(&text, "  %s: () => require(%s),\n", toJSON(b.now[file].id), toJSON(patchNamespace+":"+file))
	}
	text.WriteString("})\n" + nowhere())
	return text.String()
}

// load is the plugin that gives the modules of the patch their text.
func (b *patchBuild) load(build api.PluginBuild, reads *readLog) {
	build.OnLoad(api.OnLoadOptions{Filter: programScripts, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if len(args.With) > 0 || packageDir(args.Path) != "" {
			return api.OnLoadResult{}, nil
		}
		module, result, err := b.instrument.load(args.Path, reads, resolver(build))
		switch {
		case err != nil || len(result.Errors) > 0:
			return result, err
		case module == nil || !module.known:
			b.refuse("%s is no ES module", b.layout.shown(args.Path))
		case slices.Contains(b.files, args.Path):
			if module.version != b.now[args.Path].version {
				b.refuse("%s was written meanwhile", b.layout.shown(args.Path))
			}
		default:
			b.mu.Lock()
			b.fresh[args.Path] = module
			b.mu.Unlock()
			if analysis := module.analysis(); analysis == nil || module.globs || analysis.LazyUnknown {
				b.refuse("%s is new and cannot run in a patch", b.layout.shown(args.Path))
			}
		}
		return result, nil
	})
	makeHot(build)
}

// finish puts the patch together.
func (b *patchBuild) finish(built api.BuildResult) (patch Patch, reason string) {
	for _, file := range built.OutputFiles {
		file = b.layout.withoutRoot(withoutTails(file))
		switch {
		case strings.HasSuffix(file.Path, "patch.js.map"):
			patch.Map = file.Contents
		case strings.HasSuffix(file.Path, "patch.js"):
			patch.Contents = append(file.Contents, b.signatures()...)
		}
	}
	inPatch := make(map[string]bool)
	add := func(m *hotModule, boundary string) {
		patch.Modules = append(patch.Modules, PatchModule{ID: m.id, Version: m.version, Boundary: boundary})
		inPatch[m.id] = true
	}
	for _, file := range b.files {
		add(b.now[file], b.boundary[file])
	}
	for _, accept := range b.accepts {
		if inPatch[accept.Dep] {
			patch.Accepts = append(patch.Accepts, accept)
		}
	}
	if patch.Contents == nil || patch.Map == nil {
		return patch, "esbuild made no patch"
	}
	return patch, ""
}

// signatures is the text that says how components call hooks, in the versions
// that pages have and in those of the patch.
func (b *patchBuild) signatures() string {
	list := func(version func(file string) *hotModule, resolve func(file, specifier string) string, files []string) []any {
		all := []any{}
		program := &refresh.Program{
			Module: func(file string) *refresh.Module {
				if m := version(file); m != nil && m.known {
					return m.analysis()
				}
				return nil
			},
			Resolve: resolve,
		}
		for _, file := range files {
			keys := make(map[string]any)
			for name, signature := range program.Signatures(file) {
				keys[name] = signature.Digest()
				if signature.Reset {
					keys[name] = []any{signature.Digest(), true}
				}
			}
			if m := version(file); len(keys) > 0 {
				all = append(all, []any{m.id, m.version, keys})
			}
		}
		return all
	}
	inPages := func(file, specifier string) string {
		to, _ := b.resolved(file, specifier)
		return to
	}
	before := list(func(file string) *hotModule { return b.modules[file] }, inPages, b.files)
	after := list(b.version, func(file, specifier string) string {
		for _, to := range b.imports[file] {
			if to.Original == specifier {
				return to.Path
			}
		}
		return inPages(file, specifier)
	}, append(slices.Clone(b.files), slices.Sorted(maps.Keys(b.fresh))...))
	text, err := json.Marshal([][]any{before, after})
	if err != nil || len(before)+len(after) == 0 {
		return ""
	}
	return fmt.Sprintf("%s.sign(...%s);\n", hotRuntime, text)
}

// version returns the version of a module once the patch has been applied.
func (b *patchBuild) version(file string) *hotModule {
	if slices.Contains(b.files, file) {
		return b.now[file]
	}
	if m := b.fresh[file]; m != nil {
		return m
	}
	return b.modules[file]
}

// lackedName says which name a module of the patch imports that a module of the
// page does not export, if there is one. Of those in the patch esbuild says so.
func (b *patchBuild) lackedName() string {
	for file := range b.imports {
		now, old := b.version(file), b.modules[file]
		if now == nil || !now.known {
			continue
		}
		for _, from := range now.analysis().Names() {
			if old != nil && slices.Contains(old.analysis().Names(), from) {
				continue
			}
			for _, to := range b.imports[file] {
				if to.Original == from.Specifier && to.Kind == "import-statement" && b.exports(to.Path, from.Name, nil) == no {
					return fmt.Sprintf("%s does not export %s", b.layout.shown(to.Path), from.Name)
				}
			}
		}
	}
	return ""
}

// answer is one to a question that cannot always be answered.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// exports reports whether a module exports a name.
func (b *patchBuild) exports(file, name string, seen []string) answer {
	m := b.version(file)
	if name == "*" || m == nil || !m.known || m.analysis() == nil {
		return maybe
	}
	if _, ok := m.analysis().Exports[name]; ok {
		return yes
	}
	if slices.Contains(seen, file) {
		return no
	}
	found := no
	for _, star := range m.analysis().Stars {
		to, _ := b.resolved(file, star)
		found = max(found, b.exports(to, name, append(seen, file)))
	}
	return found
}
