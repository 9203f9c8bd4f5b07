//go:build unix

package e2e_test

import (
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// policyMain sends a page below each path with policies of another kind.
const policyMain = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	serve := func(path, head string, policies ...string) {
		http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Security-Policy"] = policies
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><html><head>"+head+"<link rel=icon href=data:,><link rel=stylesheet href=/assets/main.css></head><body><p class=probe>page</p></body></html>")
		})
	}
	serve("/several", "", "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; script-src 'self'", "script-src 'nonce-a'", "connect-src https://api.test")
	serve("/strict", "", "script-src 'strict-dynamic' 'nonce-a'; object-src 'none'")
	serve("/hashes", "", "script-src 'strict-dynamic' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; connect-src 'none'")
	serve("/meta", "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-b'; connect-src 'self'\">")
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

// TestBrowserPolicies opens pages whose policies name no script of ours: the
// client works in them, and breaks none.
func TestBrowserPolicies(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"main.go":      policyMain,
		"web/main.ts":  `import "./main.css";`,
		"web/main.css": cachingSheet(1),
		"devtool.toml": "[web]\nentry_points = [\"web/main.ts\"]\n",
	})
	s, browser := p.start(), browsertest.Start(t)
	var tabs []*browsertest.Tab
	for _, path := range []string{"/several", "/strict", "/hashes", "/meta"} {
		tab := browser.Open(s.url + path)
		tab.Until(cachingColour(1))
		browsertest.Eval[int](tab, mark)
		tabs = append(tabs, tab)
	}
	s.Outcome(func() { p.write("web/main.css", cachingSheet(2)) })
	for _, tab := range tabs {
		tab.Until(cachingColour(2))
		if browsertest.Eval[int](tab, `window.__mark ?? 0`) != 1 {
			t.Errorf("%s was loaded anew", browsertest.Eval[string](tab, "location.pathname"))
		}
		tab.Quiet()
	}
}
