package bundle

import (
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/calendsync/devtool/internal/regular"
)

// imageSets lets the strings in image-set("./a.png" 1x) name files, as url() does:
// esbuild leaves them as they are.
func (l layout) imageSets(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `\.`, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		loader := l.sheetLoader(args.Path)
		if loader == api.LoaderNone {
			return api.OnLoadResult{}, nil
		}
		contents, err := regular.ReadFile(args.Path)
		if err != nil || !strings.Contains(strings.ToLower(string(contents)), "image-set(") {
			return api.OnLoadResult{}, nil
		}
		text := withImageURLs(string(contents))
		return api.OnLoadResult{Contents: &text, Loader: loader}, nil
	})
}

// withImageURLs puts url() around the strings of image-set() in a sheet. Strings of
// other functions in it, as in type("image/png"), name no files.
func withImageURLs(sheet string) string {
	var out strings.Builder
	var open []bool // of each parenthesis, whether it is that of an image-set
	read := 0
	for lexer := css.NewLexer(parse.NewInputString(sheet)); ; {
		kind, data := lexer.Next()
		text := string(data)
		read += len(text)
		switch kind {
		case css.ErrorToken:
			return out.String() + sheet[min(read, len(sheet)):] // a NUL ends it early
		case css.FunctionToken:
			name := strings.ToLower(text)
			open = append(open, name == "image-set(" || name == "-webkit-image-set(")
		case css.LeftParenthesisToken:
			open = append(open, false)
		case css.RightParenthesisToken:
			open = open[:max(0, len(open)-1)]
		case css.StringToken:
			if len(open) > 0 && open[len(open)-1] {
				text = "url(" + text + ")"
			}
		}
		out.WriteString(text)
	}
}
