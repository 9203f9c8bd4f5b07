package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/problem"
)

// fakeReact is as much of React as a bundle needs that nobody runs.
func fakeReact() map[string]string {
	return map[string]string{
		"package.json":                        `{"dependencies": {"react": "1", "react-dom": "1"}}`,
		"node_modules/react/package.json":     `{"name": "react", "main": "index.js"}`,
		"node_modules/react/index.js":         "exports.useState = () => []; exports.memo = (x) => x",
		"node_modules/react/jsx-runtime.js":   "exports.jsx = exports.jsxs = () => null",
		"node_modules/react-dom/package.json": `{"name": "react-dom", "main": "index.js"}`,
		"node_modules/react-dom/index.js":     "exports.createRoot = () => ({ render() {} })",
	}
}

func with(files map[string]string, more map[string]string) map[string]string {
	all := maps.Clone(files)
	maps.Copy(all, more)
	return all
}

// TestHotTextIsNowhere compares what people see of broken and of odd programs
// with and without hot updates.
func TestHotTextIsNowhere(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unclosed brace":       "export function App() {\n  if (true) {\n",
		"unclosed parenthesis": "export const a = f(1,\n",
		"unclosed comment":     "export const a = 1 /* and then",
		"unclosed template":    "export const a = `and then",
		"unclosed string":      "export const a = 'and then",
		"unclosed element":     "export const a = <div><p>",
		"unclosed class":       "export class A { a = 1",
		"half an export":       "export default",
		"half a declaration":   "export const a =",
		"half an import":       "import { a } from",
		"half a member":        "export const a = 1; a.",
		"half a decorator":     "export const a = 1\n@dec",
		"half a condition":     "export const a = 1\nif (a)",
		"half a type":          "export const a = 1\ntype B =",
		"half a type query":    "export const a = 1\nlet b: typeof",
		"half a regexp":        "export const a = /x",
		"label":                "export const a = 1\nlabel:",
		"comment at the end":   "export const a = 1 // the end",
		"map at the end":       "export const a = 1\n//# sourceMappingURL=nowhere.map",
		"byte order mark":      "\ufeffexport const a = 1",
		"hashbang":             "#!/usr/bin/env node\nexport const a = 1",
		"line separator":       "export const a = '\u2028'\u2029",
		"carriage returns":     "export const a = 1\r\nexport const b = 2\r\n",
		"missing module":       "import './missing'\nexport const a = 1",
		"missing lazy module":  "export const a = () => import('./missing')",
		"handled lazy module":  "export const a = () => import('./missing').catch(() => 1)",
		"missing name":         "import { b } from './other'\nexport const a = b",
		"duplicate":            "export const a = 1\nexport const a = 2",
		"top-level await":      "export const a = await Promise.resolve(1)",
		"warning":              "export const a = typeof x === 'nul'",
		"duplicate key":        "export const a = { b: 1, b: 2 }",
		"CommonJS":             "module.exports.a = 1",
		"neither":              "globalThis.a = 1",
		"empty":                "",
		"only types":           "export type A = 1",
		"assigned import":      "import a from './other'\na = 1\nexport { a }",
		"capitalised":          "const Foo = 1, Bar = 2; class Baz {}\nfunction Qux() {}\nexport { Foo }",
		"one in a comment":     "/*\nfunction Foo() {}\n*/\nexport const a = 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := with(fakeReact(), map[string]string{
				"web/main.tsx":  "import * as x from './x'\nimport { createRoot } from 'react-dom'\ncreateRoot(x)",
				"web/x.tsx":     text,
				"web/other.tsx": "export default 1",
			})
			dir := tree(t, files)
			build := func(hot bool) Result {
				web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}, Hot: hot, SplitPackages: true})
				return web.Build(context.Background(), nil)
			}
			plain, hot := build(false), build(true)
			if diff := cmp.Diff(plain.Diagnostics, hot.Diagnostics); diff != "" {
				t.Errorf("the problems (-without +with hot updates)\n%s", diff)
			}
			if (plain.Outputs == nil) != (hot.Outputs == nil) {
				t.Errorf("outputs without %v, with %v", plain.Outputs != nil, hot.Outputs != nil)
			}
			for what, difference := range map[string]string{
				"inputs":  cmp.Diff(plain.Inputs, hot.Inputs),
				"awaited": cmp.Diff(plain.Awaited, hot.Awaited),
				"sources": cmp.Diff(sourcesIn(t, plain.Outputs), sourcesIn(t, hot.Outputs)),
			} {
				if difference != "" {
					t.Errorf("%s (-without +with)\n%s", what, difference)
				}
			}
		})
	}
}

// sourcesIn returns the sources in the maps of outputs with their contents,
// without those that plugins make.
func sourcesIn(t *testing.T, outputs Outputs) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for url, output := range outputs {
		if path.Ext(url) != ".map" {
			continue
		}
		var sourceMap struct{ Sources, SourcesContent []string }
		if err := json.Unmarshal(output.Contents, &sourceMap); err != nil {
			t.Fatal(err)
		}
		for i, source := range sourceMap.Sources {
			if !strings.Contains(source, "devtool:") {
				found[source] = sourceMap.SourcesContent[i]
			}
		}
	}
	return found
}

func TestHotLeavesReleaseAlone(t *testing.T) {
	t.Parallel()
	dir := tree(t, with(fakeReact(), map[string]string{
		"web/main.tsx": "import { createRoot } from 'react-dom'\nimport App from './App'\ncreateRoot().render(<App/>)\nif (import.meta.hot) import.meta.hot.accept()",
		"web/App.tsx":  "export default function App() { return <b/> }",
	}))
	options := Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}, Release: true, SourceMaps: true}
	plain := mustBuild(t, newBundler(t, options))
	options.Hot = true
	hot := mustBuild(t, newBundler(t, options))
	if hot.Hot || !slices.Equal(urls(plain.Outputs), urls(hot.Outputs)) {
		t.Fatalf("hot %v, outputs %q, without %q", hot.Hot, urls(hot.Outputs), urls(plain.Outputs))
	}
	for url, output := range hot.Outputs {
		if !bytes.Equal(output.Contents, plain.Outputs[url].Contents) {
			t.Errorf("%s differs", url)
		}
	}
}

// TestHotOnlyWhereNeeded looks which programs are made to take updates.
func TestHotOnlyWhereNeeded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"React":                     {with(fakeReact(), map[string]string{"main.tsx": "import 'react-dom'; import './a'"}), true},
		"React, not declared":       {with(fakeReact(), map[string]string{"package.json": "{}", "main.tsx": "import 'react-dom'; import './a'"}), true},
		"React, declared in vain":   {with(fakeReact(), map[string]string{"main.tsx": "import './a'"}), false},
		"nothing":                   {map[string]string{"main.tsx": "import './a'"}, false},
		"import.meta.hot":           {map[string]string{"main.tsx": "import './a'; import.meta.hot?.accept()"}, true},
		"import.meta.hot of others": {map[string]string{"main.tsx": "import './a'; import 'x'", "node_modules/x/index.js": "import.meta.hot?.accept()"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.files["a.ts"] = "export const a = 1\nconsole.log(a)"
			dir := tree(t, test.files)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.tsx"}, Hot: true, SplitPackages: true})
			result := mustBuild(t, web)
			registered := bytes.Contains(result.Outputs["/assets/main.js"].Contents, []byte(`"a.ts"`))
			if result.Hot != test.want || registered != test.want {
				t.Errorf("hot %v, modules make themselves known %v; want %v", result.Hot, registered, test.want)
			}
			if again := mustBuild(t, web, write(t, dir, "a.ts", "export const a = 2\nconsole.log(a)")); again.Hot != test.want {
				t.Errorf("after an edit hot is %v", again.Hot)
			}
		})
	}
}

// TestNoPatch lists saves that only a reload shows.
func TestNoPatch(t *testing.T) {
	t.Parallel()
	base := with(fakeReact(), map[string]string{
		"web/main.tsx":   "import { createRoot } from 'react-dom'\nimport App from './App'\nimport './setup'\nimport './old.cjs'\nimport './waits'\nimport raw from './note.txt?raw'\nnew Worker(new URL('./worker.ts', import.meta.url))\ncreateRoot(raw).render(<App/>)",
		"web/App.tsx":    "import { a } from './a'\nimport { old } from './old.cjs'\nimport { pages } from './pages'\nexport default function App() { return <b>{a}{old}{pages}</b> }",
		"web/a.ts":       "export const a = 1",
		"web/setup.ts":   "export const setup = 1",
		"web/old.cjs":    "exports.old = 1",
		"web/waits.ts":   "export const waits = await 1",
		"web/pages.ts":   "export const pages = import.meta.glob('./pages/*.ts')",
		"web/pages/1.ts": "export const one = 1",
		"web/note.txt":   "note",
		"web/worker.ts":  "1",
		"tsconfig.json":  "{}",
		"web/data.json":  `{"a": 1}`,
		"web/Lazy.tsx":   "export const text = 1",
		"web/later.tsx":  "export default function Later() { return import('./Lazy') }\n",
		"web/entry2.ts":  "import './later'",
	})
	for name, test := range map[string]struct {
		save   map[string]string
		reason string // "" accepts any
	}{
		"an entry point":        {map[string]string{"web/main.tsx": base["web/main.tsx"] + "\n"}, "web/main.tsx has no accepting importer"},
		"below the entry point": {map[string]string{"web/setup.ts": "export const setup = 2"}, "web/setup.ts has no accepting importer"},
		"CommonJS":              {map[string]string{"web/old.cjs": "exports.old = 2"}, "web/old.cjs is no ES module"},
		"importer of CommonJS":  {map[string]string{"web/App.tsx": base["web/App.tsx"] + "\n"}, "web/old.cjs is no ES module"},
		"top-level await":       {map[string]string{"web/waits.ts": "export const waits = await 2"}, ""},
		"glob":                  {map[string]string{"web/pages.ts": base["web/pages.ts"] + "\n"}, "web/pages.ts uses import.meta.glob (web/pages.ts)"},
		"member of a glob":      {map[string]string{"web/pages/1.ts": "export const one = 2"}, "web/pages/1.ts uses import.meta.glob (web/pages.ts)"},
		"new member of a glob":  {map[string]string{"web/pages/2.ts": "export const two = 2"}, "web/pages/2.ts may change all modules"},
		"text":                  {map[string]string{"web/note.txt": "other"}, "web/main.tsx has no accepting importer"},
		"settings":              {map[string]string{"tsconfig.json": "{} "}, "tsconfig.json may change all modules"},
		"packages":              {map[string]string{"package.json": base["package.json"] + " "}, "package.json may change all modules"},
		"a package":             {map[string]string{"node_modules/react/index.js": "exports.useState = 1"}, "node_modules/react/index.js may change all modules"},
		"a part of a worker":    {map[string]string{"web/worker.ts": "2"}, "web/worker.ts is no module of the page"},
		"syntax":                {map[string]string{"web/a.ts": "export const a = {"}, ""},
		"missing name":          {map[string]string{"web/a.ts": "export const b = 1"}, ""},
		"on demand":             {map[string]string{"web/Lazy.tsx": "export const text = 2"}, "web/Lazy.tsx is imported on demand and does not take the update itself"},
		"takes another's place": {map[string]string{"web/a.tsx": "export const a = 5"}, "web/a.tsx may change all modules"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, base)
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.tsx", "web/entry2.ts"}, Hot: true, SplitPackages: true})
			mustBuild(t, web)
			var changed []string
			for name, text := range test.save {
				changed = append(changed, write(t, dir, name, text))
			}
			patches, reason := web.Patch(context.Background(), changed)
			if len(patches) > 0 || reason == "" || test.reason != "" && reason != test.reason {
				t.Errorf("%d patches, reason %q, want %q", len(patches), reason, test.reason)
			}
			for _, d := range web.Build(context.Background(), changed).Diagnostics {
				if strings.Contains(d.Text, "devtool_") || d.Source != problem.ESBuild {
					t.Errorf("problem %+v", d)
				}
			}
		})
	}
}

// TestHotAfterErrorsOfOthers mends what was wrong with a module in another one.
func TestHotAfterErrorsOfOthers(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts": "import './a'", "b.ts": "export const b = 1",
		"a.ts": "import { b } from './b'\nconsole.log(b)\nimport.meta.hot?.accept()",
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}, Hot: true})
	mustBuild(t, web)
	if result := web.Build(t.Context(), []string{write(t, dir, "b.ts", "export const c = 1")}); result.Outputs != nil {
		t.Fatal("a.ts imports what b.ts does not export, and is built")
	}
	changed := []string{write(t, dir, "b.ts", "export const b = 2")}
	if patches, reason := web.Patch(t.Context(), changed); len(patches) != 1 {
		t.Errorf("no patch: %s", reason)
	}
	if result := mustBuild(t, web, changed...); !bytes.Contains(result.Outputs["/assets/main.js"].Contents, []byte(`"a.ts"`)) {
		t.Error("a.ts does not make itself known any more")
	}
}

// TestPatchesKeepNothing makes many patches of one build.
func TestPatchesKeepNothing(t *testing.T) {
	t.Parallel()
	files := with(fakeReact(), map[string]string{"web/main.tsx": "import { createRoot } from 'react-dom'\nimport { App } from './App'\ncreateRoot(0).render(<App/>)"})
	app := func(n int) string {
		return fmt.Sprintf("import { part } from './part%d'\nexport function App() { return <b>{part}</b> }\n// %s", n%3, strings.Repeat("x", 20_000))
	}
	files["web/App.tsx"] = app(0)
	for i := range 3 {
		files[fmt.Sprintf("web/part%d.ts", i)] = "export const part = 1"
	}
	dir := tree(t, files)
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}, Hot: true, SplitPackages: true})
	mustBuild(t, web)
	held := func() (imports, modules int) {
		for _, importers := range web.patcher.importers {
			imports += len(importers)
		}
		return imports, len(web.patcher.inputs) + len(web.patcher.instrument.modules)
	}
	var imports, modules int
	for n := range 300 {
		if patches, reason := web.Patch(t.Context(), []string{write(t, dir, "web/App.tsx", app(n+1))}); len(patches) != 1 {
			t.Fatal(reason)
		}
		if n == 10 {
			imports, modules = held()
		}
	}
	if i, m := held(); i != imports || m != modules {
		t.Errorf("after 300 patches %d imports and %d modules are held; after ten %d and %d", i, m, imports, modules)
	}
}
