package devserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// TestBrowser drives a browser through the real proxy and the real hub, with a
// different app behind them for each test.
func TestBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *browsertest.Browser)
	}{
		{"form is not sent again", testFormIsNotSentAgain},
		{"form in a frame", testFormInFrame},
		{"form without app", testFormWithoutApp},
		{"form that failed", testFormThatFailed},
		{"isolated worker", testIsolatedWorker},
		{"fresh parts", testFreshParts},
		{"kept before", testKeptBefore},
		{"mounted twice", testMountedTwice},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser.For(t)) })
	}
}

// browserSite is an app behind a proxy, with a hub.
type browserSite struct {
	url    string
	public *httptest.Server
	proxy  *proxy.Proxy
	hub    *reload.Hub
	app    proxy.Target

	mu    sync.Mutex
	heard map[string]int // how often the app got each request, such as "POST /order"
}

func newBrowserSite(t *testing.T, o proxy.Options, app *http.ServeMux) *browserSite {
	t.Helper()
	s := &browserSite{heard: make(map[string]int), hub: reload.New(reload.Options{
		AllowOrigin: func(string) bool { return true },
		Features:    reload.Features{Overlay: true, Indicator: true, Runtime: true, Refresh: true},
	})}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.heard[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		app.ServeHTTP(w, r)
	}))
	o.Reserved, o.Tag = s.hub.Handler(), s.hub.Tag
	s.proxy = proxy.New(o)
	public := httptest.NewUnstartedServer(nil)
	public.Config = s.proxy.Server()
	public.Start()
	t.Cleanup(func() {
		if err := s.hub.Close(context.Background()); err != nil {
			t.Errorf("close the hub: %v", err)
		}
		for _, server := range []*httptest.Server{public, behind} {
			server.CloseClientConnections()
			server.Close()
		}
		s.proxy.Close()
	})
	s.app = proxy.Target{Addr: behind.Listener.Addr().String()}
	s.proxy.Open(s.app)
	s.url, s.public = public.URL, public
	s.build(1)
	return s
}

// build tells the tabs about a build for which pages reload.
func (s *browserSite) build(n int) {
	s.hub.Update(reload.Update{Build: n, Phase: reload.Ready, Reload: true, Reason: "main.go"})
}

func (s *browserSite) count(request string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[request]
}

// sends checks that the app has got request n times.
func (s *browserSite) sends(t *testing.T, request string, n int) {
	t.Helper()
	if got := s.count(request); got != n {
		t.Errorf("the app got %s %d times, want %d", request, got, n)
	}
}

// page answers with an HTML document.
func page(html string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html><head></head><body data-method=%s>%s</body></html>", r.Method, html)
	}
}

const (
	orderForm = `<form method="post" action="/order#paid"><input name="n"><button id="send">order</button></form>`
	ready     = `document.readyState === "complete"`
	askedPage = `document.readyState === "complete" && document.body.dataset.method === "GET"`
)

// orders takes orders by POST, and shows them by GET.
func orders() *http.ServeMux {
	app := http.NewServeMux()
	app.HandleFunc("/{$}", page(orderForm))
	app.HandleFunc("/order", page("placed"))
	return app
}

// submit sends a form and waits for its answer.
func submit(tab *browsertest.Tab) {
	browsertest.Eval[bool](tab, `(document.querySelector("#send").click(), true)`)
	tab.Until(`location.pathname === "/order" && ` + ready)
}

func testFormIsNotSentAgain(t *testing.T, browser *browsertest.Browser) {
	s := newBrowserSite(t, proxy.Options{}, orders())
	tab := browser.Open(s.url)
	submit(tab)
	for build := 2; build <= 3; build++ {
		s.build(build)
		tab.Until(browsertest.Says(fmt.Sprintf("Build %d is ready. The form that led to this page is not sent again.", build)))
	}
	s.sends(t, "POST /order", 1)

	// Only a tab that asks gets the new page, and by GET.
	tab.Press(".toast .act")
	tab.Until(askedPage)
	s.build(4)
	eventuallyCount(t, s, "GET /order", 2)
	s.sends(t, "POST /order", 1)
}

func eventuallyCount(t *testing.T, s *browserSite, request string, n int) {
	t.Helper()
	deadline := time.After(browsertest.Patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.count(request) < n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the app got %s %d times, want %d; all: %v", request, s.count(request), n, s.heard)
		}
	}
}

// testFormInFrame submits a form in a frame. Neither a reload of the frame nor
// one of the page around it may send the form again.
func testFormInFrame(t *testing.T, browser *browsertest.Browser) {
	app := orders()
	app.HandleFunc("/outer", page(`<iframe name="inner"></iframe><form method="post" action="/order" target="inner"><button id="send">order</button></form>`))
	s := newBrowserSite(t, proxy.Options{}, app)
	tab := browser.Open(s.url + "/outer")
	browsertest.Eval[bool](tab, `(document.querySelector("#send").click(), true)`)
	tab.Until(`frames[0].location.pathname === "/order" && frames[0].document.readyState === "complete"`)
	for build := 2; build <= 3; build++ {
		s.build(build)
		eventuallyCount(t, s, "GET /outer", build)
		tab.Until(ready)
	}
	s.sends(t, "POST /order", 1)
}

// testFormWithoutApp sends a form while no app runs, and gets a status page.
func testFormWithoutApp(t *testing.T, browser *browsertest.Browser) {
	s := newBrowserSite(t, proxy.Options{}, orders())
	tab := browser.Open(s.url)
	s.proxy.Fail(proxy.Page{Phase: "failed", Title: "broken"})
	s.hub.Down(reload.Failed, 2)
	submit(tab)
	tab.Until(`document.body.innerText.includes("does not go on by itself")`)
	s.proxy.Open(s.app)
	s.build(3)
	tab.Until(browsertest.Says("The form that led to this page is not sent again."))
	s.sends(t, "POST /order", 0)
	tab.Press(".toast .act")
	tab.Until(askedPage)
	s.sends(t, "POST /order", 0)
}

// testFormThatFailed has the app answer a form with an error that is not HTML.
func testFormThatFailed(t *testing.T, browser *browsertest.Browser) {
	app := http.NewServeMux()
	app.HandleFunc("/{$}", page(orderForm))
	app.HandleFunc("/order", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no database", 500) })
	s := newBrowserSite(t, proxy.Options{}, app)
	tab := browser.Open(s.url)
	submit(tab)
	s.build(2)
	tab.Until(browsertest.Says("The form that led to this page is not sent again."))
	s.sends(t, "POST /order", 1)
}

// testIsolatedWorker runs a bundle as a worker below a document with an embedder
// policy, and shows the project's page in place of a 404 that has one.
func testIsolatedWorker(t *testing.T, browser *browsertest.Browser) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"index.html":       `<!doctype html><html><head></head><body>routed</body></html>`,
		"static/worker.js": `postMessage("static " + self.crossOriginIsolated)`,
	} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	app := http.NewServeMux()
	isolated := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
			http.SetCookie(w, &http.Cookie{Name: "csrf", Value: "x"})
			next(w, r)
		}
	}
	app.HandleFunc("/app", isolated(page(`<iframe src="/static/index.html"></iframe><script type="module">
		window.heard = [];
		for (const [url, type] of [["/assets/worker.js", "module"], ["/assets/worker.js", "classic"], ["/static/worker.js", "module"]]) {
			const worker = new Worker(url, {type});
			worker.onmessage = ({data}) => heard.push(data);
			worker.onerror = () => heard.push("error");
		}</script>`)))
	app.HandleFunc("/", isolated(http.NotFound))
	s := newBrowserSite(t, proxy.Options{
		HTML: filepath.Join(dir, "index.html"), Mounts: map[string]string{"/static/": filepath.Join(dir, "static")},
	}, app)
	s.proxy.SetAssets(map[string]proxy.Asset{"/assets/worker.js": {
		Contents: []byte(`postMessage("bundle " + self.crossOriginIsolated)`), Type: "text/javascript", Hash: "h",
	}})
	tab := browser.Open(s.url + "/app")
	tab.Until(`heard.length === 3`)
	if got := browsertest.Eval[string](tab, `heard.sort().join()`); got != "bundle true,bundle true,static true" {
		t.Errorf("the workers say %q", got)
	}
	other := browser.Open(s.url + "/some/route")
	other.Until(ready)
	if got := browsertest.Eval[string](other, `[document.body.textContent.trim(), crossOriginIsolated, document.cookie].join()`); got != "routed,true,csrf=x" {
		t.Errorf("the project's page is %q", got)
	}
	other.Quiet()
}

// kept is an app whose parts browsers may cache for a year.
func kept(version *atomic.Int32) *http.ServeMux {
	app := http.NewServeMux()
	part := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Set("Content-Type", kind)
			fmt.Fprintf(w, text, version.Load())
		}
	}
	app.HandleFunc("/{$}", page(`<link rel="stylesheet" href="/site.css"><script src="/site.js"></script><script type="module" src="/module.js"></script>`))
	app.HandleFunc("/site.css", part("text/css", "@import '/import.css'; body { --sheet: %d }"))
	app.HandleFunc("/import.css", part("text/css", "body { --import: %d }"))
	app.HandleFunc("/site.js", part("text/javascript", "window.script = %d"))
	app.HandleFunc("/module.js", part("text/javascript", "import '/deep.js'; window.module = %d"))
	app.HandleFunc("/deep.js", part("text/javascript", "window.deep = %d"))
	return app
}

// shows is an expression for the version of each part that a page of kept shows.
const shows = `[...["--sheet", "--import"].map(name => getComputedStyle(document.body).getPropertyValue(name)), window.script, window.module, window.deep].join()`

func testFreshParts(t *testing.T, browser *browsertest.Browser) {
	var version atomic.Int32
	version.Store(1)
	s := newBrowserSite(t, proxy.Options{}, kept(&version))
	tab := browser.Open(s.url)
	for build := 1; build <= 3; build++ {
		version.Store(int32(build))
		s.build(build)
		tab.Until(fmt.Sprintf(`%s && %s === "%[3]d,%[3]d,%[3]d,%[3]d,%[3]d"`, ready, shows, build))
	}
}

// testKeptBefore starts with copies in the browser's cache from before devtool
// ran.
func testKeptBefore(t *testing.T, browser *browsertest.Browser) {
	var version atomic.Int32
	version.Store(1)
	app := kept(&version)
	s := newBrowserSite(t, proxy.Options{}, app)
	devtool := s.public.Config.Handler
	var without atomic.Bool
	without.Store(true)
	s.public.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if without.Load() {
			app.ServeHTTP(w, r)
			return
		}
		devtool.ServeHTTP(w, r)
	})
	tab := browser.Open(s.url)
	tab.Until(ready + ` && window.deep === 1`)
	without.Store(false)
	tab.Do(chromedp.Navigate(s.url + "/?again"))
	tab.Until(ready + ` && window.deep === 1`)
	version.Store(2)
	s.build(2)
	tab.Until(ready + ` && ` + shows + ` === "2,2,2,2,2"`)
}

// testMountedTwice swaps a style sheet that two mounts have and that the app
// links with a query.
func testMountedTwice(t *testing.T, browser *browsertest.Browser) {
	dir := t.TempDir()
	sheet := func(version int) {
		text := fmt.Sprintf(`body { --version: %d; background: url("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' fill='url(%%23a)'/>"), url('data:image/svg+xml,<svg fill=\'url(%%23b)\'/>') }`, version)
		if err := os.WriteFile(filepath.Join(dir, "a.css"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sheet(1)
	app := http.NewServeMux()
	app.HandleFunc("/{$}", page(`<link rel="stylesheet" href="/one/a.css?v=app&x=a%20b"><link rel="stylesheet" href="/two/a.css?bare">`))
	s := newBrowserSite(t, proxy.Options{Mounts: map[string]string{"/one/": dir, "/two/": dir}}, app)
	tab := browser.Open(s.url)
	const versions = `[...document.styleSheets].map(sheet => sheet.cssRules[0].style.getPropertyValue("--version")).join()`
	tab.Until(ready + ` && ` + versions + ` === "1,1"`)
	for build := 2; build <= 4; build++ {
		sheet(build)
		hash := strconv.Itoa(build)
		s.hub.Update(reload.Update{Build: build, CSS: []reload.Sheet{{URL: "/one/a.css", Hash: hash}, {URL: "/two/a.css", Hash: hash}}})
		tab.Until(fmt.Sprintf(`%s === "%d,%[2]d"`, versions, build))
		want := fmt.Sprintf(`%s/one/a.css?v=app&x=a%%20b&devtool=%d %[1]s/two/a.css?bare&devtool=%[2]d`, s.url, build)
		tab.Until(fmt.Sprintf(`[...document.querySelectorAll("link")].map(link => link.href).join(" ") === %q`, want))
	}
	if got := browsertest.Eval[string](tab, `performance.getEntriesByType("resource").map(entry => entry.name).filter(name => name.includes("%23")).join()`); got != "" {
		t.Errorf("what is inside of a data URI was asked for: %s", got)
	}
	tab.Quiet()
}

// TestMountedTwice checks that every URL of a file in two mounts is found.
func TestMountedTwice(t *testing.T) {
	t.Parallel()
	in := inputs{Statics: []static{{Dir: "/p/static", Prefix: "/a/"}, {Dir: "/p", Prefix: "/b/"}, {Dir: "/q", Prefix: "/c/"}}}
	if got := fmt.Sprint(in.statics("/p/static/x.css")); got != "[/a/x.css /b/static/x.css]" {
		t.Errorf("got %s", got)
	}
}
