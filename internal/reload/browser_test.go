package reload

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/routes"
)

// TestBrowser runs the client in a real browser, against a real hub.
func TestBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *browsertest.Browser)
	}{
		{"swap", testSwap},
		{"swap burst", testSwapBurst},
		{"swap fails", testSwapFails},
		{"swap import", testSwapImport},
		{"swap policy", testSwapPolicy},
		{"reload", testReload},
		{"reload once", testReloadOnce},
		{"second tag", testSecondTag},
		{"returns", testReturns},
		{"restart", testRestart},
		{"restart cached", testRestartCached},
		{"gap", testGap},
		{"many tabs", testManyTabs},
		{"tab opens a tab", testOpenedTab},
		{"reload storm", testReloadStorm},
		{"status pages", testStatusPages},
		{"status page again", testStatusPageAgain},
		{"no refresh", testNoRefresh},
		{"hidden", testHidden},
		{"overlay", testOverlay},
		{"overlay keys", testOverlayKeys},
		{"warnings", testWarnings},
		{"runtime errors", testRuntimeErrors},
		{"settings", testSettings},
		{"many problems", testManyProblems},
		{"patch", testPatch},
		{"patch to old scripts", testPatchToOldScripts},
		{"patch to new scripts", testPatchToNewScripts},
		{"patch for who imports", testPatchAccepted},
		{"patch for what comes late", testPatchLate},
		{"patch hidden", testPatchHidden},
		{"patch doubted", testPatchDoubted},
		{"patch without runtime", testPatchWithoutRuntime},
		{"patches without end", testPatchesWithoutEnd},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser.For(t)) })
	}
}

// site is an app and its hub on one loopback port.
type site struct {
	url  string
	acks chan Ack

	mu      sync.Mutex
	hub     *Hub
	pages   map[string]string // path → HTML; "TAG" in it becomes the tag
	sheets  map[string]string // path → CSS
	broken  map[string]bool   // URLs that fail
	served  map[string]int    // path → documents served
	slow    time.Duration     // before a sheet's answer
	pinned  string            // a tag to serve always, as a cache would
	options Options

	before func(path string) // called before a request is answered, or nil; set before the first
}

func newSite(t *testing.T, options Options) *site {
	t.Helper()
	s := &site{
		acks:   make(chan Ack, 64),
		pages:  map[string]string{},
		sheets: map[string]string{},
		broken: map[string]bool{},
		served: map[string]int{},
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
	ctx, cancel := context.WithTimeout(context.Background(), browsertest.Patience)
	defer cancel()
	if err := s.current().Close(ctx); err != nil {
		t.Error(err)
	}
}

// restart replaces the hub, as another run of devtool does. It calls begin with
// the new hub before a tab can reach it.
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
	if s.before != nil {
		s.before(r.URL.Path)
	}
	s.mu.Lock()
	hub, tag := s.hub, s.pinned
	html, isPage := s.pages[r.URL.Path]
	css, isSheet := s.sheets[r.URL.Path]
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
	case strings.HasPrefix(r.URL.Path, routes.Prefix):
		hub.Handler().ServeHTTP(w, r)
	case isPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, strings.Replace(html, "TAG", tag, 1))
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
	deadline := time.After(browsertest.Patience)
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
	deadline := time.After(browsertest.Patience)
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
