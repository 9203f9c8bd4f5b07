package reload

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
)

// swapPage uses one sheet in four places. A probe records the colours of the
// places in every frame. The sheet sets colour and background, so a frame
// without the sheet, or with a mixture of two, shows. The last rule of the page
// shows whether the sheet has kept its rank in the cascade.
const swapPage = `<!doctype html><html><head>TAG
<title>swap</title>
<link rel="stylesheet" href="/app.css" id="main" nonce="n1">
<link rel="stylesheet" href="/app.css?theme=1" media="(min-width: 1px)">
<link rel="stylesheet" href="/nested.css">
<link rel="stylesheet" href="/nothing/app.css">
<style>.rank { color: rgb(9, 9, 9) }</style>
<script>
  window.mark = {};
  window.original = document.getElementById("main");
  window.frames_ = [];
  addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector("#host").attachShadow({mode: "open"});
    root.innerHTML = '<link rel="stylesheet" href="/app.css"><p class="probe">shadow</p>';
    root.querySelector("link").onload = () => {
      const probes = [document.querySelector(".probe"), root.querySelector(".probe")];
      const look = () => {
        const seen = probes.map(p => { const s = getComputedStyle(p); return s.color + " " + s.backgroundColor; });
        seen.push(getComputedStyle(document.querySelector(".rank")).color);
        const text = seen.join(" | ");
        if (frames_.at(-1) !== text) frames_.push(text);
        requestAnimationFrame(look);
      };
      look();
    };
  });
</script></head>
<body><p class="probe">text</p><p class="rank">rank</p><div id="host"></div></body></html>`

func swapSheet(n int) string {
	return fmt.Sprintf(".probe { color: rgb(%d, 0, 0); background-color: rgb(0, 0, %d) } .rank { color: rgb(1, 1, 1) }", n, n)
}

// frames is what the probe records for version n of the sheet.
func frames(n int) string {
	one := fmt.Sprintf("rgb(%d, 0, 0) rgb(0, 0, %d)", n, n)
	return one + " | " + one + " | rgb(9, 9, 9)"
}

func update(build int, path string, inline bool, s *site) Update {
	hash := fmt.Sprint("h", build)
	sheet := Sheet{URL: path, Hash: hash}
	if inline {
		sheet.Source = s.sheets[path]
	}
	return Update{Build: build, CSS: []Sheet{sheet}}
}

func newSwapSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = swapPage
	s.sheets["/app.css"] = swapSheet(1)
	s.sheets["/nested.css"] = `@import "/inner.css"; .outer {}`
	s.sheets["/inner.css"] = ".inner { color: rgb(1, 1, 1) }"
	s.sheets["/nothing/app.css"] = ".nothing {}"
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true, CSSHashes: map[string]string{"/app.css": "h1"}})
	return s
}

// settled is an expression: no stand-in is left and every link has loaded.
const settled = `document.querySelectorAll("link[rel=stylesheet], style").length === 5 && !document.querySelector('[media="not all"]')`

func testSwap(t *testing.T, browser *browsertest.Browser) {
	for _, inline := range []bool{false, true} {
		t.Run(fmt.Sprintf("inline=%v", inline), func(t *testing.T) {
			s := newSwapSite(t)
			tab := browser.Open(s.url)
			s.joined(t, 1)
			tab.Until("frames_.length === 1")
			browsertest.Eval[bool](tab, "window.mark.kept = true")
			s.set(func() { s.slow = 40 * time.Millisecond }) // a flash would last

			want := []string{frames(1)}
			for n := 2; n <= 4; n++ {
				s.set(func() { s.sheets["/app.css"] = swapSheet(n) })
				s.hub.Update(update(n, "/app.css", inline, s))
				ack := s.painted(t, n)
				t.Logf("build %d: painted after %v", n, ack.Took)
				tab.Until(settled)
				want = append(want, frames(n))
			}
			if got := browsertest.Eval[[]string](tab, "frames_"); !slices.Equal(got, want) {
				t.Errorf("frames showed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for _, check := range []string{
				"mark.kept",
				`original === document.getElementById("main")`,
				`original.nonce === "n1"`,
				`original.href.endsWith("/app.css?devtool=h4")`,
				`!original.hasAttribute("media")`,
				`document.querySelector('[href="/nothing/app.css"]')`,
				`document.querySelector('[href$="/app.css?theme=1&devtool=h4"]').media === "(min-width: 1px)"`,
			} {
				if !browsertest.Eval[bool](tab, "Boolean("+check+")") {
					t.Errorf("not so: %s", check)
				}
			}
			tab.Quiet()
			if n := s.count("/"); n != 1 {
				t.Errorf("the page was loaded %d times", n)
			}
		})
	}
}

// testSwapBurst saves faster than sheets load, and at the moment they load.
func testSwapBurst(t *testing.T, browser *browsertest.Browser) {
	const slow = 30 // ms
	for name, pause := range map[string]func(n int) int{
		"faster":  func(n int) int { return n % 4 * 12 },
		"in step": func(n int) int { return slow - 4 + n%16 },
	} {
		t.Run(name, func(t *testing.T) { burst(t, browser, slow*time.Millisecond, pause) })
	}
}

func burst(t *testing.T, browser *browsertest.Browser, slow time.Duration, pause func(n int) int) {
	s := newSwapSite(t)
	tab := browser.Open(s.url)
	s.joined(t, 1)
	tab.Until("frames_.length === 1")
	s.set(func() { s.slow = slow })
	const last = 50
	for n := 2; n <= last; n++ {
		s.set(func() { s.sheets["/app.css"] = swapSheet(n) })
		s.hub.Update(update(n, "/app.css", n%3 != 0, s))
		browsertest.Eval[int](tab, fmt.Sprintf("new Promise(r => setTimeout(() => r(0), %d))", pause(n)))
	}
	s.painted(t, last)
	tab.Until(settled)
	got := browsertest.Eval[[]string](tab, "frames_")
	if got[len(got)-1] != frames(last) {
		t.Errorf("ends with %s, want %s", got[len(got)-1], frames(last))
	}
	// The page may skip versions, and the four places may show neighbouring ones
	// in a frame. No place may be without styles, or go back to an older version.
	seen := 0
	for _, f := range got {
		var a, b, c, d int
		if _, err := fmt.Sscanf(f, "rgb(%d, 0, 0) rgb(0, 0, %d) | rgb(%d, 0, 0) rgb(0, 0, %d) | rgb(9, 9, 9)", &a, &b, &c, &d); err != nil {
			t.Errorf("an unstyled frame: %s", f)
		}
		if a != b || c != d || a < seen {
			t.Errorf("a mixed or older frame: %s after version %d", f, seen)
		}
		seen = a
	}
	tab.Quiet()
}

// testSwapFails keeps the old sheet when the new one does not load.
func testSwapFails(t *testing.T, browser *browsertest.Browser) {
	s := newSwapSite(t)
	tab := browser.Open(s.url)
	s.joined(t, 1)
	tab.Until("frames_.length === 1")
	s.set(func() {
		s.sheets["/app.css"] = swapSheet(3)
		s.broken["/app.css?devtool=h2"], s.broken["/app.css?theme=1&devtool=h2"] = true, true
	})
	failed := browsertest.Eval[bool](tab, `(() => { const warn = console.warn; window.failed = new Promise(r => console.warn = (...a) => { warn(...a); r(a.join()); }); return true })()`)
	s.hub.Update(update(2, "/app.css", false, s))
	if warning := browsertest.Eval[string](tab, "window.failed"); !failed || !strings.Contains(warning, "/app.css") {
		t.Errorf("got warning %q", warning)
	}
	tab.Until(settled)
	s.hub.Update(update(3, "/app.css", false, s))
	s.painted(t, 3)
	tab.Until(settled)
	if got, want := browsertest.Eval[[]string](tab, "frames_"), []string{frames(1), frames(3)}; !slices.Equal(got, want) {
		t.Errorf("frames showed %q, want %q", got, want)
	}
}

// testSwapImport swaps the sheet that imports the changed one.
func testSwapImport(t *testing.T, browser *browsertest.Browser) {
	s := newSwapSite(t)
	s.pages["/"] = strings.Replace(swapPage, "</body>", `<p class="inner">inner</p></body>`, 1)
	tab := browser.Open(s.url)
	s.joined(t, 1)
	const colour = `getComputedStyle(document.querySelector(".inner")).color`
	tab.Until(colour + ` === "rgb(1, 1, 1)"`)
	s.set(func() { s.sheets["/inner.css"] = ".inner { color: rgb(2, 2, 2) }" })
	s.hub.Update(update(2, "/inner.css", true, s))
	s.painted(t, 2)
	if got := browsertest.Eval[string](tab, colour); got != "rgb(2, 2, 2)" {
		t.Errorf("got %s", got)
	}
	tab.Until(settled)
	if n := s.count("/"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
	tab.Quiet()
}

// testSwapPolicy paints through the link where inline styles are forbidden.
func testSwapPolicy(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'">TAG
<link rel="stylesheet" href="/app.css"><p class="probe">text</p>`
	s.sheets["/app.css"] = swapSheet(1)
	s.hub.Update(Update{Build: 1, Reload: true, CSSHashes: map[string]string{"/app.css": "h1"}})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.set(func() { s.sheets["/app.css"] = swapSheet(2) })
	s.hub.Update(update(2, "/app.css", true, s))
	s.painted(t, 2)
	if got := browsertest.Eval[string](tab, `getComputedStyle(document.querySelector(".probe")).color`); got != "rgb(2, 0, 0)" {
		t.Errorf("got %s", got)
	}
}
