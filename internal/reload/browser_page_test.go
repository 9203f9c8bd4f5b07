package reload

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/problem"
)

// formPage has fields that are kept over a reload and fields that are not,
// something to scroll inside something to scroll, and says what was loaded.
const formPage = `<!doctype html><html><head>TAG<title>form</title></head>
<body style="height: 4000px">
<form><input id="name"><input name="title"><textarea></textarea>
<input type="checkbox" id="check"><select id="pick"><option>a</option><option>b</option></select>
<input type="password" id="secret"><input id="off" autocomplete="off"><input id="untouched" value="fresh">
</form>
<div id="outer" style="height: 100px; overflow: auto"><div style="height: 900px"><div class="inner" style="height: 50px; overflow: auto"><div style="height: 700px"></div></div></div></div>
<script>
  window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1);
  addEventListener("devtool:beforereload", (event) => { sessionStorage.told = JSON.stringify(event.detail); });
</script>
</body></html>`

func testReload(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = formPage
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)

	for selector, text := range map[string]string{
		"#name": "Ada", "[name=title]": "Countess", "textarea": "two\nlines", "#secret": "hunter2", "#off": "no",
	} {
		tab.Do(chromedp.SendKeys(selector, text))
	}
	tab.Do(chromedp.Click("#check"))
	tab.Do(chromedp.SendKeys("#pick", "b"))
	browsertest.Eval[bool](tab, `(() => {
		untouched.value = "set by the page";
		document.querySelector("#outer").scrollTop = 120;
		document.querySelector(".inner").scrollTop = 60;
		scrollTo(0, 700);
		document.querySelector("#name").focus({preventScroll: true});
		document.querySelector("#name").setSelectionRange(1, 2);
		return true })()`)

	s.hub.Update(Update{Build: 2, Phase: Ready, Reload: true, Reason: "main.go"})
	tab.Until("loads === 2 && document.readyState === 'complete'")
	if ack := s.painted(t, 2); ack.Took <= 0 {
		t.Errorf("got %v from word to paint", ack.Took)
	}
	for _, want := range []string{
		`document.querySelector("#name").value === "Ada"`,
		`document.querySelector("[name=title]").value === "Countess"`,
		`document.querySelector("textarea").value === "two\nlines"`,
		`document.querySelector("#check").checked`,
		`document.querySelector("#pick").value === "b"`,
		`document.querySelector("#secret").value === ""`,
		`document.querySelector("#off").value === ""`,
		`document.querySelector("#untouched").value === "fresh"`,
		`Math.abs(scrollY - 700) < 2`,
		`document.querySelector("#outer").scrollTop === 120`,
		`document.querySelector(".inner").scrollTop === 60`,
		`document.activeElement.id === "name" && document.activeElement.selectionStart === 1 && document.activeElement.selectionEnd === 2`,
		`JSON.parse(sessionStorage.told).build === 2`,
		`!Object.values(sessionStorage).some(text => text.includes("hunter2"))`,
		`sessionStorage.getItem("devtool:place") === null`,
	} {
		tab.Until(want)
	}
	tab.Quiet()
}

// testReloadOnce has a cache that always answers with the old page. The client
// reloads once for each build, and then says so.
func testReloadOnce(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = formPage
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.set(func() { s.pinned = s.hub.Tag() })
	for n := 2; n <= 3; n++ {
		s.hub.Update(Update{Build: n, Phase: Ready, Reload: true})
		tab.Until(browsertest.Says(fmt.Sprintf("Build %d is ready, but this page is still an older one", n)))
		if got := s.count("/"); got != n {
			t.Errorf("build %d: the page was loaded %d times, want %d", n, got, n)
		}
	}
}

// testSecondTag runs the tag again, as libraries do that replace the content of
// a page and run its scripts.
func testSecondTag(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = `<!doctype html><html><head>TAG</head><body>app</body></html>`
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	browsertest.Eval[bool](tab, `new Promise(resolve => {
		const again = document.createElement("script");
		again.src = document.querySelector("script").src;
		Object.assign(again.dataset, document.querySelector("script").dataset, {seq: 0});
		again.onload = () => resolve(true);
		document.body.append(again) })`)
	browsertest.Eval[bool](tab, `(document.documentElement.replaceChild(document.createElement("body"), document.body), true)`)
	s.hub.Errors(problems())
	s.hub.Phase(Failed, 2)
	tab.Until(browsertest.PanelShown)
	if n := s.hub.Clients(); n != 1 {
		t.Errorf("got %d clients, want 1", n)
	}
	if n := browsertest.Eval[int](tab, `document.querySelectorAll("devtool-overlay").length`); n != 1 {
		t.Errorf("got %d overlays, want 1", n)
	}
	tab.Quiet()
}

// testReturns goes away from a page and comes back to it, whether the
// browser kept it alive or not, and thaws one that was frozen over builds.
func testReturns(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = `<!doctype html><html><head>TAG<link rel="stylesheet" href="/app.css"><script>
		window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1);
		addEventListener("pageshow", (event) => { window.persisted = event.persisted; });
	</script></head><body><p class="probe">text</p></body></html>`
	s.pages["/other"] = `<!doctype html><title>other</title>TAG`
	s.sheets["/app.css"] = swapSheet(1)
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true, CSSHashes: map[string]string{"/app.css": "h1"}})
	tab := browser.Open(s.url + "/")
	s.joined(t, 1)
	tab.Until(coloured(1))

	tab.Do(chromedp.Navigate(s.url + "/other"))
	s.joined(t, 1) // the page in the cache has closed its socket
	s.set(func() { s.sheets["/app.css"] = swapSheet(2) })
	s.hub.Update(update(2, "/app.css", false, s))
	tab.Back()
	tab.Until(coloured(2))
	t.Logf("after a sheet: from the back/forward cache: %v", browsertest.Eval[bool](tab, "persisted"))

	loads := browsertest.Eval[int](tab, "loads")
	tab.Do(chromedp.Navigate(s.url + "/other"))
	s.hub.Update(Update{Build: 3, Phase: Ready, Reload: true})
	tab.Until(`document.querySelector('script[data-build="3"]') && document.readyState === "complete"`)
	tab.Back()
	tab.Until(fmt.Sprintf(`location.pathname === "/" && loads > %d && document.currentScript === null && document.querySelector('script[data-build="3"]')`, loads))
	s.joined(t, 1)

	tab.Freeze()
	for n := 4; n <= 6; n++ {
		s.set(func() { s.sheets["/app.css"] = swapSheet(n) })
		s.hub.Update(update(n, "/app.css", false, s))
	}
	tab.Thaw()
	tab.Until(coloured(6))
	tab.Quiet()
}

// testRestart replaces the hub, as a restart of devtool does.
func testRestart(t *testing.T, browser *browsertest.Browser) {
	s := newSwapSite(t)
	first := Update{
		Build: 1, Phase: Ready, Reload: true, App: "app-1",
		CSSHashes: map[string]string{"/app.css": "h1"}, JSHashes: map[string]string{"/main.js": "j1"},
	}
	s.hub.Update(first)
	tab := browser.Open(s.url)
	s.joined(t, 1)
	tab.Until("frames_.length === 1")
	browsertest.Eval[bool](tab, "mark.kept = true")

	// The same content: the tab comes back and nothing else happens.
	s.restart(t, func(*Hub) {})
	s.joined(t, 1) // before the first build of the new run
	s.current().Update(first)

	// Another sheet: swapped.
	s.set(func() { s.sheets["/app.css"] = swapSheet(2) })
	s.restart(t, func(h *Hub) {
		second := first
		second.CSSHashes = map[string]string{"/app.css": "h2"}
		h.Update(second)
	})
	tab.Until(fmt.Sprintf("frames_.at(-1) === %q", frames(2)))
	if !browsertest.Eval[bool](tab, "mark.kept") || s.count("/") != 1 {
		t.Errorf("the page was loaded %d times, want once", s.count("/"))
	}
	// A sheet later in the same run, which numbers from 1 again.
	s.set(func() { s.sheets["/app.css"] = swapSheet(3) })
	s.current().Update(update(3, "/app.css", true, s))
	tab.Until(fmt.Sprintf("frames_.at(-1) === %q", frames(3)))
	if s.count("/") != 1 {
		t.Errorf("the page was loaded %d times, want once", s.count("/"))
	}

	// Another app: reloaded.
	s.restart(t, func(h *Hub) {
		third := first
		third.App = "app-2"
		h.Update(third)
	})
	tab.Until("!window.mark?.kept && window.frames_?.length > 0")
	if n := s.count("/"); n != 2 {
		t.Errorf("the page was loaded %d times, want twice", n)
	}

	// The page says that devtool is away, until it is back.
	s.joined(t, 1)
	s.close(t)
	tab.Until(browsertest.Says("devtool is away"))
	s.restart(t, func(h *Hub) { h.Update(first) })
	tab.Until("!" + browsertest.Says("devtool is away"))
}

// testStatusPages opens a tab while there is no app.
func testStatusPages(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	show := func(kind, text string) {
		s.set(func() {
			s.pages["/"] = fmt.Sprintf(`<!doctype html><html><head>TAG<meta name="devtool-page" content="%s"></head><body>%s</body></html>`, kind, text)
		})
	}
	show("building", "building 1")
	s.hub.Phase(Building, 1)
	tab := browser.Open(s.url)
	s.joined(t, 1)

	broken := []problem.Problem{{Source: problem.Go, Severity: problem.Error, File: "main.go", Line: 1, Column: 1, Text: "first"}}
	show("failed", "failed 1")
	s.hub.Errors(broken)
	s.hub.Phase(Failed, 1)
	tab.Until(`document.body.innerText.includes("failed 1")`)
	tab.Until(browsertest.PanelShown)
	if !browsertest.Eval[bool](tab, `document.querySelector("devtool-overlay").hasAttribute("data-full")`) {
		t.Error("the panel does not cover the page although there is no app")
	}

	s.hub.Phase(Building, 2)
	show("failed", "failed 2")
	s.hub.Phase(Failed, 2)
	tab.Until(`document.body.innerText.includes("failed 2")`)

	s.hub.Phase(Building, 3)
	s.set(func() { s.pages["/"] = `<!doctype html><html><head>TAG</head><body>the app</body></html>` })
	s.hub.Errors(nil)
	s.hub.Update(Update{Build: 3, Phase: Ready, Reload: true})
	tab.Until(`document.body?.innerText.includes("the app")`)
	s.joined(t, 1)
	if n := s.count("/"); n != 4 {
		t.Errorf("documents served: %d, want 4: one for each state", n)
	}
	if browsertest.Eval[bool](tab, "Boolean("+browsertest.PanelShown+")") {
		t.Error("the panel is still there")
	}
	tab.Quiet()
}

// testStatusPageAgain has an app that runs but fails to answer for this page.
// The client reloads once, and then says so.
func testStatusPageAgain(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = `<!doctype html><html><head>TAG<meta name="devtool-page" content="failed"></head><body>did not answer</body></html>`
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	tab.Until(browsertest.Says("The app is running, but a reload led to this page again."))
	if n := s.count("/"); n != 2 {
		t.Errorf("the page was loaded %d times, want twice", n)
	}
}

// testNoRefresh offers a reload and does not do it.
func testNoRefresh(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: Features{Overlay: true, Indicator: true, Runtime: true}})
	s.pages["/"] = formPage
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.hub.Update(Update{Build: 2, Phase: Ready, Reload: true})
	tab.Until(browsertest.Says("Build 2 is ready."))
	if n := s.count("/"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
	tab.Press(".toast .act")
	tab.Until("loads === 2")
}

// testHidden reloads a hidden page once it is visible, and a page that asks for
// time once the person says so. Headless tabs are never hidden, so this one
// pretends to be.
func testHidden(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = formPage
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	show := func(hidden bool) {
		browsertest.Eval[bool](tab, fmt.Sprintf(`(Object.defineProperty(document, "hidden", {value: %v, configurable: true}), document.dispatchEvent(new Event("visibilitychange")))`, hidden))
	}
	show(true)
	s.hub.Update(Update{Build: 2, Phase: Ready, Reload: true})
	s.hub.Errors(problems()[:1]) // messages arrive in order, so a tab that shows it has heard of the build
	tab.Until(browsertest.DotShown)
	if n := s.count("/"); n != 1 {
		t.Errorf("a hidden page was loaded %d times", n)
	}
	show(false)
	tab.Until("loads === 2 && document.readyState === 'complete'")
	s.painted(t, 2)

	browsertest.Eval[bool](tab, `(addEventListener("devtool:beforereload", (event) => event.preventDefault()), true)`)
	s.hub.Update(Update{Build: 3, Phase: Ready, Reload: true})
	tab.Until(browsertest.Says("Build 3 is ready."))
	if n := s.count("/"); n != 2 {
		t.Errorf("a page that asked for time was loaded %d times", n)
	}
	tab.Press(".toast .act")
	tab.Until("loads === 3")
}
