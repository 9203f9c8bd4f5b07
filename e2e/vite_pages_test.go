//go:build unix

package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// vitePages is a front end of several pages, which name what they load in every way
// that Vite knows.
func vitePages() map[string]string {
	return map[string]string{
		"main.go": notFoundMain, "web/package.json": `{}`, "web/.env": "VITE_X=from the file",
		"web/index.html": `<!doctype html><html><head><title>%VITE_X% %MODE%</title><link rel="icon" href="/src/assets/logo.svg">
<script type="module" src="./src/main.ts"></script></head><body><h1>index</h1><p id="main"></p><p id="inline"></p>
<img id="image" src="./src/assets/logo.svg"><script type="module">import { greet } from "/src/greet.ts"
greet("inline")</script></body></html>`,
		"web/about.html":          `<!doctype html><html><head><title>ABOUT</title><script type="module" src="/src/about.ts"></script></head><body><p id="about"></p></body></html>`,
		"web/nested/index.html":   `<!doctype html><html><head><title>NESTED</title><link rel="stylesheet" href="./n.css"><script type="module" src="./n.ts"></script></head><body><p id="nested"></p></body></html>`,
		"web/nested/n.ts":         `import { greet } from "../src/greet"; greet("nested")`,
		"web/nested/n.css":        `p { color: rgb(1, 2, 3) }`,
		"web/src/greet.ts":        `export const greet = (id: string) => { document.getElementById(id)!.textContent = "greeted " + id + " " + import.meta.env.VITE_X }`,
		"web/src/main.ts":         `import { greet } from "./greet"; import logo from "/vite.svg"; greet("main"); document.body.dataset.logo = logo`,
		"web/src/about.ts":        `import { greet } from "./greet"; greet("about")`,
		"web/src/assets/logo.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`,
		"web/public/vite.svg":     `<svg xmlns="http://www.w3.org/2000/svg"/>`,
	}
}

// lookAtPages checks what the pages of vitePages show, wherever they are served.
func lookAtPages(t *testing.T, tab *browsertest.Tab, open func(path string), mode string) {
	t.Helper()
	greeted := func(id string) string {
		return `document.getElementById("` + id + `")?.textContent === "greeted ` + id + ` from the file"`
	}
	for path, script := range map[string]string{
		"/":           greeted("main") + " && " + greeted("inline") + ` && document.title === "from the file ` + mode + `" && document.body.dataset.logo === "/vite.svg" && document.getElementById("image").naturalWidth === 7`,
		"/about.html": greeted("about") + ` && document.title === "ABOUT"`,
		"/nested/":    greeted("nested") + ` && document.title === "NESTED" && getComputedStyle(document.querySelector("p")).color === "rgb(1, 2, 3)"`,
		"/index.html": greeted("main"),
	} {
		open(path)
		tab.Until(script)
	}
	tab.Quiet()
}

// TestBrowserVitePages opens the pages of a front end in development, edits them, and
// opens them as devtool build writes them.
func TestBrowserVitePages(t *testing.T) {
	t.Parallel()
	p := newSmall(t, vitePages())
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	open := func(path string) { browsertest.Eval[string](tab, `location.href = "`+path+`"`) }
	lookAtPages(t, tab, open, "development")
	for _, path := range []string{"/settings/x", "/about"} { // a route of the client's own, and a page without its extension
		open(path)
		tab.Until(`document.querySelector("[id]") && document.querySelector("p")?.textContent.startsWith("greeted")`)
	}
	open("/nested/")
	tab.Until(`document.title === "NESTED"`)
	s.Outcome(func() { p.edit("web/nested/index.html", "NESTED", "EDITED") })
	tab.Until(`document.title === "EDITED"`)
	got := s.Outcome(func() { p.edit("web/nested/index.html", "./n.ts", "./late.ts") })
	if len(got.Problems) != 1 || got.Problems[0].File != "web/nested/index.html" || got.Problems[0].Line != 1 || !strings.Contains(got.Problems[0].Message, "web/nested/late.ts") {
		t.Errorf("a script that is missing: %+v", got.Problems)
	}
	s.Outcome(func() { p.write("web/nested/late.ts", `document.getElementById("nested")!.textContent = "late"`) })
	tab.Until(`document.getElementById("nested")?.textContent === "late"`)
	browsertest.Eval[string](tab, `window.before = "the reload"`)
	s.Outcome(func() {
		p.edit("web/index.html", `greet("inline")`, `greet("inline"); document.title = "inline edited"`)
	})
	tab.Until("!window.before") // a reload that is under way would win over what follows
	open("/")
	tab.Until(`document.title === "inline edited"`)
	if icon := devtooltest.Get(t, s.url+"/src/assets/logo.svg"); !strings.Contains(icon, `width="7"`) {
		t.Errorf("the icon is %q", icon)
	}
}

// TestBrowserVitePagesBuilt opens the same pages as devtool build writes them.
func TestBrowserVitePagesBuilt(t *testing.T) {
	t.Parallel()
	p := newSmall(t, vitePages())
	build := exec.CommandContext(t.Context(), binary, "build")
	build.Dir, build.Env = p.dir, devtooltest.Environ(t, t.TempDir())
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("devtool build: %v\n%s", err, out)
	}
	url := serveDir(t, filepath.Join(p.dir, "dist", "public"))
	tab := browsertest.Start(t).Open(url)
	lookAtPages(t, tab, func(path string) { browsertest.Eval[string](tab, `location.href = "`+path+`"`) }, "production")
}

// serveDir serves a directory as a host of single-page applications would, until the
// test ends.
func serveDir(t *testing.T, dir string) (url string) {
	t.Helper()
	files := http.FileServerFS(os.DirFS(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(r.URL.Path))); err != nil && filepath.Ext(r.URL.Path) == "" {
			http.ServeFile(w, r, filepath.Join(dir, "index.html"))
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestEmbeddedPublicFiles starts a fresh clone whose app reads a public file from
// the directory that it embeds before it answers anything.
func TestEmbeddedPublicFiles(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"main.go": `package main

import (
	"embed"
	"net/http"
	"os"
)

//go:embed all:web/build
var build embed.FS

func main() {
	manifest, err := build.ReadFile("web/build/manifest.json")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/manifest", func(w http.ResponseWriter, r *http.Request) { w.Write(manifest) })
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, build, "web/build/index.html") })
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`,
		"web/.gitignore": "build\n", "web/package.json": "{}", "web/src/main.ts": "document.title = 'ran'",
		"web/index.html":           `<script type="module" src="./src/main.ts"></script>`,
		"web/public/manifest.json": `{"name": "small"}`,
		"web/vite.config.js":       `export default { build: { outDir: "build" } }`,
	})
	s := p.start()
	if got := devtooltest.Get(t, s.url+"/manifest"); !strings.Contains(got, `"small"`) {
		t.Errorf("the embedded file is %q", got)
	}
	if got := devtooltest.Get(t, s.url+"/page"); !strings.Contains(got, `src="/src/main.ts"`) {
		t.Errorf("the embedded page is %q", got)
	}
}
