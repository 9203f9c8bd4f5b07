package bundle

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// worker is the bundle of one, which has all it needs in one file.
type worker struct {
	text     string
	inputs   map[string]stamp // before it was bundled
	warnings []api.Message
}

// resolveURLs gives the URLs of workers and assets that scripts name.
func (s *sources) resolveURLs(build api.PluginBuild, reads *readLog, parents []string) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + hrefNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, hrefNamespace+":"), Namespace: hrefNamespace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: hrefNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		kind, file, _ := strings.Cut(args.Path, ":")
		from := "./" + filepath.Base(file) + "?url"
		if kind != "asset" {
			// The output is named after it: as a script, whatever it is written in.
			from = workerSpace + ":" + kind + ":" + file + ".js"
		}
		text := fmt.Sprintf("import url from %s\nexport default new URL(url, typeof location == 'object' ? location.href : import.meta.url).href\n", toJSON(filepath.ToSlash(from)))
		text += nowhere()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: filepath.Dir(file)}, nil
	})
	for _, kind := range []string{"module", "classic", "text"} {
		build.OnResolve(api.OnResolveOptions{Filter: "^" + workerSpace + ":" + kind + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, workerSpace+":"+kind+":"), Namespace: workerSpace + "-" + kind}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: workerSpace + "-" + kind}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			file := filepath.FromSlash(strings.TrimSuffix(args.Path, ".js"))
			result := s.worker(*build.InitialOptions, file, kind != "classic", reads, parents)
			if kind == "text" { // of the bundle, not its URL
				result.Loader = api.LoaderText
			}
			return result, nil
		})
	}
}

// worker bundles the script of a worker, unless it is as it was.
func (s *sources) worker(options api.BuildOptions, file string, module bool, reads *readLog, parents []string) api.OnLoadResult {
	if slices.Contains(parents, file) {
		return api.OnLoadResult{Errors: []api.Message{{
			Text: fmt.Sprintf("%s starts itself as a worker, which cannot be bundled: make it an entry point and write its URL", filepath.Base(file)),
		}}}
	}
	key := fmt.Sprint(module, file)
	s.mu.Lock()
	known, ok := s.workers[key]
	s.mu.Unlock()
	if !ok || !known.fresh() {
		options.Plugins = nil
		own := new(readLog)
		own.reset()
		built := api.Build(s.workerOptions(options, file, module, own, append(slices.Clone(parents), file)))
		known = worker{inputs: own.stamps(), warnings: built.Warnings}
		reads.addGlob(own.globs)
		for _, output := range built.OutputFiles {
			if strings.HasSuffix(output.Path, ".js") {
				known.text = sourcesOfInputs(slices.Values(own.files())).withoutForeign(output)
			}
		}
		if len(built.Errors) > 0 || len(own.globs) > 0 { // or what is new would be missed
			known.note(reads)
			return api.OnLoadResult{Contents: &known.text, Errors: built.Errors, Warnings: built.Warnings, Loader: api.LoaderFile}
		}
		s.mu.Lock()
		s.workers[key] = known
		s.mu.Unlock()
	}
	known.note(reads)
	return api.OnLoadResult{Contents: &known.text, Warnings: known.warnings, Loader: api.LoaderFile}
}

// workerOptions are those of the program, but for what spreads over files:
// chunks, sheets, source maps, assets.
func (s *sources) workerOptions(options api.BuildOptions, file string, module bool, reads *readLog, parents []string) api.BuildOptions {
	options.EntryPoints, options.EntryPointsAdvanced = []string{s.layout.inputPath(file)}, nil
	options.EntryNames = ""
	options.Splitting, options.Metafile = false, false
	options.Loader = inlineAssets(options.Loader)
	options.LegalComments = api.LegalCommentsEndOfFile
	if options.Sourcemap != api.SourceMapNone {
		options.Sourcemap = api.SourceMapInline
	}
	if !module {
		options.Format = api.FormatIIFE
		options.LogOverride = map[string]api.LogLevel{"empty-import-meta": api.LogLevelSilent}
	}
	options.Plugins = append(s.layout.queryPlugins(reads), api.Plugin{Name: "devtool-source", Setup: func(build api.PluginBuild) {
		s.rewrite(build, reads, parents)
	}})
	return options
}

// fresh reports whether no file that it was made of was written since.
func (w worker) fresh() bool {
	for file, then := range w.inputs {
		if stampOf(file) != then {
			return false
		}
	}
	return true
}

// note records that the contents of the worker's files are in the program.
func (w worker) note(reads *readLog) {
	for file, before := range w.inputs {
		reads.note(file, reading{before: before, embedded: true})
	}
}
