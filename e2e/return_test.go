//go:build unix

package e2e_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestBrowserReturn kills devtool under an open tab, changes script and sheet
// while nobody watches, and starts it again: the tab, and a page that it kept to
// go back to, must come to show what is there now without being touched.
func TestBrowserReturn(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"web/main.ts":  "import './main.css';\ndocument.documentElement.dataset.script = 'old';\n",
		"web/main.css": "html { order: 1 }\n",
		"main.go": `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!doctype html><link rel=icon href=data:,><link rel=stylesheet href=/assets/main.css>"+
			"<script src=/assets/main.js></script><title>%s</title>", r.URL.Path)
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`,
	})
	port := strconv.Itoa(devtooltest.FreePort(t))
	s := p.start("--port", port, "--strict-port")
	tab := browsertest.Start(t).Open(s.url + "/kept")
	state := func(script, order string) string {
		return `document.documentElement.dataset.script === "` + script + `" && getComputedStyle(document.documentElement).order === "` + order + `"`
	}
	tab.Until(state("old", "1"))
	tab.Do(chromedp.Navigate(s.url + "/open"))
	tab.Until(state("old", "1"))

	if err := s.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.Ended
	p.edit("web/main.ts", "old", "new")
	p.edit("web/main.css", "1", "2")
	again := p.start("--port", port, "--strict-port")
	tab.Until(state("new", "2"))
	again.Outcome(func() { p.edit("web/main.css", "2", "3") })
	tab.Until(state("new", "3"))
	browsertest.Eval[bool](tab, `(history.back(), true)`)
	tab.Until(`location.pathname === "/kept" && ` + state("new", "3"))
}
