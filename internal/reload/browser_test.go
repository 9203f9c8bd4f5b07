package reload

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startBrowser starts a Chromium with an empty profile, or skips the test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests are skipped by -short")
	}
	path := os.Getenv("CHROME_PATH")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium: install it or set CHROME_PATH")
		}
		t.Skip("no Chromium: install it or set CHROME_PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(30*time.Second),
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(browser); err != nil {
			t.Errorf("stop the browser: %v", err)
		}
		cancel()
	})
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return browser
}

// TestBrowser runs the client in a real browser, against a real hub.
func TestBrowser(t *testing.T) {
	browser := startBrowser(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context)
	}{
		{"swap", testSwap},
		{"swap burst", testSwapBurst},
		{"swap fails", testSwapFails},
		{"swap import", testSwapImport},
		{"swap policy", testSwapPolicy},
		{"reload", testReload},
		{"reload once", testReloadOnce},
		{"stamped script", testStampedScript},
		{"second tag", testSecondTag},
		{"returns", testReturns},
		{"restart", testRestart},
		{"status pages", testStatusPages},
		{"no refresh", testNoRefresh},
		{"overlay", testOverlay},
		{"overlay keys", testOverlayKeys},
		{"warnings", testWarnings},
		{"runtime errors", testRuntimeErrors},
		{"settings", testSettings},
		{"many problems", testManyProblems},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser) })
	}
}

// browserTab is a tab with a storage of its own.
type browserTab struct {
	ctx context.Context

	mu         sync.Mutex
	complaints []string // errors on the console
}

func openTab(t *testing.T, browser context.Context, url string) *browserTab {
	t.Helper()
	tab := &browserTab{}
	ctx, _ := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.listen))
	tab.ctx = ctx
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("close the tab: %v", err)
		}
	})
	// The target lives as long as the context of its first command.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tab.do(t, chromedp.Navigate(url))
	return tab
}

func (tab *browserTab) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError || strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
			return
		}
		if strings.Contains(e.Entry.Text, "Page entered Back-Forward Cache") {
			return // Chromium's word for a socket that pagehide has begun to close
		}
		text = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.complaints = append(tab.complaints, text)
}

// quiet fails the test if the page has put an error on the console.
func (tab *browserTab) quiet(t *testing.T) {
	t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, text := range tab.complaints {
		t.Errorf("on the console: %s", text)
	}
}

func (tab *browserTab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 3*patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval returns the value of a JavaScript expression, awaited if it is a promise.
func eval[T any](t *testing.T, tab *browserTab, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 3*patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return value
}

// until waits for an expression to become true, also across reloads.
func (tab *browserTab) until(t *testing.T, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 2*patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		// A document that is being replaced cannot be asked; its successor can.
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+script+")"))
		if ok {
			return
		}
		last = err
		select {
		case <-ctx.Done():
			t.Fatalf("never became true: %s (last error: %v; overlay: %q)", script, last, tab.overlayText())
		case <-tick.C:
		}
	}
}

func (tab *browserTab) overlayText() string {
	ctx, cancel := context.WithTimeout(tab.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](overlayText))
	if err != nil {
		return err.Error()
	}
	return text
}

// Expressions on the overlay. A closed part has no boxes, so no text.
const (
	overlayRoot = `document.querySelector("devtool-overlay")?.shadowRoot`
	overlayText = `[...(` + overlayRoot + `?.querySelectorAll(".sheet,.toast,.dot") ?? [])].filter(e => e.checkVisibility()).map(e => e.innerText).join("\n")`
	sheetShown  = overlayRoot + `?.querySelector(".sheet")?.checkVisibility()`
	dotShown    = overlayRoot + `?.querySelector(".dot")?.checkVisibility()`
)

func says(text string) string {
	quoted, _ := json.Marshal(text) // a string always marshals
	return fmt.Sprintf("(%s).includes(%s)", overlayText, quoted)
}

// site is an app and its hub on one loopback port.
type site struct {
	url  string
	acks chan Ack

	mu      sync.Mutex
	hub     *Hub
	pages   map[string]string // path → HTML; "TAG" in it becomes the tag
	sheets  map[string]string // path → CSS
	scripts map[string]string // path → JavaScript
	broken  map[string]bool   // URLs that fail
	served  map[string]int    // path → documents served
	slow    time.Duration     // before a sheet's answer
	pinned  string            // a tag that is served whatever is newer, as a cache would
	options Options
}

func newSite(t *testing.T, options Options) *site {
	t.Helper()
	s := &site{
		acks:    make(chan Ack, 64),
		pages:   map[string]string{},
		sheets:  map[string]string{},
		scripts: map[string]string{},
		broken:  map[string]bool{},
		served:  map[string]int{},
	}
	options.Token = "t"
	options.OnAck = func(a Ack) {
		select {
		case s.acks <- a:
		default: // a test that does not look
		}
	}
	s.options = options
	s.hub = New(options)
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	s.url = server.URL
	t.Cleanup(func() {
		s.close(t)
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

func (s *site) close(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.current().Close(ctx); err != nil {
		t.Error(err)
	}
}

// restart replaces the hub as another run of devtool would; begin tells the
// new one what it starts with before any tab can ask it.
func (s *site) restart(t *testing.T, begin func(*Hub)) {
	t.Helper()
	s.close(t)
	h := New(s.options)
	begin(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hub = h
}

func (s *site) current() *Hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hub
}

func (s *site) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.served[path]
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	hub, tag := s.hub, s.pinned
	html, isPage := s.pages[r.URL.Path]
	css, isSheet := s.sheets[r.URL.Path]
	js, isScript := s.scripts[r.URL.Path]
	broken, slow := s.broken[r.URL.RequestURI()], s.slow
	if isPage {
		s.served[r.URL.Path]++
	}
	s.mu.Unlock()
	if tag == "" {
		tag = hub.Tag()
	}
	w.Header().Set("Cache-Control", "no-cache")
	switch {
	case strings.HasPrefix(r.URL.Path, Prefix):
		hub.Handler().ServeHTTP(w, r)
	case isPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, strings.Replace(html, "TAG", tag, 1))
	case isScript:
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, js)
	case isSheet:
		if slow > 0 {
			select {
			case <-time.After(slow):
			case <-r.Context().Done():
			}
		}
		if broken {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, css)
	default:
		http.NotFound(w, r)
	}
}

// painted waits until a tab says that it shows build.
func (s *site) painted(t *testing.T, build int) Ack {
	t.Helper()
	deadline := time.After(2 * patience)
	for {
		select {
		case a := <-s.acks:
			if a.Build == build {
				return a
			}
		case <-deadline:
			t.Fatalf("no tab has painted build %d", build)
		}
	}
}

func (s *site) joined(t *testing.T, tabs int) {
	t.Helper()
	deadline := time.After(2 * patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.current().Clients() != tabs {
		select {
		case <-deadline:
			t.Fatalf("got %d tabs, want %d", s.current().Clients(), tabs)
		case <-tick.C:
		}
	}
}
