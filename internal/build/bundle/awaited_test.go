package bundle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A file that comes and takes the place of what was found, or says how scripts are
// compiled, is awaited, and a build that is told of it shows it.
func TestAwaited(t *testing.T) {
	t.Parallel()
	const old, new = `console.log("old")`, `console.log("new")`
	for name, test := range map[string]struct {
		program string
		files   map[string]string
		came    string
		text    string
		split   bool
	}{
		"a script by its extension":    {`import "./q"`, map[string]string{"web/src/q.js": old}, "web/src/q.ts", new, false},
		"a script with dots":           {`import "./q.service"`, map[string]string{"web/src/q.service.ts": old}, "web/src/q.service.tsx", new, false},
		"a script over a sheet":        {`import "./q"`, map[string]string{"web/src/q.css": `p { content: "old" }`}, "web/src/q.jsx", new, false},
		"a file over an index":         {`import "./q"`, map[string]string{"web/src/q/index.ts": old}, "web/src/q.ts", new, false},
		"an index by its extension":    {`import "."`, map[string]string{"web/src/index.js": old}, "web/src/index.ts", new, false},
		"a file over a directory":      {`import "./q"`, map[string]string{"web/src/q/package.json": `{"main": "lib/a.js"}`, "web/src/q/lib/a.js": old}, "web/src/q.js", new, false},
		"a script over its TypeScript": {`import "./q.js"`, map[string]string{"web/src/q.ts": old}, "web/src/q.js", new, false},
		"TypeScript over TSX":          {`import "./q.js"`, map[string]string{"web/src/q.tsx": old}, "web/src/q.ts", new, false},
		"behind an alias":              {`import "@/q"`, map[string]string{"web/tsconfig.json": `{"compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}`, "web/lib/q.js": old}, "web/lib/q.ts", new, false},
		"in a file that is imported":   {`import "./p"`, map[string]string{"web/src/p.ts": `import "../lib/q"`, "web/lib/q.js": old}, "web/lib/q.tsx", new, false},
		"a nearer package":             {`import "pkg"`, map[string]string{"node_modules/pkg/package.json": `{}`, "node_modules/pkg/index.js": old}, "web/node_modules/pkg/index.js", new, true},
		"a nearer package in one":      {`import "pkg"`, map[string]string{"node_modules/pkg/index.js": old}, "web/src/node_modules/pkg/index.js", new, false},
		"a nearer scoped package":      {`import "@my/pkg/part"`, map[string]string{"node_modules/@my/pkg/package.json": `{}`, "node_modules/@my/pkg/part.js": old, "web/node_modules/@my/pkg/p.js": new}, "web/node_modules/@my/pkg/package.json", `{"exports": {"./part": "./p.js"}}`, true},
		"a tsconfig.json":              {`import * as p from "./p"; console.log(<b/>)`, map[string]string{"web/src/p.ts": ``}, "web/tsconfig.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "new"}}`, false},
		"a tsconfig.json of the root":  {`console.log(<b/>)`, nil, "tsconfig.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "new"}}`, false},
		"a jsconfig.json":              {`console.log(<b/>)`, nil, "web/src/jsconfig.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "new"}}`, false},
		"a tsconfig.json referred to":  {`console.log(<b/>)`, map[string]string{"web/tsconfig.json": `{"references": [{"path": "./tsconfig.app.json"}]}`}, "web/tsconfig.app.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "new"}}`, false},
		"a package.json":               {`import "./p"`, map[string]string{"web/src/p.ts": old, "web/src/n.ts": new}, "web/package.json", `{"browser": {"./src/p.ts": "./src/n.ts"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, test.files)
			write(t, dir, "web/src/main.tsx", test.program)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.tsx"}, SplitPackages: test.split})
			result := mustBuild(t, web)
			file := write(t, dir, test.came, test.text)
			if !slices.Contains(result.Awaited, file) {
				t.Errorf("%s is not among the awaited %q", test.came, slashPaths(t, dir, result.Awaited))
			}
			var text strings.Builder
			result = mustBuild(t, web, file)
			for url, output := range result.Outputs {
				if filepath.Ext(url) == ".js" {
					text.Write(output.Contents)
				}
			}
			if !strings.Contains(text.String(), "new") || strings.Contains(text.String(), `"old"`) {
				t.Errorf("its coming shows nothing new:\n%s", text.String())
			}
			if slices.Contains(result.Awaited, file) {
				t.Errorf("%s is there and still awaited", test.came)
			}
		})
	}
}

// The references that a tsconfig.json gets while devtool runs count.
func TestReferencesAddedLater(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/main.tsx": `console.log(<b/>)`, "web/tsconfig.json": `{}`,
		"web/tsconfig.app.json": `{"compilerOptions": {"jsx": "react", "jsxFactory": "made"}}`,
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}})
	mustBuild(t, web)
	for text, want := range map[string]string{
		`{"files": [], "references": [{"path": "./tsconfig.app.json"}]}`: `made("b"`,
		`{"compilerOptions": {"jsx": "react", "jsxFactory": "own"}}`:     `own("b"`,
	} {
		file := write(t, dir, "web/tsconfig.json", text)
		if script := string(mustBuild(t, web, file).Outputs["/assets/main.js"].Contents); !strings.Contains(script, want) {
			t.Errorf("with %s there is no %s in\n%s", text, want, script)
		}
	}
}

// The path of a project may hold what means something to esbuild.
func TestStarInPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a*b")
	write(t, dir, "web/main.ts", `import "./main.css"; import "dep"`)
	write(t, dir, "web/main.css", `p { color: red }`)
	write(t, dir, "web/node_modules/dep/index.js", `console.log(1)`)
	mustBuild(t, newBundler(t, Options{Dir: dir, EntryPoints: []string{filepath.Join(dir, "web/main.ts")}, SplitPackages: true}))

	write(t, dir, "web/c*d/e/main.ts", ``)
	if _, err := New(Options{Dir: dir, EntryPoints: []string{"web/c*d/e/main.ts"}}); err == nil || !strings.HasSuffix(err.Error(), "rename web/c*d") {
		t.Errorf("error %v, want one that names web/c*d", err)
	}
}
