package bundle

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// tree writes files, named with slashes, below a new directory.
func tree(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		write(t, dir, name, text)
	}
	return dir
}

func write(t testing.TB, dir, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func newBundler(t testing.TB, opts Options) *Bundler {
	t.Helper()
	web, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(web.Close)
	return web
}

// mustBuild fails the test unless the build gives outputs.
func mustBuild(t testing.TB, web *Bundler, changed ...string) Result {
	t.Helper()
	result := web.Build(context.Background(), changed)
	if result.Outputs == nil {
		t.Fatalf("Build(%q) failed: %+v", changed, result)
	}
	return result
}

func urls(outputs Outputs) []string {
	var all []string
	for url := range outputs {
		all = append(all, url)
	}
	slices.Sort(all)
	return all
}

// slashPaths returns files as paths with slashes below dir.
func slashPaths(t testing.TB, dir string, files []string) []string {
	t.Helper()
	var all []string
	for _, file := range files {
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, filepath.ToSlash(rel))
	}
	return all
}

func TestBuildOutputs(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/src/main.tsx":  `import "./page.css"; import { name } from "./name"; console.log(name)`,
		"web/src/name.ts":   `export const name: string = "calendar"`,
		"web/src/page.css":  `body { color: teal }`,
		"web/app.css":       `@import "./colors.css"; body { background: url(./logo.svg), url(/served.svg) }`,
		"web/colors.css":    `:root { --ink: black }`,
		"web/logo.svg":      `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"web/tsconfig.json": `{"extends": "./base", "compilerOptions": {}}`,
		"web/base.json":     `{}`,
		"package.json":      `{}`,
		"unused.ts":         `export {}`,
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.tsx", filepath.Join(dir, "web/app.css")}})
	result := mustBuild(t, web)

	logo := ""
	for _, url := range urls(result.Outputs) {
		if strings.HasSuffix(url, ".svg") {
			logo = url
		}
	}
	want := []string{
		"/assets/app.css", "/assets/app.css.map", logo,
		"/assets/main.css", "/assets/main.css.map", "/assets/main.js", "/assets/main.js.map",
	}
	if diff := cmp.Diff(want, urls(result.Outputs)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	wantInputs := []string{
		"package.json", "web/app.css", "web/base.json", "web/colors.css", "web/logo.svg",
		"web/src/main.tsx", "web/src/name.ts", "web/src/page.css", "web/tsconfig.json",
	}
	if diff := cmp.Diff(wantInputs, slashPaths(t, dir, result.Inputs)); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	wantEntries := []Entry{
		{Source: "web/src/main.tsx", Name: "main", URL: "/assets/main.js", CSS: []string{"/assets/main.css"}},
		{Source: "web/app.css", Name: "app", URL: "/assets/app.css"},
	}
	if diff := cmp.Diff(wantEntries, result.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	sheet := string(result.Outputs["/assets/app.css"].Contents)
	for _, part := range []string{"--ink", logo, "url(/served.svg)"} {
		if !strings.Contains(sheet, part) {
			t.Errorf("app.css lacks %q:\n%s", part, sheet)
		}
	}
	if got := result.Outputs[logo].Type; got != "image/svg+xml" {
		t.Errorf("type of %s = %q", logo, got)
	}
	if listing, err := os.ReadDir(dir); err != nil || len(listing) != 3 {
		t.Errorf("project directory after a build: %v, %v; want what was there before", listing, err)
	}
}

// Browsers resolve the sources of a map against its URL: they must come out as
// the project's own paths.
func TestSourceMapNamesSources(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"web/src/main.ts": "export {}\nconsole.log(1)\n"})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, PublicPath: "/static/js"})
	result := mustBuild(t, web)

	var sourceMap struct{ Sources, SourcesContent []string }
	if err := json.Unmarshal(result.Outputs["/static/js/main.js.map"].Contents, &sourceMap); err != nil {
		t.Fatal(err)
	}
	if want := []string{"../../web/src/main.ts"}; !slices.Equal(sourceMap.Sources, want) {
		t.Errorf("sources = %q, want %q", sourceMap.Sources, want)
	}
	if len(sourceMap.SourcesContent) != 1 || !strings.Contains(sourceMap.SourcesContent[0], "console.log(1)") {
		t.Errorf("sourcesContent = %q", sourceMap.SourcesContent)
	}
	if script := string(result.Outputs["/static/js/main.js"].Contents); !strings.Contains(script, "//# sourceMappingURL=") {
		t.Errorf("main.js has no link to its map:\n%s", script)
	}
}

func TestBuildViteisms(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/main.ts": `
			import text from "./page.html?raw"
			import url from "./logo.svg?url"
			import sheet from "./widget.css?inline"
			import icon from "./logo.svg?inline"
			import data from "./data.json"
			import styles from "./card.module.css"
			import { aliased } from "@/aliased"
			console.log(text, url, sheet, icon, data.answer, styles.title, aliased)
			console.log(import.meta.env.MODE, import.meta.env.DEV, import.meta.env.VITE_API, import.meta.env, FLAG)
		`,
		"web/page.html":       `<p>raw page</p>`,
		"web/logo.svg":        `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"web/widget.css":      `@import "./deep.css"; p { color: red }`,
		"web/deep.css":        `q { background: url(./logo.svg) }`,
		"web/data.json":       `{"answer": 42}`,
		"web/card.module.css": `.title { color: blue }`,
		"web/lib/aliased.ts":  `export const aliased = "through tsconfig"`,
		"tsconfig.json":       `{"compilerOptions": {"paths": {"@/*": ["./web/lib/*"]}}}`,
	})
	web := newBundler(t, Options{
		Dir: dir, EntryPoints: []string{"web/main.ts"},
		Env: func() map[string]string {
			return map[string]string{"VITE_API": "https://api.test", "VITE_ODD-NAME": "x"}
		},
		Define: map[string]string{"FLAG": "12345"},
	})
	result := mustBuild(t, web)
	script := string(result.Outputs["/assets/main.js"].Contents)
	for _, part := range []string{
		"<p>raw page</p>", "/assets/logo-", "color: red", "data:image/svg+xml", "42", "card_title",
		"through tsconfig", `"development"`, "https://api.test", "12345",
	} {
		if !strings.Contains(script, part) {
			t.Errorf("main.js lacks %q", part)
		}
	}
	if strings.Contains(script, "import.meta.env.") || strings.Contains(script, "@import") {
		t.Errorf("main.js still has import.meta.env or @import:\n%s", script)
	}
	if sheet := string(result.Outputs["/assets/main.css"].Contents); !strings.Contains(sheet, ".card_title") {
		t.Errorf("main.css lacks the module's class:\n%s", sheet)
	}
	if inputs := slashPaths(t, dir, result.Inputs); !slices.Contains(inputs, "web/deep.css") {
		t.Errorf("inputs %q lack the sheet that an inlined one imports", inputs)
	}

	// A sheet that a script holds as text is no sheet that could be swapped.
	deep := write(t, dir, "web/deep.css", "q { color: green }")
	again := mustBuild(t, web, deep)
	if delta := Diff(result.Outputs, again.Outputs); again.sheetsOnly || len(delta.JS) != 1 {
		t.Errorf("after an edit of an inlined sheet: sheetsOnly = %v, delta = %+v", again.sheetsOnly, delta)
	}
}

func TestBuildSplitsDynamicImports(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"a.ts":      `import { shared } from "./shared"; import("./lazy").then(m => m.run(shared))`,
		"b.ts":      `import { shared } from "./shared"; console.log("b", shared)`,
		"shared.ts": `export const shared = { once: true }`,
		"lazy.ts":   `import "./lazy.css"; export const run = (x: unknown) => console.log("lazy", x)`,
		"lazy.css":  `body { color: red }`,
	})
	result := mustBuild(t, newBundler(t, Options{Dir: dir, EntryPoints: []string{"a.ts", "b.ts"}}))
	var chunks, sheets int
	for _, url := range urls(result.Outputs) {
		switch {
		case strings.HasPrefix(url, "/assets/chunks/") && strings.HasSuffix(url, ".js"):
			chunks++
		case strings.HasSuffix(url, ".css"):
			sheets++
		}
	}
	if chunks != 2 || sheets != 1 {
		t.Errorf("got %d chunks and %d sheets in %q, want shared, lazy and a.css", chunks, sheets, urls(result.Outputs))
	}
	if len(result.Entries[1].Imports) != 1 || result.Outputs[result.Entries[1].Imports[0]].Path == "" {
		t.Errorf("imports of b = %q, want the shared chunk", result.Entries[1].Imports)
	}
	if result.Entries[0].CSS == nil || result.Entries[1].CSS != nil {
		t.Errorf("sheets of a and b = %q and %q, want one and none", result.Entries[0].CSS, result.Entries[1].CSS)
	}
}

func TestBuildFailsAndRecovers(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts":  "import { a } from './a'\nconsole.log(a)\n",
		"a.ts":     "export const a = 1\n",
		"page.css": "body { color: red }",
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts", "page.css"}})
	good := mustBuild(t, web)

	file := write(t, dir, "main.ts", "import { a } from './a'\nconst ü = 'ü'; const = a\n")
	bad := web.Build(context.Background(), []string{file})
	if bad.Outputs != nil || bad.Unresolved || len(bad.Diagnostics) != 1 {
		t.Fatalf("broken file: %+v", bad)
	}
	d := bad.Diagnostics[0]
	if d.File != file || d.Line != 2 || d.Column != 22 || d.Severity != problem.Error {
		t.Errorf("diagnostic at %s:%d:%d (%s), want %s:2:22", d.File, d.Line, d.Column, d.Severity, file)
	}
	if len(d.Excerpt) == 0 || !strings.Contains(d.Excerpt[len(d.Excerpt)-1].Text, "const = a") {
		t.Errorf("excerpt = %+v", d.Excerpt)
	}
	if diff := cmp.Diff(good.Inputs, bad.Inputs); diff != "" {
		t.Errorf("a failed build lost inputs (-good +bad):\n%s", diff)
	}

	// While scripts are broken, a sheet must not bring back the old ones.
	sheet := write(t, dir, "page.css", "body { color: blue }")
	if still := web.Build(context.Background(), []string{sheet}); still.Outputs != nil || still.sheetsOnly {
		t.Errorf("a sheet saved while main.ts is broken: %+v", still)
	}

	write(t, dir, "main.ts", "import { a } from './a'\nconsole.log(a)\n")
	mended := mustBuild(t, web, file)
	if delta := Diff(good.Outputs, mended.Outputs); len(delta.JS) != 0 || !slices.Equal(delta.CSS, []string{"/assets/page.css"}) {
		t.Errorf("delta once mended = %+v, want page.css alone", delta)
	}
}

// A canceled build must not be taken for a failure, and what it was told about
// must be in the next one even if that is told of something else.
func TestBuildCanceled(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts":  "console.log('before')\n",
		"page.css": "body { color: red }",
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts", "page.css"}})
	mustBuild(t, web)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	script := write(t, dir, "main.ts", "console.log('after')\n")
	if result := web.Build(ctx, []string{script}); !result.Canceled || result.Outputs != nil || result.Diagnostics != nil {
		t.Fatalf("canceled build: %+v", result)
	}
	sheet := write(t, dir, "page.css", "body { color: blue }")
	result := mustBuild(t, web, sheet)
	if !strings.Contains(string(result.Outputs["/assets/main.js"].Contents), "after") {
		t.Error("the build after a canceled one lost its change")
	}
}

// Contexts that end at any moment of a build lead to an outcome that is either
// whole or canceled.
func TestBuildCanceledAnytime(t *testing.T) {
	t.Parallel()
	dir := manyModules(t, 60)
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
	took := mustBuild(t, web).Took
	canceled := 0
	for i := range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), took*2*timeFraction(i, 20))
		result := web.Build(ctx, nil)
		cancel()
		switch {
		case result.Canceled:
			canceled++
		case result.Outputs == nil:
			t.Fatalf("neither canceled nor whole: %+v", result.Diagnostics)
		}
	}
	if canceled == 0 {
		t.Error("no build was canceled, though the first had no time at all")
	}
	mustBuild(t, web)
}

func TestSymlinkedProject(t *testing.T) {
	t.Parallel()
	real := tree(t, map[string]string{"main.ts": "import './a.css'\n", "a.css": "a {"})
	dir := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(real, dir); err != nil {
		t.Skip(err)
	}
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
	result := mustBuild(t, web)
	want := []string{filepath.Join(dir, "a.css"), filepath.Join(dir, "main.ts")}
	if !slices.Equal(result.Inputs, want) {
		t.Errorf("inputs = %q, want %q", result.Inputs, want)
	}
	if len(result.Diagnostics) != 1 || result.Diagnostics[0].File != want[0] {
		t.Errorf("diagnostics = %+v, want a warning in %s", result.Diagnostics, want[0])
	}
	write(t, real, "a.css", "a { color: red }")
	mustBuild(t, web, want[0])
	write(t, real, "a.css", "a { color: blue }")
	if again := mustBuild(t, web, want[0]); !again.sheetsOnly || len(again.Diagnostics) != 0 {
		t.Errorf("edit through the link: sheetsOnly = %v, diagnostics = %+v", again.sheetsOnly, again.Diagnostics)
	}
}

// Not parallel: it counts the goroutines of the whole process.
func TestCloseLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := tree(t, map[string]string{"main.ts": "import './page.css'\n", "page.css": "p { color: red }"})
	web, err := New(Options{Dir: dir, EntryPoints: []string{"main.ts"}})
	if err != nil {
		t.Fatal(err)
	}
	mustBuild(t, web)
	mustBuild(t, web, filepath.Join(dir, "page.css"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	web.Build(ctx, nil)
	web.Close()
	if result := web.Build(context.Background(), nil); !result.Canceled {
		t.Errorf("build of a closed bundler: %+v", result)
	}
}

// What pages may see of the environment is read before each build, and packages
// get it, too.
func TestPageEnv(t *testing.T) {
	t.Parallel()
	env := map[string]string{"VITE_SAYS": "one"}
	dir := tree(t, map[string]string{
		"main.ts":                        `import { says } from "echo"; console.log(import.meta.env.VITE_SAYS, says, import.meta.env.VITE_OTHER)`,
		"node_modules/echo/package.json": `{"type": "module"}`,
		"node_modules/echo/index.js":     `export const says = import.meta.env.VITE_SAYS`,
	})
	file := filepath.Join(dir, ".env")
	web := newBundler(t, servedFrom(t, Options{
		Dir: dir, EntryPoints: []string{"main.ts"}, SplitPackages: true,
		Env: func() map[string]string { return maps.Clone(env) }, EnvFiles: []string{file},
	}))
	result := mustBuild(t, web)
	if !slices.Contains(result.Inputs, file) {
		t.Errorf("inputs %q lack %s", result.Inputs, file)
	}
	if got, want := runInNode(t, result.Outputs, result.Entries), "one one undefined\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	env["VITE_SAYS"], env["VITE_OTHER"] = "two", "other"
	result = mustBuild(t, web, file)
	if got, want := runInNode(t, result.Outputs, result.Entries), "two two other\n"; got != want {
		t.Errorf("after an edit printed %q, want %q", got, want)
	}
}
