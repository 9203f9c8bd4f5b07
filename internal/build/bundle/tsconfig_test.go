package bundle

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The JSX of a program is what the settings say that its tsconfig.json only
// refers to.
func TestReferencedTsconfig(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/src/main.tsx":                      `import { one } from "@/one"; console.log(<b>{one}</b>)`,
		"web/src/one.ts":                        `export const one = 1`,
		"web/tsconfig.json":                     `{"files": [], /* none */ "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }]}`,
		"web/tsconfig.app.json":                 `{"compilerOptions": { /* of pages */ "jsx": "react-jsx", "jsxImportSource": "small", "paths": {"@/*": ["./src/*"]}}}`,
		"web/tsconfig.node.json":                `{"compilerOptions": {"types": ["node"]}}`,
		"web/node_modules/small/jsx-runtime.js": `exports.jsx = (type, props) => type`,
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.tsx"}})
	result := mustBuild(t, web)
	if script := string(result.Outputs["/assets/main.js"].Contents); !strings.Contains(script, "small/jsx-runtime") {
		t.Errorf("the JSX runtime of tsconfig.app.json is not used:\n%s", script)
	}
	if inputs := slashPaths(t, dir, result.Inputs); !slices.Contains(inputs, "web/tsconfig.app.json") {
		t.Errorf("inputs %q lack tsconfig.app.json", inputs)
	}
	file := write(t, dir, "web/tsconfig.app.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "h", "paths": {"@/*": ["./src/*"]}}}`)
	if script := string(mustBuild(t, web, file).Outputs["/assets/main.js"].Contents); !strings.Contains(script, "h(\"b\"") {
		t.Errorf("an edit of tsconfig.app.json changed nothing:\n%s", script)
	}
}

// A tsconfig.json that does not parse is read for each import that a plugin
// resolves, and is still one problem.
func TestBrokenTsconfigIsOneProblem(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"tsconfig.json": `{"compilerOptions":{`,
		"main.ts":       `import a from "./a.txt?raw"; import b from "./b.svg?url"; import c from "./b.svg?inline"; console.log(a, b, c)`,
		"a.txt":         "a",
		"b.svg":         "<svg/>",
	})
	result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}}).Build(context.Background(), nil)
	if len(result.Diagnostics) != 1 || filepath.Base(result.Diagnostics[0].File) != "tsconfig.json" {
		t.Errorf("got %+v, want the one mistake in tsconfig.json", result.Diagnostics)
	}
}
