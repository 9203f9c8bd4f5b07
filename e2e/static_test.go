//go:build unix

package e2e_test

import (
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// TestBrowserStatic edits files that the app serves, or devtool in its place: a
// sheet is swapped, and for an image, which pages use in many ways, they reload.
func TestBrowserStatic(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"web/main.ts":         "console.log(1)\n",
		"static/logo.svg":     `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>`,
		"static/page.css":     `html { order: 1; background: url(logo.svg) }`,
		"templates/page.html": `<!doctype html><html><head><link rel=stylesheet href=/static/page.css><link rel=icon href=data:,></head><body><img src=/static/logo.svg></body></html>`,
		"main.go": `package main

import (
	"net/http"
	"os"
)

func main() {
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "templates/page.html") })
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`,
	})
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.images[0].naturalWidth === 10`)
	browsertest.Eval[string](tab, `window.mark = "kept"`)
	if got := s.Outcome(func() { p.edit("static/page.css", "order: 1", "order: 2") }); got.Result != "swapped" {
		t.Errorf("a sheet: outcome %+v", got)
	}
	tab.Until(`getComputedStyle(document.documentElement).order === "2"`)
	if got := browsertest.Eval[string](tab, `String(window.mark)`); got != "kept" {
		t.Error("the page was reloaded for a sheet")
	}
	if got := s.Outcome(func() { p.edit("static/logo.svg", `width="10"`, `width="20"`) }); got.Result != "reloaded" {
		t.Errorf("an image: outcome %+v", got)
	}
	tab.Until(`document.images[0].naturalWidth === 20`)
	tab.Quiet()
}
