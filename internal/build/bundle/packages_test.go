package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runInNode runs the scripts of entries one after the other and returns what
// they print.
func runInNode(t testing.TB, outputs Outputs, entries []Entry) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for url, output := range outputs { // a URL is a path of the file system here
		write(t, "/", url, string(output.Contents))
	}
	var script strings.Builder
	for _, entry := range entries {
		script.WriteString("await import(" + toJSON(entry.URL) + ");")
	}
	command := exec.CommandContext(t.Context(), node, "--enable-source-maps", "--input-type=module", "--eval", script.String())
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, printed.String())
	}
	return printed.String()
}

// servedFrom makes URLs that are paths below a new directory.
func servedFrom(t testing.TB, opts Options) Options {
	t.Helper()
	opts.PublicPath = filepath.ToSlash(t.TempDir())
	write(t, opts.PublicPath, "package.json", `{"type": "module"}`)
	return opts
}

// bothWays builds a program with its packages split off and in one bundle.
func bothWays(t testing.TB, opts Options) (split, whole Result, splitPrints, wholePrints string) {
	t.Helper()
	splitOptions, wholeOptions := servedFrom(t, opts), servedFrom(t, opts)
	splitOptions.SplitPackages = true
	split, whole = mustBuild(t, newBundler(t, splitOptions)), mustBuild(t, newBundler(t, wholeOptions))
	return split, whole, runInNode(t, split.Outputs, split.Entries), runInNode(t, whole.Outputs, whole.Entries)
}

// fakePackages are packages of every kind.
func fakePackages() map[string]string {
	files := map[string]string{
		"node_modules/cjs/package.json":         `{"main": "index.js"}`,
		"node_modules/cjs/index.js":             `console.log("cjs runs"); exports.a = 1; exports.count = 0; exports.up = () => ++exports.count; exports.self = exports`,
		"node_modules/cjs-function/index.js":    `module.exports = function named() { return this === undefined }; module.exports.part = "part"`,
		"node_modules/cjs-compiled/index.js":    `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "its default"; exports.named = "its name"`,
		"node_modules/esm/package.json":         `{"type": "module", "exports": {".": "./index.js", "./part": "./part.js"}}`,
		"node_modules/esm/index.js":             `import { state } from "./part.js"; console.log("esm runs"); export let live = 0; export function grow() { live++; state.seen++; return this } export default class Thing { static n = 1 } export * from "./deep.js"`,
		"node_modules/esm/part.js":              `export const state = { seen: 0 }`,
		"node_modules/esm/deep.js":              `export const deep = "deep"; export { a as fromCommonJS } from "cjs"; export * as group from "./part.js"`,
		"node_modules/esm-star/package.json":    `{"module": "index.js"}`,
		"node_modules/esm-star/index.js":        `export * from "cjs"; export const own = "own"`,
		"node_modules/dual/package.json":        `{"exports": {"import": "./index.mjs", "require": "./index.cjs"}}`,
		"node_modules/dual/index.mjs":           `export default "esm of dual"; export const kind = "esm"`,
		"node_modules/dual/index.cjs":           `module.exports = { kind: "cjs" }`,
		"node_modules/pure/package.json":        `{"sideEffects": false, "type": "module"}`,
		"node_modules/pure/index.js":            `console.log("pure runs"); export const pure = 1; export const other = 2`,
		"node_modules/global/index.js":          `globalThis.seen = (globalThis.seen ?? "") + "[global]"`,
		"node_modules/global-esm/package.json":  `{"type": "module"}`,
		"node_modules/global-esm/index.js":      `globalThis.seen += "[global-esm " + globalThis.patched + "]"`,
		"node_modules/cycle/package.json":       `{"type": "module"}`,
		"node_modules/cycle/index.js":           `import { Base } from "./base.js"; export class Derived extends Base { name() { return "derived" } } export const make = () => new Derived()`,
		"node_modules/cycle/base.js":            `import { make } from "./index.js"; export class Base { copy() { return make().name() } }`,
		"node_modules/styled/package.json":      `{"type": "module"}`,
		"node_modules/styled/index.js":          `import "./first.css"; import "./button.js"; import "./last.css"; export const styled = "styled"`,
		"node_modules/styled/button.js":         `import "./button.css"; import icon from "./icon.svg"; console.log("icon", icon.replace(/.*\//, ""))`,
		"node_modules/styled/first.css":         `.first { color: red }`,
		"node_modules/styled/button.css":        `.button { color: red; background: url(icon.svg) }`,
		"node_modules/styled/last.css":          `.last { color: red }`,
		"node_modules/styled/icon.svg":          `<svg/>`,
		"node_modules/styled-cjs/index.js":      `require("./plain.css"); module.exports = { plain: true }`,
		"node_modules/styled-cjs/plain.css":     `.plain { color: red }`,
		"node_modules/lazy/package.json":        `{"type": "module"}`,
		"node_modules/lazy/index.js":            `import { deep } from "esm"; console.log("lazy runs", deep); export default "lazy default"`,
		"node_modules/lazy-inside/package.json": `{"type": "module"}`,
		"node_modules/lazy-inside/index.js":     `export const later = () => import("./later.js")`,
		"node_modules/lazy-inside/later.js":     `export const when = "later"`,
		"node_modules/browser/package.json":     `{"main": "server.js", "browser": {"./server.js": "./browser.js", "fs": false}}`,
		"node_modules/browser/server.js":        `exports.where = "server"`,
		"node_modules/browser/browser.js":       `exports.where = "browser"; exports.fs = require("fs")`,
		"node_modules/jsx/package.json":         `{"name": "jsx"}`,
		"node_modules/jsx/jsx-runtime.js":       `exports.jsx = exports.jsxs = (type, props) => ({ type, props }); exports.Fragment = "fragment"`,
	}
	for name := range maps.Clone(files) { // or they take over what the project's own says
		manifest := strings.Join(strings.Split(name, "/")[:2], "/") + "/package.json"
		if files[manifest] == "" {
			files[manifest] = "{}"
		}
	}
	return files
}

// Programs behave the same whether their packages are split off or not.
func TestSplitPackagesBehaveTheSame(t *testing.T) {
	t.Parallel()
	programs := map[string]string{
		"CommonJS":           `import cjs, { a, up } from "cjs"; import * as all from "cjs"; up(); console.log(a, cjs.count, all.count, cjs.self === cjs, Object.keys(all), all.default === cjs)`,
		"a function":         `import f, { part } from "cjs-function"; import * as all from "cjs-function"; console.log(f(), part, typeof all, typeof all.default)`,
		"compiled":           `import d, { named } from "cjs-compiled"; import * as all from "cjs-compiled"; console.log(d, named, all)`,
		"required":           `const cjs = require("cjs"), esm = require("esm"); console.log(cjs.a, esm.deep, esm.default.n, esm.__esModule)`,
		"live bindings":      `import Thing, { live, grow } from "esm"; import * as all from "esm"; console.log(live, grow() === undefined, live, all.live, all.default === Thing, Object.keys(all).sort())`,
		"groups":             `import { fromCommonJS, group } from "esm"; import { state } from "esm/part"; console.log(group.state === state, fromCommonJS)`,
		"star of CommonJS":   `import { a, own } from "esm-star"; import * as all from "esm-star"; console.log(a, own, Object.keys(all).sort())`,
		"conditions":         `import d, { kind } from "dual"; const other = require("dual"); console.log(d, kind, other.kind)`,
		"unused but pure":    `import { pure } from "pure"; console.log("not used")`,
		"pure":               `import { pure } from "pure"; export * from "pure"; console.log(pure)`,
		"re-exported":        `export { deep, default } from "esm"; export * from "cjs-compiled"; import * as own from "./main"; console.log(Object.keys(own).sort())`,
		"order":              `import "./first"; import "global"; import "./patch"; import "global-esm"; console.log(globalThis.seen)`,
		"cycle":              `import { make } from "cycle"; console.log(make().copy())`,
		"sheets":             `import "./a.css"; import "cjs"; import { styled } from "styled"; import s from "styled-cjs"; import "./b.css"; console.log(styled, s.plain)`,
		"dynamic":            `import { deep } from "esm"; console.log(deep); const lazy = await import("lazy"); const cjs = await import("cjs-function"); console.log(lazy.default, cjs.default.part, Object.keys(lazy))`,
		"dynamic and static": `import cjs from "cjs"; const m = await import("cjs"); console.log(m.default === cjs, m.a, Object.keys(await import("./first")))`,
		"dynamic inside":     `import { later } from "lazy-inside"; later().then(m => console.log(m.when))`,
		"browser field":      `import { where, fs } from "browser"; console.log(where, fs)`,
		"JSX":                `/** @jsxImportSource jsx */ console.log(JSON.stringify(<><b title="x">{1}</b></>))`,
		"relative":           `import { state } from "./node_modules/esm/part.js"; import { grow } from "esm"; grow(); console.log(state)`,
		"errors":             `import "cjs"; try { ;(null as any).x } catch (e) { console.log(String(e.stack).match(/main.tsx:\d+:\d+/)[0]) }`,
	}
	for name, text := range programs {
		for _, manifest := range []string{`{}`, `{"type": "module"}`} {
			t.Run(name+manifest, func(t *testing.T) {
				t.Parallel()
				files := fakePackages()
				maps.Copy(files, map[string]string{
					"main.tsx": text, "package.json": manifest, "tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx"}}`,
					"first.ts": `import "cjs"; globalThis.seen = "first"; console.log("first")`,
					"patch.ts": `globalThis.patched = "by the program"; export {}`,
					"a.css":    ".a { color: red }", "b.css": ".b { color: red }",
				})
				split, whole, got, want := bothWays(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.tsx"}})
				if split.Whole != "" {
					t.Errorf("not split: %s", split.Whole)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("printed (-whole +split):\n%s", diff)
				}
				for _, entry := range whole.Entries {
					for i, url := range entry.CSS {
						want, _, _ := strings.Cut(string(whole.Outputs[url].Contents), "/*# source")
						got, _, _ := strings.Cut(string(split.Outputs[split.Entries[0].CSS[i]].Contents), "/*# source")
						got = strings.ReplaceAll(got, path.Dir(split.Entries[0].URL), path.Dir(entry.URL))
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("sheet (-whole +split):\n%s", diff)
						}
					}
				}
			})
		}
	}
}

// What cannot be split stays whole, with the reason.
func TestPackagesThatCannotBeSplit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ program, reason string }{
		"top-level await":  {`import { value } from "waits"; console.log(value)`, "top-level await"},
		"into the program": {`import { value } from "back"; console.log(value)`, "a package imports shared.js, which is no package"},
		"odd name":         {`import { "odd name" as odd } from "odd"; console.log(odd)`, `"odd name", which is no identifier`},
		"CSS module":       {`import styles from "modular"; console.log(styles)`, "is a CSS module within a package"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"main.ts": test.program, "shared.js": `export const value = "shared"`,
				"node_modules/waits/index.mjs":      `export const value = await Promise.resolve("waited for")`,
				"node_modules/waits/package.json":   `{"main": "index.mjs"}`,
				"node_modules/odd/index.js":         `const odd = 1; export { odd as "odd name" }`,
				"node_modules/back/index.js":        `export { value } from "../../shared.js"`,
				"node_modules/modular/index.js":     `export { default } from "./x.module.css"`,
				"node_modules/modular/x.module.css": `.x { color: red }`,
			})
			split, _, got, want := bothWays(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
			if !strings.Contains(split.Whole, test.reason) {
				t.Errorf("whole because of %q, want %q", split.Whole, test.reason)
			}
			if got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
		})
	}
}

// The bundle of packages is the same bytes until something else is imported,
// or installed.
func TestPackagesAreBundledWhenDue(t *testing.T) {
	t.Parallel()
	files := fakePackages()
	files["main.ts"] = `import { a } from "cjs"; console.log(a)`
	files["node_modules/late/index.js"] = "exports.x = 1"
	dir := tree(t, files)
	opts := servedFrom(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true})
	web := newBundler(t, opts)
	packages := opts.PublicPath + "/chunks/packages.js"
	first := mustBuild(t, web)
	if got := first.Entries[0].Imports; len(got) != 1 || got[0] != packages {
		t.Errorf("imports of the entry = %q, want %q", got, packages)
	}

	steps := []struct {
		name, file, text string
		same             bool
		prints           string
	}{
		{"an edit", "main.ts", `import { a } from "cjs"; console.log(a + 1)`, true, "cjs runs\n2\n"},
		{"another package", "main.ts", `import { a } from "cjs"; import { x } from "late"; console.log(a, x)`, false, "cjs runs\n1 1\n"},
		{"one import less", "main.ts", `import { x } from "late"; console.log(x)`, true, "1\n"},
		{"a new version", "node_modules/late/index.js", `exports.x = 2`, false, "2\n"},
		{"from CommonJS to ESM", "node_modules/late/index.js", `export const x = 3`, false, "3\n"},
		{"a mistake", "main.ts", `import { nope } from "late"; console.log(nope)`, true, ""},
		{"mended", "main.ts", `import { x } from "late"; console.log(x)`, true, "3\n"},
		{"loaded on demand", "main.ts", `import("esm").then(m => console.log(m.deep, x)); import { x } from "late"`, false, "cjs runs\nesm runs\ndeep 3\n"},
		{"broken", "node_modules/late/index.js", `export const x = `, false, ""},
		{"repaired", "node_modules/late/index.js", `export const x = 4`, false, "cjs runs\nesm runs\ndeep 4\n"},
	}
	before := first
	for _, step := range steps {
		file := write(t, dir, step.file, step.text)
		result := web.Build(t.Context(), []string{file})
		if step.prints == "" {
			if result.Outputs != nil || len(result.Diagnostics) == 0 || result.Diagnostics[0].File != file {
				t.Errorf("%s: outputs %q and diagnostics %+v, want one in %s", step.name, urls(result.Outputs), result.Diagnostics, file)
			}
			continue
		}
		if result.Outputs == nil || result.Whole != "" {
			t.Fatalf("%s: whole because of %q; %+v", step.name, result.Whole, result.Diagnostics)
		}
		if same := result.Outputs[packages].same(before.Outputs[packages]); same != step.same {
			t.Errorf("%s: the packages are the same = %v, want %v", step.name, same, step.same)
		}
		if got := runInNode(t, result.Outputs, result.Entries); got != step.prints {
			t.Errorf("%s: printed %q, want %q", step.name, got, step.prints)
		}
		before = result
	}
}

// The source map of the program names no file of a package: it holds but stubs.
func TestSourceMapsOfSplitPackages(t *testing.T) {
	t.Parallel()
	files := fakePackages()
	files["main.ts"] = `import { a } from "cjs"; import { deep } from "esm"; console.log(a, deep)`
	result := mustBuild(t, newBundler(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.ts"}, SplitPackages: true}))
	for url, want := range map[string]int{"/assets/main.js.map": 0, "/assets/chunks/packages.js.map": 4} {
		var sourceMap struct{ Sources []string }
		if err := json.Unmarshal(result.Outputs[url].Contents, &sourceMap); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, source := range sourceMap.Sources {
			if strings.Contains(source, "node_modules") {
				got++
			}
		}
		if got != want {
			t.Errorf("%s names %d files of packages in %q, want %d", url, got, sourceMap.Sources, want)
		}
	}
}

// barrel is a package of n modules that exports them all by name, as icons are
// published.
func barrel(n int, manifest string) map[string]string {
	var index strings.Builder
	files := map[string]string{"node_modules/icons/package.json": manifest}
	for i := range n {
		fmt.Fprintf(&index, "export { default as Icon%d } from './icon%d.js'\n", i, i)
		files[fmt.Sprintf("node_modules/icons/icon%d.js", i)] = fmt.Sprintf("const icon = '[drawing of %d]'; export default icon", i)
	}
	files["node_modules/icons/index.js"] = index.String()
	return files
}

// What scripts get of a package grows with what they import, not with what the
// package exports.
func TestPackagesCostWhatIsImported(t *testing.T) {
	t.Parallel()
	const few, many = 5, 500
	programs := map[string]string{
		"by name":              `import { Icon1, Icon3 as Other } from "icons"; console.log(Icon1, Other)`,
		"as members":           `import * as Icons from "icons"; console.log(Icons.Icon1, Icons.Icon3)`,
		"passed on":            `import { Icon1, Icon3 } from "./ours"; console.log(Icon1, Icon3)`,
		"together with a type": `import { Icon1, Icon3, IconProps } from "icons"; let props: IconProps; console.log(Icon1, Icon3)`,
	}
	for name, text := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sizes []map[string]int
			for _, n := range []int{few, many} {
				files := barrel(n, `{"type": "module", "sideEffects": false}`)
				files["main.ts"], files["ours.ts"] = text, `export { Icon1, Icon3 } from "icons"`
				split, _, got, want := bothWays(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.ts"}})
				if split.Whole != "" || got != want || got != "[drawing of 1] [drawing of 3]\n" {
					t.Errorf("of %d icons printed %q, want %q; whole because of %q", n, got, want, split.Whole)
				}
				size := map[string]int{}
				for url, output := range split.Outputs {
					if path.Ext(url) == ".js" {
						size[path.Base(url)] = len(output.Contents)
					}
				}
				sizes = append(sizes, size)
			}
			for script := range sizes[0] {
				// Paths of temporary directories differ in length.
				if grown := sizes[1][script] - sizes[0][script]; grown > 200 {
					t.Errorf("%s grows by %d bytes with icons that nobody imports", script, grown)
				}
			}
		})
	}
}

// A script may take the whole of a package, at a cost that grows no faster than
// what the package exports.
func TestPackagesTakenWhole(t *testing.T) {
	t.Parallel()
	programs := map[string]string{
		"looked up":      `import * as Icons from "icons"; const n = 3; console.log(Icons["Icon" + n], Object.keys(Icons).length)`,
		"passed on":      `export * from "icons"; import * as all from "./main"; const n = 3; console.log(all["Icon" + n], Object.keys(all).length)`,
		"on demand":      `const Icons = await import("icons"); const n = 3; console.log(Icons["Icon" + n], Object.keys(Icons).length)`,
		"required":       `const Icons = require("icons"); const n = 3; console.log(Icons["Icon" + n], Object.keys(Icons).length)`,
		"and by name":    `import { Icon1 } from "icons"; import * as Icons from "icons"; console.log(Icon1, Icons)`,
		"as an argument": `import * as Icons from "icons"; const f = (all: any) => Object.keys(all).length; console.log(f(Icons))`,
	}
	for name, text := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := barrel(40, `{"type": "module", "sideEffects": false}`)
			files["main.ts"] = text
			split, _, got, want := bothWays(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.ts"}})
			if split.Whole != "" || got != want {
				t.Errorf("printed %q, want %q; whole because of %q", got, want, split.Whole)
			}
			for url, output := range split.Outputs {
				if calls := bytes.Count(output.Contents, []byte("__toESM(")); path.Ext(url) == ".js" && calls > 3 {
					t.Errorf("%s copies the exports of a package %d times", url, calls)
				}
			}
		})
	}
}

// A name that is imported later is there with the save, one that is not
// exported is a mistake at its place, and a misspelt one is corrected.
func TestPackagesImportedByNameLater(t *testing.T) {
	t.Parallel()
	for _, icons := range []int{9, 2 * worthPruning} {
		t.Run(fmt.Sprint(icons), func(t *testing.T) {
			t.Parallel()
			importNamesLater(t, icons)
		})
	}
}

func importNamesLater(t *testing.T, icons int) {
	t.Helper()
	files := barrel(icons, `{"type": "module", "sideEffects": false}`)
	files["main.ts"] = `import { Icon1 } from "icons"; console.log(Icon1)`
	files["ours.ts"] = ``
	dir := tree(t, files)
	web := newBundler(t, servedFrom(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true}))
	mustBuild(t, web)
	for _, step := range []struct{ name, ours, main, prints, mistake string }{
		{name: "by name", main: `import { Icon2 } from "icons"; console.log(Icon2)`, prints: "[drawing of 2]\n"},
		{name: "a member", main: `import * as Icons from "icons"; console.log(Icons.Icon3)`, prints: "[drawing of 3]\n"},
		{name: "passed on", ours: `export { Icon4 } from "icons"`, main: `import { Icon4 } from "./ours"; console.log(Icon4)`, prints: "[drawing of 4]\n"},
		{name: "misspelt", main: `import { Icon5, Icn6 } from "icons"; console.log(Icon5, Icn6)`, mistake: `for import "Icn6"`},
		{name: "corrected", main: `import { Icon5, Icon6 } from "icons"; console.log(Icon5, Icon6)`, prints: "[drawing of 5] [drawing of 6]\n"},
		{name: "whole", main: `import * as Icons from "icons"; console.log(Object.keys(Icons).length)`, prints: fmt.Sprintln(icons)},
		{name: "misspelt beside the whole", main: `import * as Icons from "icons"; import { Icn7 } from "icons"; console.log(Icons, Icn7)`, mistake: `for import "Icn7"`},
		{name: "by name again", main: `import { Icon8 } from "icons"; console.log(Icon8)`, prints: "[drawing of 8]\n"},
	} {
		changed := []string{write(t, dir, "ours.ts", step.ours), write(t, dir, "main.ts", step.main)}
		result := web.Build(t.Context(), changed)
		if step.mistake != "" {
			if len(result.Diagnostics) != 1 || !strings.Contains(result.Diagnostics[0].Text, step.mistake) || result.Diagnostics[0].File != changed[1] || len(result.Diagnostics[0].Notes) == 0 {
				t.Errorf("%s: diagnostics %+v, want one in %s with %q and a correction", step.name, result.Diagnostics, changed[1], step.mistake)
			}
			continue
		}
		if result.Outputs == nil || result.Whole != "" {
			t.Fatalf("%s: whole because of %q; %+v", step.name, result.Whole, result.Diagnostics)
		}
		if got := runInNode(t, result.Outputs, result.Entries); got != step.prints {
			t.Errorf("%s: printed %q, want %q", step.name, got, step.prints)
		}
	}
}
