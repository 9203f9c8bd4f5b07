package bundle

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/problem"
)

// An import of /x is a file of the front end, else one of its public directory.
func TestImportsFromTheRoot(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"web/src/main.ts": `
			import logo from "/vite.svg"
			import query from "/vite.svg?url"
			import text from "/note.txt?raw"
			import { name } from "/src/name"
			import inner from "/src/note.txt?raw"
			import script from "/plain.js?url"
			import dep from "dep"
			import "/src/page.css"
			console.log(logo, query, text, name, inner, script, dep)
			import("/src/late.ts").then(m => console.log(m.late))`,
		"web/src/name.ts":               `export const name: string = "name"`,
		"web/src/late.ts":               `export const late = "late"`,
		"web/src/note.txt":              "inner",
		"web/src/page.css":              `@import "/src/more.css"; a { background: url(/vite.svg), url(/src/a.svg#x), url("/of/the/app.png?v=1") }`,
		"web/src/more.css":              `b { color: red }`,
		"web/src/a.svg":                 "<svg/>",
		"web/public/vite.svg":           "<svg/>",
		"web/public/note.txt":           "public",
		"web/public/plain.js":           "",
		"web/node_modules/dep/index.js": `import logo from "/vite.svg"; export default "dep " + logo`,
		"web/package.json":              `{}`,
	}
	dir := tree(t, files)
	options := servedFrom(t, Options{
		Dir: dir, EntryPoints: []string{"web/src/main.ts"},
		Root: filepath.Join(dir, "web"), PublicDir: filepath.Join(dir, "web/public"),
	})
	result := mustBuild(t, newBundler(t, options))
	want := "/vite.svg /vite.svg public name inner /plain.js dep /vite.svg\nlate\n"
	if got := runInNode(t, result.Outputs, result.Entries); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	sheet := string(result.Outputs[result.Entries[0].CSS[0]].Contents)
	for _, part := range []string{"color: red", "url(/vite.svg)", "/a-", `/of/the/app.png?v=1`} {
		if !strings.Contains(sheet, part) {
			t.Errorf("the sheet lacks %s:\n%s", part, sheet)
		}
	}
}

// What no query of Vite's asks for is answered with an error, not with another file.
func TestRequestsThatNobodyUnderstands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`import x from "/none.svg"`:                "there is no none.svg in web nor in web/public",
		`import x from "/plain.js"`:                "/plain.js is a file of web/public, which is served as it is: move it to the sources, or write /plain.js?url for its URL",
		`import x from "/sheet.css"`:               "write /sheet.css?url",
		`import x from "./a.svg?react"`:            "a.svg?react is made by a plugin of Vite",
		`import x from "./a.svg?other"`:            "nothing here reads a.svg?other: write ?url, ?raw",
		`import x from "./a.svg?raw&other"`:        "nothing here reads a.svg?raw&other",
		`import x from "./a.svg?init"`:             "?init starts a .wasm file, and ./a.svg is none",
		`import("./a.svg?component")`:              "a.svg?component is made by a plugin",
		`export { default as y } from "./a.svg?x"`: "nothing here reads a.svg?x",
	} {
		dir := tree(t, map[string]string{
			"web/src/main.ts": "export {}\n" + line + "; console.log(typeof x)", "web/src/a.svg": "<svg/>", "web/package.json": "{}",
			"web/public/plain.js": "", "web/public/sheet.css": "",
		})
		result := newBundler(t, Options{
			Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Root: filepath.Join(dir, "web"), PublicDir: filepath.Join(dir, "web/public"),
		}).Build(context.Background(), nil)
		if len(result.Diagnostics) != 1 {
			t.Errorf("%s: %+v, want one", line, result.Diagnostics)
			continue
		}
		d := result.Diagnostics[0]
		if text := d.Text + strings.Join(d.Notes, "\n"); !strings.Contains(text, want) || d.Severity != problem.Error || d.Line != 2 || filepath.Base(d.File) != "main.ts" {
			t.Errorf("%s: %s:%d %s %q, want an error of main.ts:2 with %q", line, d.File, d.Line, d.Severity, text, want)
		}
		if strings.Contains(line, "none.svg") && !slices.Contains(result.Sought, filepath.Join(dir, "web/public/none.svg")) {
			t.Errorf("sought %q lacks the public file", result.Sought)
		}
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	const classes = `
		const say = (kind: string) => class { constructor(url: string, options: unknown) { console.log(kind, url.replace(/^.*\/|-[A-Z0-9]{8}/g, ""), JSON.stringify(options)) } }
		Object.assign(globalThis, { Worker: say("worker"), SharedWorker: say("shared"), location: undefined })
		`
	for name, test := range map[string]struct{ program, prints string }{
		"worker":        {classes + `const { default: W } = await import("./w.ts?worker"); new W({ name: "n" })`, `worker w.ts.js {"type":"module","name":"n"}` + "\n"},
		"shared worker": {classes + `const { default: W } = await import("./w.ts?sharedworker"); new W`, `shared w.ts.js {"type":"module"}` + "\n"},
		"worker's URL":  {`import url from "./w.ts?worker&url"; console.log(url.replace(/.*\/|-[A-Z0-9]{8}/g, ""))`, "w.ts.js\n"},
		"URL of worker": {`import url from "./w.ts?url&worker"; import(url)`, "works\n"},
		"inline worker": {`
			Object.assign(globalThis, { Worker: class { constructor(url: string) { fetch(url).then(r => r.text()).then(text => console.log(text.includes("works"), url.slice(0, 5))) } } })
			import W from "./w.ts?worker&inline"; new W`, "true blob:\n"},
		"wasm": {`
			globalThis.fetch = async (url: any) => new Response((await import("node:fs")).readFileSync(url), { headers: { "Content-Type": "application/wasm" } })
			import init from "./add.wasm?init"
			init().then((instance: any) => console.log(instance.exports.two()))`, "2\n"},
		"JSON": {`
			import { version, nested } from "./x.json"; import all from "./x.json"; import * as names from "./x.json"
			console.log(version, nested.deep, all.version, Object.keys(names).sort().join())`, "1.2.3 [ 1 ] 1.2.3 default,nested,version\n"},
		"JSON as text": {`import text from "./x.json?raw"; console.log(text.length)`, "41\n"},
		"a version":    {`import { version } from "./x.json?v=12"; import d from "dep/d.js?v=1"; console.log(version, d)`, "1.2.3 d\n"},
		"no-inline":    {`import url from "./a.svg?no-inline"; console.log(/\/a-\w+\.svg$/.test(url))`, "true\n"},
		"inline":       {`import url from "./a.svg?inline"; import other from "./a.svg?url&inline"; console.log(url.slice(0, 19), url === other)`, "data:image/svg+xml, true\n"},
		"a sheet by URL": {`
			import url from "./a.css?url"; import { readFileSync } from "node:fs"
			const text = readFileSync(url, "utf8"); console.log(/a-\w+\.css$/.test(url), text.includes("color: teal"), text.includes("@import"), text.includes("data:image/svg+xml"))`, "true true false true\n"},
		"a sheet's text": {`import text from "./a.css?inline"; console.log(text.includes("color: teal"), text.includes("@import"))`, "true false\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"main.ts": test.program, "w.ts": `import { text } from "./text"; console.log(text as string)`, "text.ts": `export const text = "works"`,
				"x.json": `{"version":"1.2.3","nested":{"deep":[1]}}`, "a.svg": "<svg/>", "package.json": "{}",
				"a.css": `@import "./b.css"; a { background: url(./a.svg) }`, "b.css": "b { color: teal }",
				"node_modules/dep/d.js": "export default 'd'", "node_modules/dep/package.json": `{"type":"module"}`,
				"add.wasm": "\x00asm\x01\x00\x00\x00\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\x07\x07\x01\x03two\x00\x00\x0a\x06\x01\x04\x00\x41\x02\x0b",
			})
			options := Options{Dir: dir, EntryPoints: []string{"main.ts"}, External: []string{"node:*"}}
			for _, split := range []bool{false, true} {
				options.SplitPackages = split
				result := mustBuild(t, newBundler(t, servedFrom(t, options)))
				if diff := cmp.Diff(test.prints, runInNode(t, result.Outputs, result.Entries)); diff != "" {
					t.Errorf("split %v: printed (-want +got):\n%s", split, diff)
				}
			}
		})
	}
}

// The strings of image-set name files, but not those of type().
func TestImageSets(t *testing.T) {
	t.Parallel()
	for sheet, want := range map[string]string{
		`a { background: image-set("./a.png" 1x, './b.png' 2x) }`:                           `a { background: image-set(url("./a.png") 1x, url('./b.png') 2x) }`,
		`a { background: -WebKit-Image-Set("a.png" type("image/png") 1x, url("b.png")) }`:   `a { background: -WebKit-Image-Set(url("a.png") type("image/png") 1x, url("b.png")) }`,
		`/* image-set("x") */ a { content: "image-set('y')" } image-set(`:                   `/* image-set("x") */ a { content: "image-set('y')" } image-set(`,
		"a { b: image-set(linear-gradient(red, blue) 1x, ( \"a\" )) } c { content: \"d\" }": "a { b: image-set(linear-gradient(red, blue) 1x, ( \"a\" )) } c { content: \"d\" }",
	} {
		if got := withImageURLs(sheet); got != want {
			t.Errorf("%s:\n got %s\nwant %s", sheet, got, want)
		}
	}
	dir := tree(t, map[string]string{
		"main.ts": `import "./a.css"; import "lib"`, "a.css": `a { background: image-set("./a.png" 1x, "/served.png" 2x) }`, "a.png": "PNG", "b.png": "PNG2",
		"node_modules/lib/index.js": `import "./l.css"; exports.x = 1`, "node_modules/lib/l.css": `.l { background: image-set("../../b.png" 1x) }`,
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true})
	result := mustBuild(t, web)
	css := string(result.Outputs["/assets/main.css"].Contents)
	if !strings.Contains(css, `/assets/a-`) || !strings.Contains(css, "/assets/b-") || !strings.Contains(css, `/served.png`) {
		t.Errorf("image-set was left:\n%s", css)
	}
	for range 2 {
		result = mustBuild(t, web, write(t, dir, "a.css", `a { color: blue; background: image-set("./b.png" 1x) }`))
		if css := string(result.Outputs["/assets/main.css"].Contents); !strings.Contains(css, `/assets/b-`) {
			t.Errorf("after an edit:\n%s", css)
		}
	}
}

func FuzzImageSets(f *testing.F) {
	f.Add(`a { background: image-set("./a.png" 1x, './b.png' 2x) }`)
	f.Add("\x00image-set(\"")
	f.Fuzz(func(t *testing.T, sheet string) {
		if got := withImageURLs(sheet); strings.ReplaceAll(strings.ReplaceAll(got, "url(", ""), ")", "") != strings.ReplaceAll(strings.ReplaceAll(sheet, "url(", ""), ")", "") {
			t.Errorf("%q became %q", sheet, got)
		}
	})
}

// Yarn's Plug'n'Play is found from the front end, wherever the project begins.
func TestPlugAndPlayInASubdirectory(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"go.mod": "module x", "web/package.json": `{"dependencies": {"dep": "1"}}`,
		"web/src/main.ts":            `import dep from "dep"; console.log(dep)`,
		"web/cache/dep/index.js":     `module.exports = "plugged"`,
		"web/cache/dep/package.json": `{"name": "dep"}`,
	})
	web := newBundler(t, servedFrom(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.ts"}}))
	if failed := web.Build(t.Context(), nil); failed.Outputs != nil || !slices.Contains(failed.Sought, filepath.Join(dir, "web/.pnp.cjs")) {
		t.Fatalf("before the install: %+v", failed)
	}
	file := write(t, dir, "web/.pnp.cjs", `const RAW_RUNTIME_STATE = '{ "enableTopLevelFallback": true, "fallbackExclusionList": [], "fallbackPool": [], "ignorePatternData": null, "dependencyTreeRoots": [{"name": "web", "reference": "workspace:."}], "packageRegistryData": [ [null, [[null, {"packageLocation": "./", "packageDependencies": [["dep", "npm:1"], ["web", "workspace:."]], "linkType": "SOFT"}]]], ["web", [["workspace:.", {"packageLocation": "./", "packageDependencies": [["dep", "npm:1"], ["web", "workspace:."]], "linkType": "SOFT"}]]], ["dep", [["npm:1", {"packageLocation": "./cache/dep/", "packageDependencies": [["dep", "npm:1"]], "linkType": "HARD"}]]] ]}';
	function $$SETUP_STATE(hydrateRuntimeState, basePath) { return hydrateRuntimeState(JSON.parse(RAW_RUNTIME_STATE), {basePath: basePath || __dirname}); }`)
	result := mustBuild(t, web, file)
	if got := runInNode(t, result.Outputs, result.Entries); got != "plugged\n" {
		t.Errorf("printed %q", got)
	}
}
