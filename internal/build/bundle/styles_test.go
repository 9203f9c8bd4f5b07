package bundle

import (
	"strings"
	"testing"
)

// Sheets of packages are found as Vite finds them.
func TestStylesOfPackages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ manifest, path string }{
		"a condition":             {`{"exports": {".": {"style": "./s.css"}}}`, "lib"},
		"a condition at the top":  {`{"exports": {"style": "./s.css", "import": "./none.js"}}`, "lib"},
		"the first that holds":    {`{"exports": {".": {"node": "./none.css", "development": "./s.css", "style": "./none.css"}}}`, "lib"},
		"nested, in an array":     {`{"exports": {".": [{"types": "./x.d.ts"}, {"style": {"default": "./s.css"}}]}}`, "lib"},
		"a subpath":               {`{"exports": {"./theme": {"style": "./s.css"}}}`, "lib/theme"},
		"a pattern":               {`{"exports": {"./*.css": {"style": "./*.css"}, "./*": "./none"}}`, "lib/s.css"},
		"a field":                 {`{"style": "s.css", "main": "main.js"}`, "lib"},
		"a file":                  {`{"style": "other.css"}`, "lib/s.css"},
		"a scope":                 {`{"exports": {".": {"style": "./s.css"}}}`, "@scope/lib"},
		"what esbuild itself has": {`{"main": "s.css"}`, "lib"},
	} {
		pkg := "lib"
		if strings.HasPrefix(test.path, "@") {
			pkg = "@scope/lib"
		}
		dir := tree(t, map[string]string{
			"web/main.ts": `import "./a.css"`, "web/a.css": `@import "` + test.path + `"; @import url("./b.css");`, "web/b.css": "b{}",
			"web/node_modules/" + pkg + "/package.json": test.manifest,
			"web/node_modules/" + pkg + "/s.css":        `p { color: teal }`, "web/node_modules/" + pkg + "/main.js": "",
		})
		result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}}).Build(t.Context(), nil)
		if sheet := string(result.Outputs["/assets/main.css"].Contents); !strings.Contains(sheet, "teal") {
			t.Errorf("%s: %+v", name, result.Diagnostics)
		}
	}
}
