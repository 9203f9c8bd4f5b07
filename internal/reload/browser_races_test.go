package reload

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/routes"
)

// plainPage shows one sheet, and counts how often it was loaded.
const plainPage = `<!doctype html><html><head>TAG<title>plain</title><link rel="stylesheet" href="/app.css"><script>
	window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1);
</script></head><body><p class="probe">text</p></body></html>`

func newPlainSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = plainPage
	s.pages["/other"] = `<!doctype html><title>other</title>TAG`
	s.sheets["/app.css"] = swapSheet(1)
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true, App: "app-1", CSSHashes: map[string]string{"/app.css": "h1"}})
	return s
}

// coloured is whether the page shows version n of the sheet.
func coloured(n int) string {
	return fmt.Sprintf(`location.pathname === "/" && document.querySelector(".probe") && getComputedStyle(document.querySelector(".probe")).color === "rgb(%d, 0, 0)"`, n)
}

// testManyTabs has fifty tabs reload, once each, and swap.
func testManyTabs(t *testing.T, browser *browsertest.Browser) {
	const many = 50
	s := newPlainSite(t)
	s.pages["/other"] = "<!doctype html>" // without the client: it stays, and tells of the others
	first := browser.Open(s.url + "/other")
	browsertest.Eval[bool](first, fmt.Sprintf(`(window.tabs = Array.from({length: %d}, () => open("/", "_blank", "popup")), true)`, many))
	s.joined(t, many)
	all := func(what string) {
		first.Until(`tabs.every(tab => tab.document.readyState === "complete" && tab.document.querySelector(".probe") && (` + what + `))`)
	}
	s.hub.Update(Update{Build: 2, Phase: Ready, Reload: true})
	all(`tab.document.querySelector('script[data-build="2"]')`)
	s.joined(t, many)
	s.set(func() { s.sheets["/app.css"] = swapSheet(3) })
	s.hub.Update(update(3, "/app.css", true, s))
	all(`tab.getComputedStyle(tab.document.querySelector(".probe")).color === "rgb(3, 0, 0)"`)
	if n := s.count("/"); n != 2*many {
		t.Errorf("%d documents were asked for, want two for each of %d tabs", n, many)
	}
	// If the test ended before they are closed, Chromium might hang in cleaning up.
	browsertest.Eval[bool](first, `(tabs.forEach(tab => tab.close()), true)`)
	first.Until(`tabs.every(tab => tab.closed)`)
	s.joined(t, 0)
	first.Quiet()
}

// testOpenedTab has a tab open another, which begins with a copy of its session
// storage, and reloads both: each keeps a name of its own.
func testOpenedTab(t *testing.T, browser *browsertest.Browser) {
	pages := make(chan Page, 64)
	s := newSite(t, Options{Features: everything, OnPage: func(p Page) { pages <- p }})
	s.pages["/"], s.pages["/opened"] = plainPage, plainPage
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true, App: "app-1"})
	shown := func(path string) Page {
		t.Helper()
		deadline := time.After(browsertest.Patience)
		for {
			select {
			case p := <-pages:
				if strings.HasSuffix(p.URL, path) {
					return p
				}
			case <-deadline:
				t.Fatalf("no tab shows %s", path)
			}
		}
	}
	tab := browser.Open(s.url)
	first := shown("/")
	browsertest.Eval[bool](tab, `(opened = open("/opened", "_blank", "popup"), true)`)
	opened := shown("/opened")
	if opened.Tab == first.Tab {
		t.Errorf("the tab that was opened has the name of the one that opened it, %q", first.Tab)
	}
	browsertest.Eval[bool](tab, `(opened.location.reload(), true)`)
	if again := shown("/opened"); again.Tab != opened.Tab || again.ID == opened.ID {
		t.Errorf("opened tab reloaded: %+v, was %+v", again, opened)
	}
	tab.Do(chromedp.Reload())
	if again := shown("/"); again.Tab != first.Tab || again.ID == first.ID {
		t.Errorf("first tab reloaded: %+v, was %+v", again, first)
	}
}

// testGap has a build land after the page was fetched and before its socket
// opens.
func testGap(t *testing.T, browser *browsertest.Browser) {
	for _, c := range []struct {
		name  string
		build func(*site)
		loads int
	}{
		{"sheet", func(s *site) { s.current().Update(update(2, "/app.css", false, s)) }, 1},
		{"page", func(s *site) { s.current().Update(Update{Build: 2, Phase: Ready, Reload: true}) }, 2},
		{"run", func(s *site) { // devtool was stopped and started
			h := New(s.options)
			h.Update(Update{Build: 1, Phase: Ready, Reload: true, App: "app-1", CSSHashes: map[string]string{"/app.css": "h2"}})
			s.set(func() { s.hub = h })
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newPlainSite(t)
			var once sync.Once
			s.before = func(path string) {
				if path == routes.Prefix+"ws" {
					once.Do(func() {
						s.set(func() { s.sheets["/app.css"] = swapSheet(2) })
						c.build(s)
					})
				}
			}
			tab := browser.For(t).Open(s.url)
			tab.Until(coloured(2))
			tab.Until(fmt.Sprintf("loads === %d && document.readyState === 'complete'", c.loads))
			s.joined(t, 1)
			s.set(func() { s.sheets["/app.css"] = swapSheet(3) })
			s.current().Update(update(3, "/app.css", true, s))
			tab.Until(coloured(3))
			if n := s.count("/"); n != c.loads {
				t.Errorf("the page was loaded %d times, want %d", n, c.loads)
			}
			tab.Quiet()
		})
	}
}

// testRestartCached restarts devtool while a page is in the back/forward cache.
func testRestartCached(t *testing.T, browser *browsertest.Browser) {
	for _, app := range []string{"app-1", "app-2"} {
		t.Run(app, func(t *testing.T) {
			s := newPlainSite(t)
			tab := browser.For(t).Open(s.url)
			s.joined(t, 1)
			tab.Do(chromedp.Navigate(s.url + "/other"))
			s.set(func() { s.sheets["/app.css"] = swapSheet(2) })
			s.restart(t, func(h *Hub) {
				h.Update(Update{Build: 1, Phase: Ready, Reload: true, App: app, CSSHashes: map[string]string{"/app.css": "h2"}})
			})
			// The other page cannot know what it was made from: it reloads.
			tab.Until(`document.readyState === "complete"`)
			tab.Back()
			tab.Until(coloured(2))
			s.joined(t, 1)
			if app == "app-2" {
				tab.Until("loads === 2")
			}
			if n := s.count("/"); n > 2 || app == "app-2" && n != 2 {
				t.Errorf("the page was loaded %d times", n)
			}
		})
	}
}

// testReloadStorm changes faster than tabs reload: a tab may leave builds out,
// and never needs more than one load for each.
func testReloadStorm(t *testing.T, browser *browsertest.Browser) {
	s := newPlainSite(t)
	s.pages["/"] = strings.Replace(plainPage, "text", `<i id="version">1</i>`, 1)
	tab := browser.Open(s.url)
	s.joined(t, 1)
	const last = 12
	for n := 2; n <= last; n++ {
		s.set(func() { s.pages["/"] = strings.Replace(plainPage, "text", fmt.Sprintf(`<i id="version">%d</i>`, n), 1) })
		s.hub.Update(Update{Build: n, Phase: Ready, Reload: true})
	}
	tab.Until(fmt.Sprintf(`document.querySelector("#version")?.innerText === "%d" && document.readyState === "complete"`, last))
	s.joined(t, 1)
	if n := s.count("/"); n > last {
		t.Errorf("the page was loaded %d times for %d builds", n, last)
	}
	if text := browsertest.Eval[string](tab, browsertest.OverlayText); text != "" {
		t.Errorf("the overlay says %q", text)
	}
}
