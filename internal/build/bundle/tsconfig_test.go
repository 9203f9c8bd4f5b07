package bundle

import (
	"context"
	"maps"
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

// Whatever a tsconfig.json is based on is an input: an edit of it is built.
func TestExtendedTsconfig(t *testing.T) {
	t.Parallel()
	const one, two = `{"compilerOptions": {"paths": {"#l": ["./ONE/src/one.ts"]}}}`, `{"compilerOptions": {"paths": {"#l": ["./ONE/src/two.ts"]}}}`
	tests := map[string]struct {
		config string
		files  map[string]string
		edited string // holds the paths
		up     string // from its directory to that of the sources
	}{
		"a file":                {config: `{"extends": "./a.json"}`, edited: "web/a.json"},
		"without extension":     {config: `{"extends": "./a"}`, edited: "web/a.json"},
		"above":                 {config: `{"extends": "../a.json"}`, edited: "a.json", up: "web"},
		"an array":              {config: `{"extends": ["./other.json", "./a.json"]}`, files: map[string]string{"web/other.json": "{}"}, edited: "web/a.json"},
		"with comments":         {config: "{ // \"extends\": \"./no.json\"\n\"extends\": /* here */ [\"./a.json\",], }", edited: "web/a.json"},
		"in two steps":          {config: `{"extends": "./b.json"}`, files: map[string]string{"web/b.json": `{"extends": ["./a.json"]}`}, edited: "web/a.json"},
		"a package":             {config: `{"extends": "settings/a.json"}`, files: map[string]string{"web/node_modules/settings/package.json": "{}"}, edited: "web/node_modules/settings/a.json", up: "../.."},
		"a package of the root": {config: `{"extends": "@my/settings"}`, files: map[string]string{"node_modules/@my/settings/package.json": "{}"}, edited: "node_modules/@my/settings/tsconfig.json", up: "../../../web"},
		"by exports":            {config: `{"extends": "settings/strict"}`, files: map[string]string{"web/node_modules/settings/package.json": `{"exports": {"./strict": "./lib/strict.json"}}`}, edited: "web/node_modules/settings/lib/strict.json", up: "../../.."},
		"by its tsconfig field": {config: `{"extends": "settings"}`, files: map[string]string{"web/node_modules/settings/package.json": `{"tsconfig": "base.json"}`}, edited: "web/node_modules/settings/base.json", up: "../.."},
		"behind a reference":    {config: `{"files": [], "references": [{"path": "./tsconfig.app.json"}]}`, files: map[string]string{"web/tsconfig.app.json": `{"extends": ["./a.json"], "compilerOptions": {"lib": ["DOM"]}}`}, edited: "web/a.json"},
		"a byte order mark":     {config: "\ufeff" + `{"extends": ["./a.json"]}`, edited: "web/a.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := func(from string) string {
				return strings.ReplaceAll(from, "./ONE", "./"+filepath.ToSlash(filepath.Join(".", test.up)))
			}
			files := map[string]string{
				"web/src/main.ts": `import { v } from "#l"; console.log(v)`, "web/src/one.ts": `export const v = "one"`, "web/src/two.ts": `export const v = "two"`,
				"web/tsconfig.json": test.config, "web/package.json": "{}", test.edited: text(one),
			}
			maps.Copy(files, test.files)
			dir := tree(t, files)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.ts"}})
			result := mustBuild(t, web)
			if script := string(result.Outputs["/assets/main.js"].Contents); !strings.Contains(script, `"one"`) {
				t.Fatalf("the settings are not used:\n%s", script)
			}
			file := write(t, dir, test.edited, text(two))
			if !slices.Contains(result.Inputs, file) {
				t.Errorf("inputs %q lack %s", slashPaths(t, dir, result.Inputs), test.edited)
			}
			if script := string(mustBuild(t, web, file).Outputs["/assets/main.js"].Contents); !strings.Contains(script, `"two"`) {
				t.Errorf("the edit changed nothing:\n%s", script)
			}
		})
	}
}

// A base that is missing is followed until it comes.
func TestMissingBaseOfTsconfig(t *testing.T) {
	t.Parallel()
	for config, awaited := range map[string]string{
		`{"extends": "./made"}`:         "web/made.json",
		`{"extends": ["@my/settings"]}`: "node_modules/@my/settings/package.json",
	} {
		dir := tree(t, map[string]string{"web/main.ts": "", "web/tsconfig.json": config, "web/package.json": "{}"})
		result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}}).Build(t.Context(), nil)
		if !slices.Contains(result.Inputs, filepath.Join(dir, filepath.FromSlash(awaited))) {
			t.Errorf("%s: inputs %q lack %s", config, result.Inputs, awaited)
		}
	}
}

// Of several references the one counts that includes the script, wherever it stands.
func TestReferenceThatIncludesTheScript(t *testing.T) {
	t.Parallel()
	const paths = `{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}, `
	for include, files := range map[string]map[string]string{
		`"include": ["env.d.ts", "src/**/*", "src/**/*.vue"]}`: {"tsconfig.node.json": `{"include": ["vite.config.*"], "compilerOptions": {"lib": ["dom"]}}`},
		`"include": ["src"]}`:        {"tsconfig.node.json": `{"include": ["*.ts"]}`},
		`"include": ["./src/*.ts"]}`: {"tsconfig.node.json": `{"compilerOptions": {}}`},
		`"files": ["src/main.ts"]}`:  {"tsconfig.node.json": `{"files": ["vite.config.ts"], "compilerOptions": {"jsx": "react"}}`},
	} {
		files["src/main.ts"], files["src/one.ts"] = `import { one } from "@/one"; console.log(one)`, `export const one = 1`
		files["tsconfig.json"] = `{"files": [], "references": [{"path": "./tsconfig.node.json"}, {"path": "./tsconfig.app.json"}, {"path": "./tsconfig.vitest.json"}]}`
		files["tsconfig.app.json"] = paths + include
		dir := tree(t, files)
		if result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"src/main.ts"}}).Build(t.Context(), nil); result.Outputs == nil {
			t.Errorf("%s: %+v", include, result.Diagnostics)
		}
	}
}
