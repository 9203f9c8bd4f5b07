package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A failed build names what would mend it, wherever that may come.
func TestSought(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		program string
		files   map[string]string // before
		mends   map[string]string // one of them is sought, and with all of them it builds
		link    string            // instead: a link of this name to "shared"
	}{
		"a package": {
			program: `import "greet"`,
			mends:   map[string]string{"web/node_modules/greet/package.json": `{}`, "web/node_modules/greet/index.js": ""},
		},
		"a package without a manifest": {
			program: `import "greet"`,
			mends:   map[string]string{"web/node_modules/greet/index.js": ""},
		},
		"a part of a package without a manifest": {
			program: `import "@scope/greet/part"`,
			mends:   map[string]string{"node_modules/@scope/greet/part.mjs": "", "node_modules/@scope/greet/part.ts": ""},
		},
		"a package of the root": {
			program: `import "@scope/greet/part"`,
			mends:   map[string]string{"node_modules/@scope/greet/package.json": `{}`, "node_modules/@scope/greet/part.js": ""},
		},
		"the second half of a package": {
			program: `import "greet"`,
			files:   map[string]string{"web/node_modules/greet/package.json": `{"module": "dist/greet.mjs"}`},
			mends:   map[string]string{"web/node_modules/greet/dist/greet.mjs": ""},
		},
		"what a package exports": {
			program: `import "greet"`,
			files:   map[string]string{"web/node_modules/greet/package.json": `{"exports": {".": {"import": "./dist/greet.js"}}}`},
			mends:   map[string]string{"web/node_modules/greet/dist/greet.js": ""},
		},
		"a linked package": {
			program: `import "shared"`,
			files:   map[string]string{"shared/package.json": `{"main": "main.js"}`, "shared/main.js": ""},
			link:    "web/node_modules/shared",
		},
		"a package of a package": {
			program: `import "greet"`,
			files:   map[string]string{"web/node_modules/greet/package.json": `{}`, "web/node_modules/greet/index.js": `import "deep"`},
			mends:   map[string]string{"web/node_modules/deep/package.json": `{}`, "web/node_modules/deep/index.js": ""},
		},
		"a sheet of a package": {
			program: `import "./page.css"`,
			files:   map[string]string{"web/src/page.css": `@import "sheets/all.css";`},
			mends:   map[string]string{"web/node_modules/sheets/package.json": `{}`, "web/node_modules/sheets/all.css": ""},
		},
		"a source":                      {program: `import "./made"`, mends: map[string]string{"web/src/made.ts": ""}},
		"an index":                      {program: `import "./made"`, mends: map[string]string{"web/src/made/index.tsx": ""}},
		"a source as it will be called": {program: `import "./made.js"`, mends: map[string]string{"web/src/made.ts": ""}},
		"an image":                      {program: `import "../logo.svg"`, mends: map[string]string{"web/logo.svg": ""}},
		"an alias":                      {program: `import "@/part"`, files: map[string]string{"web/part.ts": ""}, mends: map[string]string{"web/tsconfig.json": `{"compilerOptions": {"paths": {"@/*": ["./*"]}}}`}},
		"an import of package.json":     {program: `import "#part"`, files: map[string]string{"web/part.ts": ""}, mends: map[string]string{"web/package.json": `{"imports": {"#part": "./part.ts"}}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, test.files)
			write(t, dir, "web/src/main.ts", test.program)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, SplitPackages: true})
			failed := web.Build(t.Context(), nil)
			if failed.Outputs != nil {
				t.Fatal("it builds already")
			}
			var came []string
			for file, text := range test.mends {
				came = append(came, write(t, dir, file, text))
			}
			if test.link != "" {
				link := filepath.Join(dir, filepath.FromSlash(test.link))
				if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.Join(dir, "shared"), link); err != nil {
					t.Skip(err)
				}
				came = append(came, filepath.Join(link, "package.json"))
			}
			known := slices.DeleteFunc(slices.Clone(came), func(file string) bool { return !slices.Contains(failed.Sought, file) })
			if len(known) == 0 {
				t.Errorf("none of %q was sought", came)
			}
			if mended := mustBuild(t, web, known...); len(mended.Sought) > 0 {
				t.Errorf("a good build seeks %q", mended.Sought)
			}
		})
	}
}

// Many imports that one install would mend are one problem.
// A build that does not find a file which there was names it once.
func TestMissed(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]string{
		"an entry point":       "web/page.css",
		"the only script":      "web/main.ts",
		"a source":             "web/part.ts",
		"what a sheet imports": "web/theme.css",
		"a package":            "node_modules/greet/index.js",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"web/main.ts": "import './part'; import 'greet'", "web/part.ts": "", "web/page.css": "@import './theme.css';", "web/theme.css": "",
				"node_modules/greet/package.json": "{}", "node_modules/greet/index.js": "",
			}
			dir := tree(t, files)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts", "web/page.css"}, SplitPackages: true})
			for range 2 {
				mustBuild(t, web)
				file := filepath.Join(dir, filepath.FromSlash(gone))
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
				if failed := web.Build(t.Context(), nil); !slices.Contains(failed.Missed, file) || slices.Contains(failed.Missed, filepath.Join(dir, "web", "main.ts")) != (gone == "web/main.ts") {
					t.Errorf("missed %q, want %s; problems %+v", failed.Missed, file, failed.Diagnostics)
				}
				if failed := web.Build(t.Context(), nil); len(failed.Missed) > 0 {
					t.Errorf("missed again: %q", failed.Missed)
				}
				write(t, dir, gone, files[gone])
			}
		})
	}
}

func TestMissingPackagesAreOneProblem(t *testing.T) {
	t.Parallel()
	files := map[string]string{"package.json": `{"dependencies": {"a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1"}}`}
	var main strings.Builder
	for i := range 40 {
		fmt.Fprintf(&main, "import './m%d'\n", i)
		files[fmt.Sprintf("m%d.ts", i)] = fmt.Sprintf("import '%c'\nimport 'undeclared/%d'\n", 'a'+i%6, i)
	}
	files["main.ts"] = main.String() + "import './no-such'\n"
	result := newBundler(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.ts"}}).Build(t.Context(), nil)
	var texts []string
	for _, d := range result.Diagnostics {
		texts = append(texts, d.Text)
		if d.File == "" || d.Line == 0 || len(d.Excerpt) == 0 {
			t.Errorf("%q has no place: %+v", d.Text, d)
		}
	}
	slices.Sort(texts)
	want := []string{
		`6 packages of package.json are not installed: run "npm install" in .`,
		`Could not resolve "./no-such"`,
		`undeclared is not in package.json: run "npm install undeclared" in .`,
	}
	if !slices.Equal(texts, want) {
		t.Errorf("problems %q, want %q", texts, want)
	}
}

// Packages get an empty module for each of Node's, the program an error.
func TestNodeModules(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"package.json":                         `{}`,
		"node_modules/server/package.json":     `{}`,
		"node_modules/server/index.js":         `const fs = require("fs"); exports.read = typeof fs.readFile; exports.path = require("node:path"); exports.events = require("events").polyfill`,
		"node_modules/server-esm/package.json": `{"type": "module"}`,
		"node_modules/server-esm/index.js":     `import { readFile } from "fs"; import * as p from "fs/promises"; export const read = typeof readFile`,
		"node_modules/events/package.json":     `{}`,
		"node_modules/events/index.js":         `exports.polyfill = true`,
	}
	files["main.ts"] = `import * as a from "server"; import { read } from "server-esm"; console.log(a.read, a.path, a.events, read)`
	dir := tree(t, files)
	split, whole, got, want := bothWays(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
	if got != want || got != "undefined {} true undefined\n" || split.Whole != "" {
		t.Errorf("printed %q and %q; whole because of %q", got, want, split.Whole)
	}
	for _, result := range []Result{split, whole} {
		if len(result.Diagnostics) != 3 || !strings.Contains(result.Diagnostics[0].Text, "is a module of Node and empty in browsers") {
			t.Errorf("diagnostics %+v, want a warning for each of fs, fs/promises and node:path", result.Diagnostics)
		}
	}

	write(t, dir, "main.ts", `import fs from "fs"; import { join } from "node:path"; console.log(fs, join)`)
	failed := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}}).Build(t.Context(), nil)
	if len(failed.Diagnostics) != 2 {
		t.Fatalf("diagnostics %+v, want two errors", failed.Diagnostics)
	}
	for _, d := range failed.Diagnostics {
		if text := strings.Join(d.Notes, "\n"); !strings.Contains(text, "which browsers do not have") || strings.Contains(text, "install") || strings.Contains(text, "external") {
			t.Errorf("%s: notes %q", d.Text, d.Notes)
		}
	}
}

// Nobody is told to install within node_modules, nor to leave out of the bundle
// what a page needs.
func TestAdviceForUnresolved(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ program, note string }{
		"declared by a package": {`import "greet"`, `peer is in package.json but not installed: run "npm install" in .`},
		"not declared":          {`import "careless"`, `absent is not in package.json: run "npm install absent" in .`},
		"of a plugin":           {`import "virtual:pwa-register"`, `it is made by a plugin of Vite, and devtool runs none`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"main.ts": test.program, "package.json": `{}`,
				"node_modules/greet/package.json":    `{"peerDependencies": {"peer": "1"}}`,
				"node_modules/greet/index.js":        `import "peer"`,
				"node_modules/careless/package.json": `{}`,
				"node_modules/careless/index.js":     `require("absent")`,
			})
			failed := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true}).Build(t.Context(), nil)
			if len(failed.Diagnostics) != 1 || !slices.Equal(failed.Diagnostics[0].Notes, []string{test.note}) {
				t.Errorf("diagnostics %+v, want one with the note %q", failed.Diagnostics, test.note)
			}
		})
	}
}
