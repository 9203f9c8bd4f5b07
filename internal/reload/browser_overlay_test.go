package reload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/problem"
)

const appPage = `<!doctype html><html lang="en"><head>TAG<title>Calendar</title><meta name="viewport" content="width=device-width">
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui; }
  * { letter-spacing: .02em; border-radius: 0 !important; --surface: red; --text: red; }
  body { margin: 0; display: grid; grid-template-columns: repeat(7, 1fr); gap: 1px; background: #8883; min-height: 100vh; }
  div { background: Canvas; padding: 8px; min-height: 110px; } input { width: 90%; }
</style></head><body><script>
  for (let i = 1; i <= 35; i++) document.body.append(Object.assign(document.createElement("div"), {textContent: i}));
  document.body.children[4].append(document.createElement("input"));
</script></body></html>`

func problems() []problem.Problem {
	return []problem.Problem{
		{
			Source: problem.Go, Severity: problem.Error, File: "api/month.go", Line: 41, Column: 7, Text: "undefined: monthStart",
			Excerpt: []problem.ExcerptLine{
				{Number: 39, Text: "// month renders one month."}, {Number: 40, Text: "func month(w http.ResponseWriter, r *http.Request) {"},
				{Number: 41, Text: "\tt := monthStart(r)"}, {Number: 42, Text: "\trender(w, \"month.html\", t)"}, {Number: 43, Text: "}"},
			},
		},
		{
			Source: problem.ESBuild, Severity: problem.Error, File: "web/src/main.ts", Line: 3, Column: 24,
			Text:    `Could not resolve "./calender"` + "\n<img src=x onerror=alert(1)> <b>stays text</b>",
			Notes:   []string{`Did you mean "./calendar"?`},
			Excerpt: []problem.ExcerptLine{{Number: 2, Text: ""}, {Number: 3, Text: `import { render } from "./calender";`}, {Number: 4, Text: "const 月 = render(document.body);"}},
		},
		{
			Source: problem.Crash, Severity: problem.Error, File: "api/day.go", Line: 12, Column: 0,
			Text:   "panic: runtime error: index out of range [3] with length 2",
			Frames: []problem.Frame{{Function: "main.day", File: "api/day.go", Line: 12}, {Function: "main.(*server).ServeHTTP", File: "api/server.go", Line: 88}},
		},
		{Source: problem.TSC, Severity: problem.Warning, File: "web/src/ui.ts", Line: 9, Column: 3, Text: "'n' is declared but its value is never read."},
	}
}

func newAppSite(t *testing.T, options Options) *site {
	t.Helper()
	s := newSite(t, options)
	s.pages["/"] = appPage
	s.hub.Update(Update{Build: 11, Phase: Ready, Reload: true})
	return s
}

// testOverlay breaks a build under an open tab and opens a later one.
func testOverlay(t *testing.T, browser *browsertest.Browser) {
	s := newAppSite(t, Options{Features: everything})
	early := browser.Open(s.url)
	s.joined(t, 1)
	early.Do(chromedp.Focus("input"))

	s.hub.Phase(Building, 12)
	early.Until(browsertest.ProgressShown)
	s.hub.Errors(problems())
	early.Until(browsertest.DotShown) // at once, while the build still runs
	if browsertest.Eval[bool](early, browsertest.PanelShown) {
		t.Error("the panel is shown while a build runs")
	}
	s.hub.Phase(Failed, 12)
	early.Until(browsertest.PanelShown)
	late := browser.Open(s.url)
	late.Until(browsertest.PanelShown)

	for _, tab := range []*browsertest.Tab{early, late} {
		text := browsertest.Eval[string](tab, browsertest.OverlayText)
		for _, want := range []string{"Go", "api/month.go:41:7", "undefined: monthStart", "monthStart(r)", "1 of 4", "The app keeps running."} {
			if !strings.Contains(text, want) {
				t.Errorf("the panel does not say %q:\n%s", want, text)
			}
		}
		// The page above the panel is usable, and the panel is at the bottom.
		if !browsertest.Eval[bool](tab, `document.elementFromPoint(20, 20).localName === "div" && `+browsertest.OverlayRoot+`.querySelector(".panel").getBoundingClientRect().top > innerHeight * 0.4`) {
			t.Error("the panel covers the page")
		}
	}
	if got := browsertest.Eval[string](early, `getComputedStyle(`+browsertest.OverlayRoot+`.querySelector(".panel")).backgroundColor`); got == "rgb(255, 0, 0)" {
		t.Errorf("the page's own variables colour the panel: %s", got)
	}
	if !browsertest.Eval[bool](early, `document.activeElement.localName === "input"`) {
		t.Error("the panel took the focus from somebody who types")
	}
	// The mark is under its column, whatever the width of a tab.
	if off := browsertest.Eval[float64](early, `(() => {
		const rows = [...`+browsertest.OverlayRoot+`.querySelectorAll(".row[data-at] code")];
		const range = document.createRange();
		range.setStart(rows[0].firstChild, 6); range.setEnd(rows[0].firstChild, 7);
		const mark = document.createRange();
		mark.selectNode(rows[1].lastChild);
		return Math.abs(range.getBoundingClientRect().left - mark.getBoundingClientRect().left) })()`); off > 1 {
		t.Errorf("the mark is %v pixels away from its column", off)
	}

	// A dialog that the app opens does not cover what comes after it.
	browsertest.Eval[bool](late, `(document.body.append(Object.assign(document.createElement("dialog"), {id: "modal", style: "width: 100vw; height: 100vh"})), modal.showModal(), true)`)
	s.hub.Errors(problems()[:1])
	late.Until("!" + browsertest.Says("1 of 4"))
	if !browsertest.Eval[bool](late, `document.querySelector("devtool-overlay").matches(":popover-open")`) {
		t.Error("the panel has left the top layer")
	}

	s.hub.Phase(Building, 13)
	s.hub.Errors(nil)
	for _, tab := range []*browsertest.Tab{early, late} {
		tab.Until("!(" + browsertest.PanelShown + ") && !(" + browsertest.DotShown + ")")
	}
	s.hub.Phase(Ready, 13)
	early.Until("!" + browsertest.ProgressShown)
	early.Quiet()
	late.Quiet()
}

// testOverlayKeys walks through the problems without a mouse.
func testOverlayKeys(t *testing.T, browser *browsertest.Browser) {
	opened := make(chan string, 4)
	s := newAppSite(t, Options{Features: everything, OnOpen: func(at Location) (string, error) {
		opened <- at.Path
		if at.Path == "second" {
			return "", fmt.Errorf("no editor found; set overlay.editor")
		}
		return "", nil
	}})
	set := problems()
	set[0].Path, set[1].Path, set[2].Frames[1].Path = "first", "second", "frame"
	s.hub.Errors(set)
	s.hub.Phase(Failed, 12)
	tab := browser.Open(s.url)
	tab.Until(browsertest.PanelShown)
	press := func(key string) { tab.Do(chromedp.KeyEvent(key)) }
	focus := func(what string) {
		t.Helper()
		for range 20 {
			press(kb.Tab)
			if browsertest.Eval[bool](tab, browsertest.OverlayRoot+`.activeElement?.matches('`+what+`') ?? false`) {
				return
			}
		}
		t.Fatalf("Tab never reaches %s", what)
	}

	focus(".head .place")
	press(kb.Enter)
	if id := <-opened; id != "first" {
		t.Errorf("opened %q", id)
	}
	focus("[data-key=copy]")
	press(kb.Enter)
	tab.Until(browsertest.OverlayRoot + `.querySelector("[data-key=copy] path").getAttribute("d").startsWith("M3 8.5")`)
	if text := tab.Clipboard(); !strings.HasPrefix(text, "api/month.go:41:7: error: undefined: monthStart\n39 │ // month") {
		t.Errorf("copied %q", text)
	}
	press(kb.ArrowRight)
	tab.Until(browsertest.Says("2 of 4"))
	// Markup in a message is text: no element came of it.
	tab.Until(browsertest.Says("<img src=x onerror=alert(1)> <b>stays text</b>"))
	if browsertest.Eval[bool](tab, "Boolean("+browsertest.OverlayRoot+`.querySelector("img, b"))`) {
		t.Error("a message became markup")
	}
	focus(".head .place")
	press(kb.Enter)
	<-opened
	tab.Until(browsertest.Says("no editor found; set overlay.editor"))
	press(kb.ArrowRight)
	tab.Until(browsertest.Says("3 of 4"))
	focus(".frames li:nth-child(2) .place")
	press(kb.Enter)
	if id := <-opened; id != "frame" {
		t.Errorf("opened %q", id)
	}
	press(kb.ArrowRight)
	tab.Until(browsertest.Says("TypeScript warning"))
	press(kb.ArrowRight)
	tab.Until(browsertest.Says("1 of 4"))
	press(kb.ArrowLeft)
	tab.Until(browsertest.Says("4 of 4"))

	// Escape closes the panel until the problems change.
	press(kb.Escape)
	tab.Until("!(" + browsertest.PanelShown + ") && " + browsertest.DotShown)
	s.hub.Phase(Building, 13)
	s.hub.Phase(Failed, 13)
	tab.Until("!" + browsertest.ProgressShown)
	if browsertest.Eval[bool](tab, browsertest.PanelShown) {
		t.Error("the panel came back for the same problems")
	}
	s.hub.Errors(set[:1])
	tab.Until(browsertest.PanelShown)
	press(kb.Escape)
	focus(".dot")
	press(kb.Enter)
	tab.Until(browsertest.PanelShown)
}

// testWarnings reports warnings, which never open the panel.
func testWarnings(t *testing.T, browser *browsertest.Browser) {
	s := newAppSite(t, Options{Features: everything})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.hub.Errors(problems()[3:])
	tab.Until(browsertest.DotShown)
	tab.Until(browsertest.Says("1 warning"))
	// Longer than the panel would wait.
	if browsertest.Eval[bool](tab, `new Promise(r => setTimeout(r, 400)).then(() => `+browsertest.PanelShown+`)`) {
		t.Error("a warning opened the panel")
	}
}

// testRuntimeErrors throws in the page.
func testRuntimeErrors(t *testing.T, browser *browsertest.Browser) {
	heard := make(chan Runtime, 16)
	s := newAppSite(t, Options{Features: everything, OnRuntime: func(r Runtime) { heard <- r }})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	browsertest.Eval[bool](tab, `(setTimeout(() => { null.x }), true)`)
	tab.Until(browsertest.Says("TypeError: Cannot read properties of null"))
	if r := <-heard; r.Name != "TypeError" || !strings.Contains(r.Message, "reading 'x'") || !strings.Contains(r.Stack, "at ") || r.Page.URL != s.url+"/" || r.Page.ID == "" {
		t.Errorf("got %+v", r)
	}
	// Noise, then the same again, then something new: only that is heard.
	browsertest.Eval[bool](tab, `(Promise.reject(new DOMException("gone", "AbortError")),
		setTimeout(() => dispatchEvent(new ErrorEvent("error", {message: "ResizeObserver loop completed with undelivered notifications."}))),
		setTimeout(() => Promise.reject(new RangeError("last <i>"))), true)`)
	tab.Until(browsertest.Says("RangeError: last <i>"))
	if r := <-heard; r.Name != "RangeError" {
		t.Errorf("got %+v", r)
	}
}

// testSettings switches everything off.
func testSettings(t *testing.T, browser *browsertest.Browser) {
	s := newAppSite(t, Options{
		Features:  Features{Refresh: true},
		OnRuntime: func(r Runtime) { t.Errorf("heard %+v", r) },
	})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.hub.Errors(problems())
	s.hub.Phase(Failed, 12)
	browsertest.Eval[bool](tab, `(setTimeout(() => { null.x }), true)`)
	got := browsertest.Eval[string](tab, `new Promise(r => setTimeout(r, 400)).then(() => `+browsertest.OverlayText+`)`)
	if got != "" {
		t.Errorf("the page shows %q", got)
	}
	if browsertest.Eval[bool](tab, browsertest.ProgressShown) {
		t.Error("the progress line is shown")
	}
}

// testManyProblems stays usable with hundreds of them.
func testManyProblems(t *testing.T, browser *browsertest.Browser) {
	s := newAppSite(t, Options{Features: everything})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	var set []problem.Problem
	for i := range 200 {
		d := problems()[i%3]
		d.Line, d.Text = i, strings.Repeat("long ", i)+d.Text
		set = append(set, d)
	}
	s.hub.Errors(set)
	s.hub.Phase(Failed, 12)
	tab.Until(browsertest.Says("1 of 200"))
	took := browsertest.Eval[float64](tab, `(() => { const began = performance.now();
		for (let i = 0; i < 199; i++) `+browsertest.OverlayRoot+`.querySelector('[data-key=next]').click();
		return performance.now() - began })()`)
	tab.Until(browsertest.Says("200 of 200"))
	t.Logf("199 steps took %.0f ms", took)
	if !browsertest.Eval[bool](tab, browsertest.OverlayRoot+`.querySelector(".panel").getBoundingClientRect().top > 0`) {
		t.Error("the panel is higher than the window")
	}
}
