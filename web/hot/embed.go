package hot

import (
	"embed"
	"fmt"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

//go:embed *.ts react-refresh/runtime.development.js
var sources embed.FS

// Types declares import.meta.hot for TypeScript.
//
//go:embed import-meta-hot.d.ts
var Types string

const (
	reactRefresh = "react-refresh/runtime"
	vendored     = "react-refresh/runtime.development.js"
)

// Bundle returns the runtime as one minified classic script. Refresh is the
// absolute path of the runtime of react-refresh that the project has installed;
// empty takes the one that is embedded.
func Bundle(refresh string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{"main.ts"},
		Bundle:      true,
		Format:      api.FormatIIFE,
		Target:      api.ES2022,
		Charset:     api.CharsetUTF8,
		Define:      map[string]string{"process.env.NODE_ENV": `"development"`},

		MinifySyntax:      true,
		MinifyIdentifiers: true,
		MinifyWhitespace:  true,
		LegalComments:     api.LegalCommentsInline, // the licence of react-refresh asks for it

		// The sources are not on disk, so esbuild must not look for a tsconfig.json.
		TsconfigRaw: "{}",
		Plugins: []api.Plugin{{Name: "embedded sources", Setup: func(build api.PluginBuild) {
			serveSources(build, refresh)
		}}},
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		if e.Location != nil {
			return nil, fmt.Errorf("bundle the runtime of hot updates: %s:%d: %s", e.Location.File, e.Location.Line, e.Text)
		}
		return nil, fmt.Errorf("bundle the runtime of hot updates: %s", e.Text)
	}
	return result.OutputFiles[0].Contents, nil
}

// serveSources makes esbuild read the embedded files, and react-refresh from
// where it is.
func serveSources(build api.PluginBuild, refresh string) {
	const space = "hot"
	build.OnResolve(api.OnResolveOptions{Filter: "^" + reactRefresh + "$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
		if refresh != "" {
			return api.OnResolveResult{Path: refresh}, nil
		}
		return api.OnResolveResult{Path: vendored, Namespace: space}, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: `^(main\.ts$|\./)`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.Importer != "" && args.Namespace != space {
			return api.OnResolveResult{}, nil // within the project's react-refresh
		}
		return api.OnResolveResult{Path: path.Clean(args.Path), Namespace: space}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: space}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text, err := sources.ReadFile(args.Path)
		contents, loader := string(text), api.LoaderTS
		if path.Ext(args.Path) == ".js" {
			loader = api.LoaderJS
		}
		return api.OnLoadResult{Contents: &contents, Loader: loader}, err
	})
}
