package bundle

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// Namespaces of the files that are imported with a query, named like it.
const (
	rawNamespace    = "raw"    // the text of the file
	urlNamespace    = "url"    // the URL of the file, which is copied; of a sheet, that of its bundle
	inlineNamespace = "inline" // a data URL; of a sheet, the text of its bundle
	initNamespace   = "init"   // a function that starts a WebAssembly module

	workerNamespace = "worker" // begins the names of those of workers: "worker-sharedworker-inline"
)

// queries are what may follow the ? of an import, each with the namespace in which
// it is loaded. The words stand in alphabetical order.
func queries() map[string]string {
	known := map[string]string{
		"raw": rawNamespace, "url": urlNamespace, "inline": inlineNamespace, "init": initNamespace,
		"no-inline": urlNamespace, "no-inline&url": urlNamespace, "inline&url": inlineNamespace,
	}
	for _, kind := range []string{"worker", "sharedworker"} {
		known[kind] = workerNamespace + "-" + kind + "-module"
		for _, way := range []string{"inline", "url"} {
			words := []string{kind, way}
			slices.Sort(words)
			known[strings.Join(words, "&")] = workerNamespace + "-" + kind + "-" + way
		}
	}
	return known
}

// namespaceOf returns where the import of a file with a query is loaded: "" where
// the query says nothing, like ?v=1. It is not ok when nobody knows the query.
func namespaceOf(query string) (namespace string, ok bool) {
	var words []string
	for word := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(word, "=")
		if name != "" && name != "v" && name != "t" && name != "import" {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "", true
	}
	slices.Sort(words)
	namespace, ok = queries()[strings.Join(words, "&")]
	return namespace, ok
}

// unknownQuery says what to write in place of an import of a file with a query
// that belongs to a plugin of Vite.
func unknownQuery(path, query string) string {
	name := filepath.Base(filepath.ToSlash(strings.TrimSuffix(path, "?"+query)))
	text := fmt.Sprintf("nothing here reads %s?%s: write ?url, ?raw, ?inline, ?no-inline, ?worker, ?sharedworker or ?init, or leave ?%[2]s out", name, query)
	if query == "react" || query == "component" {
		text = fmt.Sprintf("%s?%s is made by a plugin of Vite, and devtool runs none: write ?raw and put the text into an element, or ?url for an <img>", name, query)
	}
	return text
}

// importQueries understands "./page.html?raw", "./work.ts?worker" and the like as
// Vite does. An import of the user's with a query that nothing understands is an
// error: the plain file is not what it asks for.
func (l layout) importQueries(build api.PluginBuild, reads *readLog) {
	build.OnResolve(api.OnResolveOptions{Filter: `\?`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		name, query, _ := strings.Cut(args.Path, "?")
		if args.Kind == api.ResolveCSSURLToken || args.Kind == api.ResolveCSSImportRule || strings.Contains(name, ":") {
			return api.OnResolveResult{}, nil // ?#iefix
		}
		namespace, known := namespaceOf(query)
		if !known {
			if strings.Contains(filepath.ToSlash(args.Importer), "/node_modules/") {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Errors: []api.Message{{Text: unknownQuery(args.Path, query)}}}, nil
		}
		found := build.Resolve(name, api.ResolveOptions{
			Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind,
			PluginData: queried{namespace},
		})
		if len(found.Errors) > 0 || found.External {
			return api.OnResolveResult{Errors: found.Errors, Warnings: found.Warnings, Path: args.Path, External: found.External}, nil
		}
		if namespace == initNamespace && !strings.EqualFold(filepath.Ext(found.Path), ".wasm") {
			return api.OnResolveResult{Errors: []api.Message{{Text: fmt.Sprintf("?init starts a .wasm file, and %s is none", name)}}}, nil
		}
		if namespace == "" || found.Namespace == publicNamespace && namespace == urlNamespace {
			namespace = found.Namespace
		}
		return api.OnResolveResult{Path: found.Path, Namespace: namespace}, nil
	})
	load := func(namespace string, result func(file string) (api.OnLoadResult, error)) {
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: namespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			reads.addEmbedded(args.Path)
			return result(args.Path)
		})
	}
	contents := func(loader api.Loader) func(string) (api.OnLoadResult, error) {
		return func(file string) (api.OnLoadResult, error) {
			contents, err := regular.ReadFile(file)
			text := string(contents)
			return api.OnLoadResult{Contents: &text, Loader: loader}, err
		}
	}
	orSheet := func(loader, ofSheet api.Loader) func(string) (api.OnLoadResult, error) {
		return func(file string) (api.OnLoadResult, error) {
			if l.sheetLoader(file) != api.LoaderNone {
				result := l.bundledSheet(*build.InitialOptions, file, reads)
				result.Loader = ofSheet
				return result, nil
			}
			return contents(loader)(file)
		}
	}
	load(rawNamespace, contents(api.LoaderText))
	load(urlNamespace, orSheet(api.LoaderFile, api.LoaderFile))
	load(inlineNamespace, orSheet(api.LoaderDataURL, api.LoaderText))
	load(initNamespace, l.wasmStarter)
	for query, namespace := range queries() {
		if strings.HasPrefix(namespace, workerNamespace) {
			load(namespace, func(file string) (api.OnLoadResult, error) { return workerConstructor(query, file), nil })
		}
	}
}

// queried is given to those who resolve the path of an import with a query.
type queried struct{ namespace string }

// wasmStarter is the module of "./a.wasm?init": a function that takes what the
// WebAssembly module imports, and promises its instance.
func (l layout) wasmStarter(file string) (api.OnLoadResult, error) {
	from := "./" + filepath.Base(file) + "?url"
	if url, ok := l.publicURL(file); ok {
		from = url + "?url"
	}
	text := fmt.Sprintf(`import url from %s
export default async (imports = {}) => {
  const response = await fetch(url)
  if (!response.ok) throw new Error("fetch " + url + ": " + response.status + " " + response.statusText)
  if ((response.headers.get("Content-Type") || "").startsWith("application/wasm")) {
    return (await WebAssembly.instantiateStreaming(response, imports)).instance
  }
  return (await WebAssembly.instantiate(await response.arrayBuffer(), imports)).instance
}
`, toJSON(from)) + nowhere()
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: filepath.Dir(file)}, nil
}

// workerConstructor is the module of "./w.ts?worker" and its kin: a constructor of
// the worker, or its URL.
func workerConstructor(query, file string) api.OnLoadResult {
	class := "Worker"
	if strings.Contains(query, "sharedworker") {
		class = "SharedWorker"
	}
	from := func(kind string) string {
		return toJSON(workerSpace + ":" + kind + ":" + filepath.ToSlash(file) + ".js")
	}
	start := fmt.Sprintf(`export default function WorkerWrapper(options) {
  return new %s(url, { type: "module", name: options?.name })
}
`, class)
	var text string
	switch {
	case strings.Contains(query, "url"):
		text = "export { default } from " + from("module") + "\n"
	case !strings.Contains(query, "inline"):
		text = "import url from " + from("module") + "\n" + start
	case class == "SharedWorker": // all pages must name it by the same URL
		text = "import code from " + from("text") + "\nconst url = \"data:text/javascript;charset=utf-8,\" + encodeURIComponent(code)\n" + start
	default:
		text = "import code from " + from("text") + "\nconst url = URL.createObjectURL(new Blob([code], { type: \"text/javascript\" }))\n" + start
	}
	text += nowhere()
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: filepath.Dir(file)}
}

// bundledSheet bundles one sheet, with its imports and assets, into a text.
func (l layout) bundledSheet(options api.BuildOptions, file string, reads *readLog) api.OnLoadResult {
	options.EntryPoints, options.EntryPointsAdvanced = []string{importPath(options.AbsWorkingDir, file)}, nil
	options.EntryNames = ""
	options.Sourcemap = api.SourceMapNone
	options.Splitting = false
	options.Metafile = false
	options.LegalComments = api.LegalCommentsEndOfFile
	options.Loader = inlineAssets(options.Loader)
	options.Plugins = append([]api.Plugin{{Name: "devtool-reads", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			reads.addEmbedded(args.Path)
			return api.OnLoadResult{}, nil
		})
	}}}, l.sheetPlugins()...)
	built := api.Build(options)
	result := api.OnLoadResult{Errors: built.Errors, Warnings: built.Warnings}
	for _, output := range built.OutputFiles {
		if strings.HasSuffix(output.Path, ".css") {
			text := string(output.Contents)
			result.Contents = &text
		}
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
