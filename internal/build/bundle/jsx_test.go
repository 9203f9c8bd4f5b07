package bundle

import (
	"maps"
	"strings"
	"testing"
)

// A React that is not installed yet is what is missing, not a name in the script.
func TestJSXRuntimeNotInstalled(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"main.jsx": `console.log(<b/>)`, "package.json": `{"dependencies": {"react": "^19.0.0"}}`})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.jsx"}})
	if failed := web.Build(t.Context(), nil); !failed.Unresolved || len(failed.Sought) == 0 {
		t.Errorf("got %+v, want a missing package", failed)
	}
	write(t, dir, "node_modules/react/jsx-runtime.js", `exports.jsx = () => {}`)
	mustBuild(t, web, write(t, dir, "node_modules/react/package.json", `{}`))
}

// JSX becomes what the installed React or Preact offers, unless settings say how.
func TestJSXRuntime(t *testing.T) {
	t.Parallel()
	const automatic, classic = `jsx)("b"`, `React.createElement("b"`
	react := map[string]string{
		"web/package.json":                      `{"dependencies": {"react": "^18.2.0"}}`,
		"web/node_modules/react/package.json":   `{}`,
		"web/node_modules/react/jsx-runtime.js": `exports.jsx = function reactJSX() {}`,
	}
	for name, test := range map[string]struct {
		files map[string]string
		jsx   string // of web.jsx
		want  string
	}{
		"React":                     {react, "", automatic},
		"React, chosen by web.jsx":  {react, "transform", classic},
		"a React without functions": {map[string]string{"web/node_modules/react/jsx-runtime.js": ""}, "", classic},
		"no React":                  {map[string]string{"web/package.json": `{}`}, "", classic},
		"tsconfig.json":             {map[string]string{"web/tsconfig.json": `{"compilerOptions": {"jsx": "react"}}`}, "", classic},
		"tsconfig.json with a base": {map[string]string{"web/tsconfig.json": `{"extends": "./base.json"}`, "web/base.json": `{"compilerOptions": {"jsxFactory": "React.createElement"}}`}, "", classic},
		"tsconfig.json about paths": {map[string]string{"web/tsconfig.json": `{"compilerOptions": {"strict": true}}`}, "", automatic},
		"of the root":               {map[string]string{"web/package.json": "", "package.json": `{"devDependencies": {"react": "18"}}`}, "", automatic},
		"Preact": {map[string]string{
			"web/package.json": `{"dependencies": {"preact": "latest"}}`, "web/node_modules/preact/package.json": `{}`,
			"web/node_modules/preact/jsx-runtime/package.json": `{}`, "web/node_modules/preact/jsx-runtime/index.js": `exports.jsx = function preactJSX() {}`,
		}, "", "preactJSX"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(react)
			maps.Copy(files, test.files)
			maps.DeleteFunc(files, func(_, text string) bool { return text == "" })
			dir := tree(t, files)
			write(t, dir, "web/main.jsx", `console.log(<b/>)`)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.jsx"}, JSX: test.jsx})
			if script := string(mustBuild(t, web).Outputs["/assets/main.js"].Contents); !strings.Contains(script, test.want) {
				t.Errorf("there is no %s in\n%s", test.want, script)
			}
		})
	}
}

// JSX in .js files is compiled where the program depends on React or Preact.
func TestJSXInJS(t *testing.T) {
	t.Parallel()
	for manifest, want := range map[string]bool{`{"devDependencies": {"preact": "10"}}`: true, `{"dependencies": {"react": "19"}}`: true, `{}`: false} {
		dir := tree(t, map[string]string{
			"main.js": `console.log(<b/>)`, "package.json": manifest, "tsconfig.json": `{"compilerOptions": {"jsx": "react"}}`,
		})
		result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.js"}}).Build(t.Context(), nil)
		if compiled := result.Outputs != nil; compiled != want {
			t.Errorf("%s: compiled %v: %+v", manifest, compiled, result.Diagnostics)
		}
	}
}
