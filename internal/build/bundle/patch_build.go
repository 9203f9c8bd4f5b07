package bundle

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/routes"
)

// Namespaces of what a patch takes from the page instead of holding it.
const (
	patchNamespace = "devtool-patch" // the table of the patch's modules
	needNamespace  = "devtool-need"  // a module that the page has
	lazyNamespace  = "devtool-lazy"  // a module that the page may have to load first
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
	files []string // in the order in which pages load them

	mu      sync.Mutex
	read    []string              // files
	fresh   map[string]*hotModule // modules that no page has, by file
	lazy    map[string]string     // files that are imported dynamically, by what stands in for them
	inputs  graphInputs           // what the modules of the patch import
	refused string                // why there can be no patch
}

// run makes the patch, again if a file was written meanwhile.
func (b *patchBuild) run() (patch Patch, reason string) {
	for range 1 + maxRereads {
		b.fresh, b.lazy, b.refused = make(map[string]*hotModule), make(map[string]string), ""
		reads := new(readLog)
		reads.reset()
		built := api.Build(b.buildOptions(reads))
		if reads.stale() {
			reason = "a module" + writtenMeanwhile
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
	options.EntryPointsAdvanced = []api.EntryPoint{{InputPath: patchNamespace + ":table", OutputPath: "patch"}}
	options.Plugins = append([]api.Plugin{{Name: patchNamespace, Setup: b.standIn}}, b.sources.plugins(reads)...)
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
		if at := message.Location; message.ID == "empty-import-meta" && at != nil && filepath.IsAbs(at.File) {
			return "a module uses import.meta in a way that only bundles can"
		}
	}
	graph, err := newImportGraph(b.layout, built.Metafile, nil)
	if err != nil {
		return err.Error()
	}
	for _, output := range graph.Outputs {
		for _, to := range output.Imports {
			if to.External && !strings.HasPrefix(to.Path, "<") { // <define:import.meta.env>
				return to.Path + " is not bundled"
			}
		}
	}
	b.inputs = make(graphInputs)
	for file, input := range graph.Inputs {
		if !b.isOwn(file) {
			continue
		}
		for i, to := range input.Imports {
			if target, ok := b.lazy[strings.TrimPrefix(to.Path, lazyNamespace+":")]; ok {
				input.Imports[i].Path = target
			}
		}
		b.inputs[file] = input
	}
	return b.lackedName()
}

// isOwn reports whether an input is held by the patch, and not by the page.
func (b *patchBuild) isOwn(input string) bool {
	switch {
	case filepath.IsAbs(input):
		return slices.Contains(b.files, input) || b.fresh[input] != nil
	case strings.HasPrefix(input, patchNamespace), strings.HasPrefix(input, needNamespace),
		strings.HasPrefix(input, lazyNamespace), strings.HasPrefix(input, packagesNamespace):
		return false
	}
	return true
}

// refuse notes why there can be no patch.
func (b *patchBuild) refuse(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused == "" {
		b.refused = fmt.Sprintf(format, args...)
	}
}

// standIn is the plugin that makes the table, and what stands in for modules of
// the page.
func (b *patchBuild) standIn(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + patchNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: "table", Namespace: patchNamespace}, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: "^" + needNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, needNamespace+":"), Namespace: needNamespace}, nil
	})
	resolveHot(build)
	build.OnResolve(api.OnResolveOptions{Filter: ".*", Namespace: "file"}, b.resolveKnown)
	b.resolveLazy(build)
	script := func(namespace string, text func(path string) string) {
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: namespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			contents := text(args.Path) + nowhere()
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS, ResolveDir: b.layout.root()}, nil
		})
	}
	script(patchNamespace, func(string) string { return b.table() })
	script(needNamespace, func(id string) string {
		if id, ok := strings.CutSuffix(id, defaultMark); ok {
			return fmt.Sprintf("module.exports = { get value() { return %s.need(%s).default } }\n", hotRuntime, toJSON(id))
		}
		return fmt.Sprintf("module.exports = %s.need(%s)\n", hotRuntime, toJSON(id))
	})
	script(lazyNamespace, func(args string) string {
		return fmt.Sprintf("module.exports = { __esModule: true, then(ok, no) { %s.load(%s).then(ok, no) } }\n", hotRuntime, args)
	})
}

// resolveKnown leads imports of what the page has to where they led in its build,
// without a look at the disk: what could change that is a reason for a reload.
func (b *patchBuild) resolveKnown(args api.OnResolveArgs) (api.OnResolveResult, error) {
	statement := args.Kind == api.ResolveJSImportStatement || args.Kind == api.ResolveJSRequireCall
	if !statement || args.PluginData != nil || len(args.With) > 0 || !slices.Contains(b.files, args.Importer) {
		return api.OnResolveResult{}, nil
	}
	file, ok := b.resolved(args.Importer, args.Path)
	module := b.modules[file]
	inPage := module != nil && module.known && !slices.Contains(b.files, file) || packageDir(file) != "" && isScript.MatchString(file)
	if !ok || !inPage || !filepath.IsAbs(file) {
		return api.OnResolveResult{}, nil
	}
	return api.OnResolveResult{Path: file, SideEffects: api.SideEffectsFalse}, nil // it has run
}

// resolveLazy leads dynamic imports of what pages have, or know how to load, to
// what asks the page for it.
func (b *patchBuild) resolveLazy(build api.PluginBuild) {
	type asked struct{} // marks what comes back from esbuild's own resolver
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		_, again := args.PluginData.(asked)
		if again || args.Kind != api.ResolveJSDynamicImport || len(args.With) > 0 || strings.Contains(args.Path, "?") {
			return api.OnResolveResult{}, nil
		}
		found := build.Resolve(args.Path, api.ResolveOptions{
			Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind, PluginData: asked{},
		})
		module := b.modules[found.Path]
		inPage := module != nil && module.known || packageDir(found.Path) != "" && isScript.MatchString(found.Path)
		if len(found.Errors) > 0 || found.Namespace != "file" || !inPage || slices.Contains(b.files, found.Path) {
			return api.OnResolveResult{}, nil
		}
		if importer := b.modules[args.Importer]; importer == nil || !slices.Contains(importer.analysis().Lazy, args.Path) {
			b.refuse("%s imports %s on demand, and did not before", b.layout.shown(args.Importer), args.Path)
			return api.OnResolveResult{}, nil
		}
		call := toJSON(b.layout.shown(args.Importer)) + "," + toJSON(args.Path) + "," + toJSON(b.layout.shown(found.Path))
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lazy[call] = found.Path
		return api.OnResolveResult{Path: call, Namespace: lazyNamespace}, nil
	})
}

// table is the entry point of the patch: it runs nothing. It leaves to esbuild
// where the modules are, for only then do their tsconfig.json files count.
func (b *patchBuild) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s.patch({\n", hotRuntime)
	for _, file := range b.files {
		fmt.Fprintf(&text, "  %s: () => require(%s),\n", toJSON(b.now[file].id), toJSON(importPath(b.layout.root(), file)))
	}
	text.WriteString("})\n" + nowhere())
	return text.String()
}

// load is the plugin that gives the modules of the patch their text. What the page
// has is left there; sheets reach pages in another way.
func (b *patchBuild) load(build api.PluginBuild, reads *readLog) {
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		file, nothing := args.Path, ""
		known := b.modules[file]
		switch {
		case len(args.With) > 0:
			return api.OnLoadResult{}, nil
		case b.layout.sheetLoader(file) == api.LoaderCSS:
			return api.OnLoadResult{Contents: &nothing, Loader: api.LoaderJS}, nil
		case !isScript.MatchString(file):
			return api.OnLoadResult{}, nil
		case packageDir(file) != "":
			if _, has := b.packages.stubs[file]; !has || !b.packages.split {
				b.refuse("%s is not in the bundle of packages", b.layout.shown(file))
			}
			return api.OnLoadResult{}, nil
		case slices.Contains(b.files, file):
			return b.loadModule(build, file, reads)
		case known != nil && known.known:
			text := needText(known.id)
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
		case known != nil:
			b.refuse("%s is no ES module", known.id)
			return api.OnLoadResult{}, nil
		}
		return b.loadModule(build, file, reads)
	})
}

// needText stands in for a module that the page has. The default export is taken
// by another name, because "default" of a CommonJS module is not the same to all
// importers.
func needText(id string) string {
	from := needNamespace + ":" + id
	return fmt.Sprintf("export * from %s\nexport { value as default } from %s\n%s", toJSON(from), toJSON(from+defaultMark), nowhere())
}

// loadModule gives a module of the patch its text.
func (b *patchBuild) loadModule(build api.PluginBuild, file string, reads *readLog) (api.OnLoadResult, error) {
	module, result, err := b.instrument.load(file, reads, resolver(build))
	shown := b.layout.shown(file)
	switch {
	case err != nil || len(result.Errors) > 0:
		return result, err
	case module == nil || !module.known:
		b.refuse("%s is no ES module", shown)
	case slices.Contains(b.files, file):
		if module.version != b.now[file].version {
			b.refuse("%s%s", shown, writtenMeanwhile)
		}
	default:
		if analysis := module.analysis(); analysis == nil || module.globs || analysis.LazyUnknown {
			b.refuse("%s is new and cannot run in a patch", shown)
		}
		b.mu.Lock()
		b.fresh[file] = module
		b.mu.Unlock()
	}
	return result, nil
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
