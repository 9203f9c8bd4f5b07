package devserver

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// TestBrowser drives a browser through the real proxy and the real hub, with an
// app of each test's own behind them.
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
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser.For(t)) })
	}
}

// browserSite is an app behind a proxy and beside a hub.
type browserSite struct {
	url   string
	proxy *proxy.Proxy
	hub   *reload.Hub
	app   proxy.Target

	mu    sync.Mutex
	heard map[string]int // "POST /order" and how often the app was asked
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
	s.url = public.URL
	s.build(1)
	return s
}

// build tells the tabs of a build for which pages reload.
func (s *browserSite) build(n int) {
	s.hub.Update(reload.Update{Build: n, Phase: reload.Ready, Reload: true, Reason: "main.go"})
}

func (s *browserSite) count(request string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[request]
}

// sends reports that the app was asked n times for request.
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

	// Only who asks gets the new page, and by GET.
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

// testFormInFrame has the frame of a page answer a form: neither its own reload
// nor that of the page around it sends the form again.
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

// testFormWithoutApp sends a form while no app is there, and gets a status page.
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

// testFormThatFailed has the app answer a form with an error that is no HTML.
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
