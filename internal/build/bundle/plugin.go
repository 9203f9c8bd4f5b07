package bundle

import (
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// Namespaces of the files that are imported with a query, named like it.
const (
	rawNamespace    = "raw"    // the text of the file
	urlNamespace    = "url"    // the URL of the file, which is copied
	inlineNamespace = "inline" // a data URL; of a sheet, the text of its bundle
)

// plugins returns the plugins of one build, which note in reads what it reads.
func (s *sources) plugins(reads *readLog) []api.Plugin {
	return append(s.layout.queryPlugins(reads), api.Plugin{Name: "devtool-source", Setup: func(build api.PluginBuild) {
		s.rewrite(build, reads, nil)
	}})
}

// queryPlugins see what is read, and understand how it is asked for.
func (l layout) queryPlugins(reads *readLog) []api.Plugin {
	return []api.Plugin{
		{Name: "devtool-reads", Setup: func(build api.PluginBuild) { noteReads(build, reads) }},
		{Name: "devtool-served", Setup: leaveServedURLs},
		{Name: nodeNamespace, Setup: l.emptyNodeModules},
		{Name: "devtool-query", Setup: func(build api.PluginBuild) { importQueries(build, reads) }},
	}
}

// noteReads sees every file that esbuild is about to load, and leaves the
// loading to it.
func noteReads(build api.PluginBuild, reads *readLog) {
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		reads.add(args.Path)
		return api.OnLoadResult{}, nil
	})
}

// leaveServedURLs keeps url(/logo.svg) as it is: a path from the root is served
// by the app or from a public directory, and is no file of the bundle.
func leaveServedURLs(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `^/`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.Kind != api.ResolveCSSURLToken {
			return api.OnResolveResult{}, nil
		}
		return api.OnResolveResult{Path: args.Path, External: true}, nil
	})
}

// importQueries understands "./page.html?raw", "?url" and "?inline" as Vite does.
func importQueries(build api.PluginBuild, reads *readLog) {
	build.OnResolve(api.OnResolveOptions{Filter: `\?(raw|url|inline)$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		name, query, _ := strings.Cut(args.Path, "?")
		found := build.Resolve(name, api.ResolveOptions{
			Importer:   args.Importer,
			Namespace:  args.Namespace,
			ResolveDir: args.ResolveDir,
			Kind:       args.Kind,
		})
		if len(found.Errors) > 0 || found.External {
			return api.OnResolveResult{Errors: found.Errors, Warnings: found.Warnings, Path: args.Path, External: found.External}, nil
		}
		return api.OnResolveResult{Path: found.Path, Namespace: query}, nil
	})
	load := func(namespace string, loader api.Loader) {
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: namespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			reads.addEmbedded(args.Path)
			if namespace == inlineNamespace && strings.EqualFold(filepath.Ext(args.Path), ".css") {
				return inlineSheet(*build.InitialOptions, args.Path, reads), nil
			}
			contents, err := regular.ReadFile(args.Path)
			text := string(contents)
			return api.OnLoadResult{Contents: &text, Loader: loader}, err
		})
	}
	load(rawNamespace, api.LoaderText)
	load(urlNamespace, api.LoaderFile)
	load(inlineNamespace, api.LoaderDataURL)
}

// inlineSheet bundles one sheet, with its imports and assets, into a text.
func inlineSheet(options api.BuildOptions, file string, reads *readLog) api.OnLoadResult {
	options.EntryPoints, options.EntryPointsAdvanced = []string{importPath(options.AbsWorkingDir, file)}, nil
	options.Sourcemap = api.SourceMapNone
	options.Splitting = false
	options.Metafile = false
	options.Loader = inlineAssets(options.Loader)
	options.Plugins = []api.Plugin{
		{Name: "devtool-reads", Setup: func(build api.PluginBuild) {
			build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
				reads.addEmbedded(args.Path)
				return api.OnLoadResult{}, nil
			})
		}},
		{Name: "devtool-served", Setup: leaveServedURLs},
	}
	built := api.Build(options)
	result := api.OnLoadResult{Errors: built.Errors, Warnings: built.Warnings, Loader: api.LoaderText}
	if len(built.OutputFiles) == 1 {
		text := string(built.OutputFiles[0].Contents)
		result.Contents = &text
	}
	return result
}

// inlineAssets returns loaders that put into data URLs what would be a file.
func inlineAssets(loaders map[string]api.Loader) map[string]api.Loader {
	inline := make(map[string]api.Loader, len(loaders))
	for extension, loader := range loaders {
		if loader == api.LoaderFile {
			loader = api.LoaderDataURL
		}
		inline[extension] = loader
	}
	return inline
}
