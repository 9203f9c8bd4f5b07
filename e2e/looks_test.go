//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
)

// looks examines what devtool shows in a tab, in every scheme and width.
type looks struct {
	t   *testing.T
	axe string
	dir string // where pictures go; empty for none
}

// newLooks takes pictures, too, if the variable SCREENSHOTS names a directory.
func newLooks(t *testing.T) looks {
	t.Helper()
	return looks{t: t, axe: browsertest.Axe(t), dir: os.Getenv("SCREENSHOTS")}
}

// Fonts and their rasters differ between machines, so pictures are for eyes;
// what is compared is what must hold with any font.
const misfits = `(() => {
	const root = document.querySelector("devtool-overlay")?.shadowRoot;
	const found = [];
	const see = (what, box) => {
		if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
			found.push(what + " leaves the window: " + JSON.stringify(box));
	};
	for (const part of root?.querySelectorAll(".panel, .toast, .dot") ?? []) {
		if (!part.checkVisibility()) continue;
		see(part.className, part.getBoundingClientRect());
		for (const child of part.querySelectorAll(".head, .body, .foot, button"))
			if (child.checkVisibility() && !child.closest(".body .frames")) {
				const box = child.getBoundingClientRect(), around = part.getBoundingClientRect();
				if (box.left < around.left - 1 || box.right > around.right + 1) found.push((child.className || child.localName) + " sticks out of " + part.className);
				if (child.localName === "button" && (box.width < 20 || box.height < 18)) found.push(child.outerHTML + " is too small to hit");
			}
	}
	const shown = [...root?.querySelectorAll(".panel, .toast, .dot") ?? []].filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect());
	if (!document.querySelector("devtool-overlay")?.hasAttribute("data-full")) for (const a of shown) for (const b of shown)
		if (a !== b && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) found.push("one part covers another");
	if (document.documentElement.scrollWidth > innerWidth + 1 && document.querySelector("meta[name=devtool-page]")) found.push("the document scrolls sideways");
	return [...new Set(found)];
})()`

// at looks at a tab that shows something, as all people may see it.
func (l looks) at(tab *browsertest.Tab, name, selector string) {
	l.t.Helper()
	for _, width := range []int64{1280, 390} {
		tab.Do(chromedp.EmulateViewport(width, 800))
		for _, scheme := range []string{"light", "dark"} {
			tab.Prefer(scheme)
			browsertest.Eval[bool](tab, `Promise.all((document.querySelector("devtool-overlay")?.shadowRoot.getAnimations() ?? [])
				.filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished)).then(() => true)`)
			full := name + "-" + scheme
			if width < 500 {
				full = name + "-phone-" + scheme
			}
			for _, bad := range append(tab.Barriers(l.axe, selector), browsertest.Eval[[]string](tab, misfits)...) {
				l.t.Errorf("%s: %s", full, bad)
			}
			l.picture(tab, full)
		}
	}
	tab.Do(chromedp.EmulateViewport(1280, 800))
}

func (l looks) picture(tab *browsertest.Tab, name string) {
	if l.dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(l.dir, name+".png"), tab.Screenshot(), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

const overlayOnly = `"devtool-overlay"`

// TestBrowserLooks walks through all that devtool shows over the app.
func TestBrowserLooks(t *testing.T) {
	t.Parallel()
	l := newLooks(t)
	const lead = "<!doctype html><html lang=en><head><title>App</title></head><body><main><h1>App</h1></main><script src=/assets/main.js></script>"
	p := newSmall(t, map[string]string{
		"page.go":     "package main\n\nfunc page() string { return `" + lead + "` }\n",
		"web/main.ts": "console.log(\"App\");\n",
	})
	browser := browsertest.Start(t)
	s := p.start()
	tab := browser.Open(s.url)

	s.Outcome(func() { p.write("broken.go", "package main\n\nfunc broken() {\n\tundefinedThing(page())\n}\n") })
	says(tab, "undefined: undefinedThing")
	l.at(tab, "panel", overlayOnly)
	s.Outcome(func() { p.write("web/main.ts", "import { render } from \"./calender\";\nrender();\n") })
	says(tab, "1 of 2")
	l.at(tab, "two", overlayOnly)
	tab.Press("[data-key=hide]")
	tab.Until("!(" + browsertest.PanelShown + ")")
	l.at(tab, "dot", overlayOnly)

	browsertest.Eval[bool](tab, `(setTimeout(() => { null.entries }), true)`)
	tab.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "reading 'entries'"))
	tab.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "3 errors"))
	if browsertest.Eval[bool](tab, browsertest.PanelShown) {
		t.Error("an error of the page brought the hidden panel back")
	}
	l.at(tab, "toast", overlayOnly)
	tab.Press(".toast .act")
	says(tab, "3 of 3")
	l.at(tab, "runtime", overlayOnly)

	// What is mended takes the panel along unless a person has asked for it.
	tab.Press("[data-key=hide]")
	s.Outcome(func() { p.remove("broken.go") })
	says(tab, "1 of 2", "calender")
	s.Outcome(func() { p.write("web/main.ts", "console.log(\"App\");\n") })
	tab.Until("!(" + browsertest.PanelShown + ")")
}

// TestBrowserLooksWithoutApp shows what stands in for an app: while it starts,
// and when it does not.
func TestBrowserLooksWithoutApp(t *testing.T) {
	t.Parallel()
	l := newLooks(t)
	a := newApp(t, "", "wait")
	browser := browsertest.Start(t)
	a.startOnly()
	a.said(0, "waits") // built: the page that comes now stays
	tab := browser.Open(a.url)
	tab.Until(`document.querySelector("meta[name=devtool-page]")?.content === "building"`)
	l.at(tab, "status", "document")
	a.release()
	tab.Until(`document.body.innerText.includes(" by ")`)

	// Under an open page the overlay covers; a new document is an error page.
	a.Outcome(func() { a.habits("exit") })
	says(tab, "no database", "comes back as soon as the app runs")
	if !browsertest.Eval[bool](tab, `document.elementFromPoint(20, 20) === document.querySelector("devtool-overlay")`) {
		t.Error("the panel does not cover a page that nothing serves")
	}
	l.at(tab, "full", overlayOnly)
	// What else is broken does not bring the app back, and stands behind.
	a.Outcome(func() { a.write("broken.go", "package main\n\nvar _ = undefinedThing\n") })
	says(tab, "1 of 2", "no database")
	late := browser.Open(a.url)
	says(late, "1 of 2", "no database")
	late.Press("[data-key=hide]")
	l.at(late, "error", "document")
	a.Outcome(func() { a.habits("") })
	tab.Until(`document.body.innerText.includes(" by ")`)
	late.Until(`document.body.innerText.includes(" by ")`)
}
