//go:build unix

package e2e_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
)

// cachingMain answers every path with a page that browsers may keep for an
// hour, and with the files of a directory below /lib/.
const cachingMain = `package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.Handle("/lib/", http.StripPrefix("/lib/", http.FileServer(http.Dir(os.Getenv("LIB")))))
	http.HandleFunc("/sw.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, worker)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page := fmt.Sprintf("<!doctype html><html><head><title>%[1]s</title><link rel=icon href=data:,>"+
			"<link rel=stylesheet href=/assets/main.css>%[2]s</head><body %[3]s><p class=probe>%[1]s at %[4]s</p><a id=next href=/next>next</a></body></html>",
			version, os.Getenv("HEAD"), os.Getenv("BODY"), r.URL.Path)
		tag := fmt.Sprintf("\"%x\"", sha256.Sum256([]byte(page)))
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Etag", tag)
		w.Header().Set("Cache-Control", "max-age=3600")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, page)
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}

// A worker that answers with the first copy of everything.
const worker = ` + "`" + `
self.addEventListener("install", (event) => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith((async () => {
	const cache = await caches.open("all");
	const kept = await cache.match(event.request);
	if (kept) return kept;
	const fresh = await fetch(event.request);
	if (event.request.method === "GET") await cache.put(event.request, fresh.clone());
	return fresh;
})()));
` + "`" + `
`

func cachingSheet(n int) string { return fmt.Sprintf(".probe { color: rgb(%d, 2, 3) }\n", n) }

func cachingColour(n int) string {
	return fmt.Sprintf(`document.querySelector(".probe") && getComputedStyle(document.querySelector(".probe")).color === "rgb(%d, 2, 3)"`, n)
}

// startCaching starts the app with markup for its head and its body.
func startCaching(t *testing.T, lib, head, body string) session {
	t.Helper()
	p := newSmall(t, map[string]string{
		"main.go":      cachingMain,
		"version.go":   "package main\n\nconst version = \"v1\"\n",
		"web/main.ts":  `import "./main.css";`,
		"web/main.css": cachingSheet(1),
		"devtool.toml": fmt.Sprintf("[web]\nentry_points = [\"web/main.ts\"]\n[app]\nenv = {LIB = %q, HEAD = %q, BODY = %q}\n", lib, head, body),
	})
	w := session{project: p, browser: browsertest.Start(t)}
	w.server = w.start()
	return w
}

func (w session) version(n int) {
	w.project.t.Helper()
	w.write("version.go", fmt.Sprintf("package main\n\nconst version = \"v%d\"\n", n))
}

// TestBrowserCaches edits an app whose pages may be kept for an hour: the tab
// shows the new one after one reload.
func TestBrowserCaches(t *testing.T) {
	t.Parallel()
	const count = `<script>loads = sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1</script>`
	w := startCaching(t, "", count, "")
	w.tab = w.browser.Open(w.url)
	for n := 2; n <= 4; n++ {
		w.Outcome(func() { w.version(n) })
		w.tab.Until(fmt.Sprintf(`document.querySelector(".probe")?.innerText.startsWith("v%d") && document.readyState === "complete"`, n))
		if loads := browsertest.Eval[int](w.tab, `Number(loads)`); loads != n {
			t.Errorf("version %d: the page was loaded %d times", n, loads)
		}
	}
	w.Outcome(func() { w.write("web/main.css", cachingSheet(9)) })
	w.tab.Until(cachingColour(9))
	w.tab.Quiet()
}

// TestBrowserServiceWorker has a worker answer with the first copy of
// everything, with the client in it: the tab reloads once for a build, and says
// what keeps it old.
func TestBrowserServiceWorker(t *testing.T) {
	t.Parallel()
	const register = `<script>loads = sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1; navigator.serviceWorker.register("/sw.js")</script>`
	w := startCaching(t, "", register, "")
	w.tab = w.browser.Open(w.url)
	w.tab.Until(`navigator.serviceWorker.controller`)
	w.tab.Do(chromedp.Reload()) // now it keeps the page
	for n := 2; n <= 3; n++ {
		w.Outcome(func() { w.version(n) })
		w.tab.Until(browsertest.Says("a service worker may be answering"))
		w.tab.Until(fmt.Sprintf(`Number(loads) === %d && document.readyState === "complete"`, n+1))
	}
	if loads := browsertest.Eval[int](w.tab, `Number(loads)`); loads != 4 {
		t.Errorf("the page was loaded %d times, want twice and once for each of two builds", loads)
	}
}

// TestBrowserVisits follows links as Turbo and htmx do, which replace the
// content of the page by what they fetch.
func TestBrowserVisits(t *testing.T) {
	t.Parallel()
	lib := installed(t, "@hotwired/turbo@8.0.23", "htmx.org@2.0.11")
	for _, c := range []struct{ name, head, body string }{
		{"turbo", `<script src=/lib/node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js></script>`, ""},
		{"htmx", `<script src=/lib/node_modules/htmx.org/dist/htmx.min.js></script>`, "hx-boost=true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := startCaching(t, lib, c.head, c.body)
			w.tab = w.browser.Open(w.url)
			at := func(version int, path string) string {
				return fmt.Sprintf(`location.pathname === %q && document.querySelector(".probe")?.innerText === "v%d at %[1]s" && document.readyState === "complete"`, path, version)
			}
			w.tab.Until(at(1, "/"))
			browsertest.Eval[int](w.tab, mark)
			w.Outcome(func() { w.write("web/main.css", cachingSheet(2)) })
			w.tab.Until(cachingColour(2))

			browsertest.Eval[bool](w.tab, `(document.querySelector("#next").click(), true)`)
			w.tab.Until(at(1, "/next"))
			w.tab.Until(cachingColour(2))
			w.Outcome(func() { w.write("web/main.css", cachingSheet(3)) })
			w.tab.Until(cachingColour(3))
			if !w.marked() {
				t.Error("the visit or a sheet has loaded the page anew")
			}
			if n := browsertest.Eval[int](w.tab, `document.querySelectorAll("devtool-overlay").length`); n > 1 {
				t.Errorf("%d overlays", n)
			}

			got := w.Outcome(func() { w.version(2) })
			w.tab.Until(at(2, "/next"))
			w.tab.Until(cachingColour(3))
			if got.Result != "reloaded" {
				t.Errorf("outcome %+v, want a reload", got)
			}
			browsertest.Eval[int](w.tab, mark)
			browsertest.Eval[bool](w.tab, `(document.querySelector("#next").click(), true)`)
			w.Outcome(func() { w.write("web/main.css", cachingSheet(4)) })
			w.tab.Until(cachingColour(4))
			if !w.marked() {
				t.Error("a visit after a build has loaded the page anew")
			}
			w.tab.Quiet()
		})
	}
}
