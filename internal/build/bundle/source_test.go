package bundle

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/google/go-cmp/cmp"
)

// Globs give what Vite's documentation says, by keys as the pattern names files.
func TestGlobs(t *testing.T) {
	t.Parallel()
	programs := map[string]struct{ program, prints string }{
		"lazy":         {`const all = import.meta.glob("./pages/*.ts"); for (const k in all) console.log(k, (await all[k]()).default)`, "./pages/a.ts a\n./pages/b.ts b\n"},
		"eager":        {`const all = import.meta.glob<{ default: string }>('./pages/*.ts', { eager: true }); for (const k in all) console.log(k, all[k].default)`, "./pages/a.ts a\n./pages/b.ts b\n"},
		"import":       {"const all = import.meta.glob(`./pages/*.ts`, { import: 'title' }); for (const k in all) console.log(k, await all[k]())", "./pages/a.ts A\n./pages/b.ts B\n"},
		"both":         {`console.log(JSON.stringify(import.meta.glob("./pages/*.ts", { import: "default", "eager": true })))`, `{"./pages/a.ts":"a","./pages/b.ts":"b"}` + "\n"},
		"raw":          {`console.log(import.meta.glob("./**/*.md", { query: "?raw", import: "default", eager: true }))`, "{ './pages/deep/x.md': 'text of x' }\n"},
		"as":           {`console.log(import.meta.glob("./**/*.md", { as: "raw", eager: true }))`, "{ './pages/deep/x.md': 'text of x' }\n"},
		"several":      {`console.log(Object.keys(import.meta.glob(["./pages/**/*", "!**/b.ts", "./pages/a.*"])).join())`, "./pages/a.ts,./pages/deep/x.md\n"},
		"root":         {`console.log(Object.keys(import.meta.glob("/web/pages/*.{ts,tsx}")).join(), Object.keys(import.meta.glob(["../*.json", "!**/none*"])).join())`, "/web/pages/a.ts,/web/pages/b.ts ../package.json\n"},
		"alias":        {`console.log(Object.keys(import.meta.glob(["@/*.ts", "!@/b.ts"])).join())`, "/web/pages/a.ts\n"},
		"base":         {`console.log(Object.keys(import.meta.glob("./**/*", { base: "./pages" })).join(), import.meta.glob("./a.ts", { base: "/web/pages", eager: true, import: "title" }))`, "./a.ts,./b.ts,./deep/x.md { './a.ts': 'A' }\n"},
		"query":        {`console.log(import.meta.glob("./**/*.md", { query: { raw: true }, import: "default", eager: true }))`, "{ './pages/deep/x.md': 'text of x' }\n"},
		"exhaustive":   {`console.log(Object.keys(import.meta.glob("./pages/**/*.ts", { exhaustive: true })).join())`, "./pages/.hidden.ts,./pages/a.ts,./pages/b.ts,./pages/node_modules/no/c.ts\n"},
		"none":         {`console.log(import.meta.glob("./nowhere/*.ts"))`, "{}\n"},
		"itself":       {`console.log(Object.keys(import.meta.glob("./*.ts")).join())`, "./other.ts\n"},
		"only said so": {"// import.meta.glob(anything)\nconsole.log('import.meta.glob(x)', `new URL('./no.png', import.meta.url)`)", "import.meta.glob(x) new URL('./no.png', import.meta.url)\n"},
	}
	for name, test := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"web/main.ts": test.program, "web/other.ts": "export {}", "package.json": "{}", "none.json": "{}",
				"web/pages/a.ts":      `export default "a"; export const title: string = "A"`,
				"web/pages/b.ts":      `export default "b"; export const title: string = "B"`,
				"web/pages/deep/x.md": "text of x", "web/pages/node_modules/no/c.ts": "", "web/pages/.hidden.ts": "",
			})
			result := mustBuild(t, newBundler(t, servedFrom(t, Options{
				Dir: dir, EntryPoints: []string{"web/main.ts"}, Loader: map[string]string{".md": "text"},
				Alias: map[string]string{"@": filepath.Join(dir, "web/pages")},
			})))
			if diff := cmp.Diff(test.prints, runInNode(t, result.Outputs, result.Entries)); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
		})
	}
}

// Files that come and go change what a glob gives, and the result says which may.
func TestGlobsFollowFiles(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts":    `console.log(Object.keys(import.meta.glob("./pages/*.ts", { eager: true })).join())`,
		"pages/a.ts": "export {}",
	})
	web := newBundler(t, servedFrom(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}}))
	result := mustBuild(t, web)
	b := filepath.Join(dir, "pages", "b.ts")
	may := func(globs []Glob, file string) bool {
		return slices.ContainsFunc(globs, func(g Glob) bool { return g.Match(file) })
	}
	if !may(result.Globs, b) || may(result.Globs, filepath.Join(dir, "pages", "b.css")) || may(result.Globs, filepath.Join(dir, "b.ts")) {
		t.Errorf("globs = %+v, want those of pages/*.ts", result.Globs)
	}
	write(t, dir, "pages/b.ts", "export {}")
	result = mustBuild(t, web, b)
	if got := runInNode(t, result.Outputs, result.Entries); got != "./pages/a.ts,./pages/b.ts\n" {
		t.Errorf("with another file printed %q", got)
	}
	write(t, dir, "pages/b.ts", "const =")
	if broken := web.Build(context.Background(), []string{b}); broken.Outputs != nil || !may(broken.Globs, b) {
		t.Errorf("broken: outputs %q, globs %+v", urls(broken.Outputs), broken.Globs)
	}
}

// What cannot be bundled is told at its place, with the way out.
func TestSourcesThatCannotBeBundled(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		text     string
		column   int
		severity problem.Severity
	}{
		`/* ü𝄞 */ x(import.meta.glob("./" + x))`:                                {"takes literals alone", 12, problem.Error},
		"  import.meta.glob(`./${x}/*.ts`)":                                     {"takes literals alone", 3, problem.Error},
		`import.meta.glob("@/pages/*.ts")`:                                      {"begin \"@/pages/*.ts\" with ./", 1, problem.Error},
		`import.meta.glob("./*.ts", { query: "?other" })`:                       {`query "?other" is not known`, 1, problem.Error},
		`import.meta.glob("./*.ts", { other: "./x" })`:                          {"option other: ./x is not known", 1, problem.Error},
		`new Worker(new URL("./no.ts", import.meta.url))`:                       {"no file ./no.ts for this worker", 20, problem.Error},
		`x(new URL('./no.png', import.meta.url))`:                               {"stays as it is", 11, problem.Warning},
		`const u = new URL('./w.ts', import.meta.url); new Worker(u)`:           {"./w.ts is not bundled", 19, problem.Warning},
		`new Worker(new URL("./self.ts", import.meta.url), { type: "module" })`: {"starts itself as a worker", 0, problem.Error},
	} {
		dir := tree(t, map[string]string{
			"main.ts": "declare const x: any\n" + line + "\n", "w.ts": "export {}",
			"self.ts": `new Worker(new URL("./self.ts", import.meta.url), { type: "module" })`,
		})
		result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}}).Build(context.Background(), nil)
		if len(result.Diagnostics) != 1 {
			t.Errorf("%s: %+v, want one", line, result.Diagnostics)
			continue
		}
		d := result.Diagnostics[0]
		if !strings.Contains(d.Text, want.text) || d.Severity != want.severity {
			t.Errorf("%s: %s %q, want %s with %q", line, d.Severity, d.Text, want.severity, want.text)
		}
		if want.column > 0 && (filepath.Base(d.File) != "main.ts" || d.Line != 2 || d.Column != want.column) {
			t.Errorf("%s: at %s:%d:%d, want main.ts:2:%d", line, d.File, d.Line, d.Column, want.column)
		}
	}
}

// Workers are bundles of their own, of one file each, and follow their sources.
func TestWorkersAndAssets(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.tsx": `
			import { Worker as OfNode } from "node:worker_threads"
			class Worker extends OfNode { constructor(url: URL, options?: unknown) { super(url, { execArgv: [] }) } }
			const SharedWorker = Worker
			const text: string = "new URL('./w.ts', import.meta.url)"
			new Worker(new URL("./w.ts", import.meta.url), { type: "module" }).on("exit", () => {
				new SharedWorker(new URL(
					'./s',
					import.meta.url,
				)).on("exit", () => console.log(text, new URL("./x.svg", import.meta.url).pathname.replace(/.*\//, "").replace(/-.*\./, "."), import.meta.url.slice(0, 5)))
			})`,
		"w.ts": `import { shared } from "./shared"; import text from "./t.txt?raw"; import "./page.css"
			console.log("worker", shared as string, text, import.meta.glob("./pages/*.ts", { eager: true, import: "default" }))
			void import("./late").then(m => console.log(m.late))`,
		"s": "console.log('classic')", "t.txt": "text", "x.svg": "<svg/>", "shared.ts": `export const shared = "one"`,
		"late.ts": `export const late = "late"`, "page.css": "a { color: red }", "pages/p.ts": "export default 1",
	})
	web := newBundler(t, servedFrom(t, Options{Dir: dir, EntryPoints: []string{"main.tsx"}, External: []string{"node:*"}}))
	first := mustBuild(t, web)
	tail := "classic\nnew URL('./w.ts', import.meta.url) x.svg file:\n"
	if got, want := runInNode(t, first.Outputs, first.Entries), "worker one text { './pages/p.ts': 1 }\nlate\n"+tail; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	for _, name := range []string{"w.ts", "shared.ts", "late.ts", "page.css", "t.txt", "pages/p.ts", "x.svg"} {
		if file := filepath.Join(dir, name); !slices.Contains(first.Inputs, file) {
			t.Errorf("inputs lack %s", name)
		}
	}
	for i, step := range []struct{ file, text, prints string }{
		{"shared.ts", `export const shared = "another"`, "worker another text { './pages/p.ts': 1 }\nlate\n"},
		{"pages/q.ts", `export default 2`, "worker another text { './pages/p.ts': 1, './pages/q.ts': 2 }\nlate\n"},
	} {
		before := maps.Clone(first.Outputs)
		result := mustBuild(t, web, write(t, dir, step.file, step.text))
		if delta := Diff(before, result.Outputs); len(delta.JS) == 0 {
			t.Errorf("%d: no script changed", i)
		}
		if got, want := runInNode(t, result.Outputs, result.Entries), step.prints+tail; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	}
	write(t, dir, "late.ts", "const =")
	broken := web.Build(context.Background(), []string{filepath.Join(dir, "late.ts")})
	if len(broken.Diagnostics) != 1 || broken.Diagnostics[0].File != filepath.Join(dir, "late.ts") || !slices.Contains(broken.Inputs, filepath.Join(dir, "shared.ts")) {
		t.Errorf("broken worker: %+v", broken)
	}
}
