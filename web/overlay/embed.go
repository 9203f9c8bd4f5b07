package overlay

import (
	"embed"
	"fmt"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

//go:embed *.ts *.css
var sources embed.FS

// Bundle returns the client as one minified classic script. It takes about ten
// milliseconds, so callers should keep the result.
func Bundle() ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{"main.ts"},
		Bundle:      true,
		Format:      api.FormatIIFE,
		Target:      api.ES2022,
		Charset:     api.CharsetUTF8,

		MinifySyntax:      true,
		MinifyIdentifiers: true,
		MinifyWhitespace:  true,
		LegalComments:     api.LegalCommentsNone,

		// The sources are not on disk, so esbuild must not look for a tsconfig.json.
		TsconfigRaw: "{}",
		Plugins:     []api.Plugin{{Name: "embedded sources", Setup: serveSources}},
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		if e.Location != nil {
			return nil, fmt.Errorf("bundle the browser client: %s:%d: %s", e.Location.File, e.Location.Line, e.Text)
		}
		return nil, fmt.Errorf("bundle the browser client: %s", e.Text)
	}
	return result.OutputFiles[0].Contents, nil
}

// serveSources makes esbuild read the embedded files. A style sheet becomes a
// minified string.
func serveSources(build api.PluginBuild) {
	const space = "overlay"
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: path.Clean(args.Path), Namespace: space}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: space}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text, err := sources.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		contents, loader := string(text), api.LoaderTS
		if path.Ext(args.Path) == ".css" {
			sheet := api.Transform(contents, api.TransformOptions{
				Loader: api.LoaderCSS, MinifySyntax: true, MinifyWhitespace: true, Charset: api.CharsetUTF8,
			})
			if len(sheet.Errors) > 0 {
				return api.OnLoadResult{Errors: sheet.Errors}, nil
			}
			contents, loader = string(sheet.Code), api.LoaderText
		}
		return api.OnLoadResult{Contents: &contents, Loader: loader}, nil
	})
}
