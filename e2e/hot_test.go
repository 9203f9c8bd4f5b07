//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// hotMain serves the page, and with POLICY as its content security policy.
const hotMain = `package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		w.Write([]byte(page()))
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

// hotFiles is a React application with a counter, by whose state a test sees
// whether an edit has kept it.
func hotFiles() map[string]string {
	return map[string]string{
		"main.go": hotMain,
		"page.go": "package main\n\nconst policy = \"\"\n\nfunc page() string { return `" + hotHTML + "` }\n",
		"web/main.tsx": `import { createRoot } from "react-dom/client"
import App from "./App"
import "./app.css"
window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1)
createRoot(document.getElementById("root")!).render(<App />)
`,
		"web/App.tsx": `import { useState } from "react"
import { label } from "./label"
import { Panel } from "./Panel"
export default function App() {
  const [n, set] = useState(0)
  return <main>
    <button id="count" onClick={() => set(n + 1)}>{n}</button>
    <p id="text">one {label}</p>
    <input id="name" />
    <i id="throw" onClick={() => { throw new Error("thrown") }} />
    <Panel />
  </main>
}
`,
		"web/Panel.tsx": `import { useState } from "react"
export function Panel() {
  const [open, set] = useState(false)
  return <section><button id="toggle" onClick={() => set(!open)}>toggle</button>{open && <p id="panel">panel one</p>}</section>
}
`,
		"web/label.ts":      "export const label = \"first\"\n",
		"web/app.css":       "#text { color: rgb(1, 0, 0) }\n",
		"web/tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx"}}`,
		"devtool.toml":      "[web]\nentry_points = [\"web/main.tsx\"]\n",
	}
}

const hotHTML = `<!doctype html><html><head><title>hot</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/main.css"></head><body><div id="root"></div><script type="module" src="/assets/main.js"></script></body></html>`

// reactPackages installs React once for the subtests of a test.
func reactPackages(t *testing.T, more ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("installs from npm; run without -short")
	}
	return filepath.Join(installed(t, append(more, "react@19.3.1", "react-dom@19.3.1")...), "node_modules")
}

// hotApp is a running project in a tab.
type hotApp struct {
	*project
	*server
	tab *browsertest.Tab
}

func newHotApp(t *testing.T, browser *browsertest.Browser, packages string, files map[string]string, args ...string) *hotApp {
	t.Helper()
	p := newSmall(t, files)
	if err := os.CopyFS(filepath.Join(p.dir, "web", "node_modules"), os.DirFS(packages)); err != nil {
		t.Fatal(err)
	}
	s := p.start(args...)
	return &hotApp{p, s, browser.For(t).Open(s.url)}
}

// click makes state that an edit should keep.
func (a *hotApp) click(times int) {
	a.project.t.Helper()
	a.tab.Until(`document.querySelector("#count")`)
	for i := range times {
		browsertest.Eval[bool](a.tab, `(document.querySelector("#count").click(), true)`)
		a.tab.Until(fmt.Sprintf(`document.querySelector("#count").innerText === "%d"`, i+1))
	}
}

func shows(selector, text string) string {
	return fmt.Sprintf(`document.querySelector(%q)?.innerText === %q`, selector, text)
}

// hot makes an edit and checks that its outcome is a hot update.
func (a *hotApp) hot(edit func()) {
	a.project.t.Helper()
	if got := a.Outcome(edit); got.Result != "hot" {
		a.project.t.Errorf("outcome %s (%s), want hot", got.Result, got.Obstacle)
	}
}

// TestHot edits a React application in a browser.
func TestHot(t *testing.T) {
	t.Parallel()
	packages := reactPackages(t)
	browser := browsertest.Start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *browsertest.Browser, string)
	}{
		{"state", testHotState},
		{"off", testHotOff},
		{"policies", testHotPolicies},
		{"embedded", testHotEmbedded},
		{"tabs", testHotTabs},
		{"back", testHotBack},
		{"broken", testHotBroken},
		{"both sides", testHotBothSides},
		{"often", testHotOften},
		{"two roots", testHotTwoRoots},
		{"plain modules", testHotPlain},
		{"lazy", testHotLazy},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, browser, packages) })
	}
}

// testHotState edits a component, what it imports, a sheet and the entry point.
// What a person has typed, opened, scrolled and focused stays.
func testHotState(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles())
	a.click(3)
	a.tab.Do(chromedp.SendKeys("#name", "half a na"), chromedp.Click("#toggle"))
	browsertest.Eval[bool](a.tab, `(() => {
		document.body.style.height = "4000px"; scrollTo(0, 700);
		document.body.append(Object.assign(document.createElement("dialog"), { id: "dialog" })); dialog.showModal();
		document.querySelector("#name").focus({ preventScroll: true }); document.querySelector("#name").setSelectionRange(2, 4);
		return true })()`)
	kept := func() {
		t.Helper()
		a.tab.Until(shows("#count", "3") + ` && document.querySelector("#panel") && document.querySelector("#name").value === "half a na"
			&& scrollY === 700 && dialog.open && loads === 1`)
	}
	a.hot(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
	a.tab.Until(shows("#text", "two first"))
	kept()
	a.hot(func() { a.edit("web/label.ts", "first", "second") })
	a.tab.Until(shows("#text", "two second"))
	kept()
	a.hot(func() { a.edit("web/Panel.tsx", "panel one", "panel two") })
	a.tab.Until(shows("#panel", "panel two"))
	kept()
	if got := a.Outcome(func() { a.edit("web/app.css", "rgb(1, 0, 0)", "rgb(2, 0, 0)") }); got.Result != "swapped" {
		t.Errorf("a sheet: outcome %s, want swapped", got.Result)
	}
	got := a.Outcome(func() {
		a.edit("web/app.css", "rgb(2, 0, 0)", "rgb(3, 0, 0)")
		a.edit("web/App.tsx", "two {label}", "three {label}")
	})
	if got.Result != "hot" && got.Result != "swapped" {
		t.Errorf("a sheet and a component: outcome %s", got.Result)
	}
	a.tab.Until(shows("#text", "three second") + ` && getComputedStyle(document.querySelector("#text")).color === "rgb(3, 0, 0)"`)
	kept()

	mark := a.Mark()
	browsertest.Eval[bool](a.tab, `(setTimeout(() => document.querySelector("#throw").click()), true)`)
	threw := a.AwaitAfter(mark, "an error of the page", devtooltest.OfType("page-threw"))
	if want := a.lineOf("web/App.tsx", "thrown"); threw.Problem.File != "web/App.tsx" || threw.Problem.Line != want {
		t.Errorf("thrown in a patch at %s:%d, want web/App.tsx:%d", threw.Problem.File, threw.Problem.Line, want)
	}

	got = a.Outcome(func() { a.edit("web/main.tsx", "<App />", "<><App /><i id=\"more\" /></>") })
	if got.Result != "reloaded" || got.Obstacle != "web/main.tsx has no accepting importer" {
		t.Errorf("an edit of the entry point: %s (%s), want a reload and why", got.Result, got.Obstacle)
	}
	a.tab.Until(`document.querySelector("#more") && loads === 2`)
	if !strings.Contains(devtooltest.Get(t, a.url+"/__devtool/hot.js"), "@license React") {
		t.Error("hot.js does not name the licence of react-refresh")
	}
}

// testHotOff edits the same without hot updates: pages load nothing for them.
func testHotOff(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles(), "--no-hot-reload")
	a.click(1)
	got := a.Outcome(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
	a.tab.Until(shows("#text", "two first") + `&& loads === 2 && !(Symbol.for("devtool.hot") in window)`)
	if got.Result != "reloaded" || got.Obstacle != "" {
		t.Errorf("outcome %s (%s), want a plain reload", got.Result, got.Obstacle)
	}
	if n := browsertest.Eval[int](a.tab, `performance.getEntriesByType("resource").filter(({ name }) => name.includes("hot.js")).length`); n != 0 {
		t.Error("the page loads the runtime")
	}
	if strings.Contains(devtooltest.Get(t, a.url+"/assets/main.js"), "devtool.hot") {
		t.Error("the bundle looks for the runtime")
	}
	a.tab.Quiet()
}

// testHotPolicies edits pages whose content security policies forbid more or less.
func testHotPolicies(t *testing.T, browser *browsertest.Browser, packages string) {
	for name, policy := range map[string]string{
		"self":           "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
		"nonce":          "script-src 'nonce-abc'; object-src 'none'",
		"strict-dynamic": "script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'; base-uri 'none'",
		"trusted types":  "script-src 'self'; require-trusted-types-for 'script'",
	} {
		t.Run(name, func(t *testing.T) {
			files := hotFiles()
			files["page.go"] = strings.Replace(files["page.go"], `policy = ""`, fmt.Sprintf("policy = %q", policy), 1)
			files["page.go"] = strings.Replace(files["page.go"], `<script type`, `<script nonce="abc" type`, 1)
			a := newHotApp(t, browser.For(t), packages, files)
			a.click(2)
			a.hot(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
			a.tab.Until(shows("#text", "two first") + "&&" + shows("#count", "2") + "&& loads === 1")
			a.tab.Quiet()
		})
	}
}

// testHotEmbedded edits a program that embeds what the web side writes, and serves
// it itself.
func testHotEmbedded(t *testing.T, browser *browsertest.Browser, packages string) {
	files := hotFiles()
	files["devtool.toml"] += "write_dir = \"dist\"\n"
	files[".gitignore"] = "/dist/\n"
	files["page.go"] = strings.Replace(files["page.go"], "package main\n", "package main\n\nimport \"embed\"\n\n//go:embed dist\nvar Dist embed.FS\n", 1)
	a := newHotApp(t, browser, packages, files)
	a.click(2)
	a.hot(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
	a.tab.Until(shows("#text", "two first") + "&&" + shows("#count", "2") + "&& loads === 1")
	if !strings.Contains(a.read("dist/main.js"), "two ") {
		t.Error("what is written does not hold the edit")
	}
	a.tab.Quiet()
}

// testHotTabs edits for a tab that watches, one that sleeps over 30 saves, one that
// comes in between, and twenty more.
func testHotTabs(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles())
	a.click(2)
	asleep := browser.For(t).Open(a.url)
	asleep.Until(shows("#count", "0"))
	browsertest.Eval[bool](asleep, `(document.querySelector("#count").click(), true)`)
	asleep.Until(shows("#count", "1"))
	asleep.Freeze()
	var between *browsertest.Tab
	text := "one {label}"
	for i := range 30 {
		next := fmt.Sprintf("edit %d {label}", i)
		a.hot(func() { a.edit("web/App.tsx", text, next) })
		if text = next; i == 15 {
			a.hot(func() { a.edit("web/label.ts", "first", "second") })
			between = browser.For(t).Open(a.url)
		}
	}
	for tab, count := range map[*browsertest.Tab]string{a.tab: "2", between: "0"} {
		tab.Until(shows("#text", "edit 29 second") + "&&" + shows("#count", count) + "&& loads === 1")
		tab.Quiet()
	}
	asleep.Thaw()
	asleep.Until(shows("#text", "edit 29 second") + "&&" + shows("#count", "1") + "&& loads === 1")

	var many []*browsertest.Tab
	for range 20 {
		many = append(many, browser.For(t).Open(a.url))
	}
	for _, tab := range many {
		tab.Until(shows("#text", "edit 29 second"))
	}
	a.hot(func() { a.edit("web/Panel.tsx", ">toggle<", ">switch<") })
	for _, tab := range append(many, a.tab, between, asleep) {
		tab.Until(shows("#toggle", "switch") + "&& loads === 1")
	}
}

// testHotBack leaves the page, edits, and goes back to it.
func testHotBack(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles())
	a.click(2)
	browsertest.Eval[bool](a.tab, `(location.href = "/other", true)`)
	a.tab.Until(`location.pathname === "/other" && ` + shows("#count", "0"))
	a.hot(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
	a.tab.Until(shows("#text", "two first"))
	a.tab.Back()
	a.tab.Until(`location.pathname === "/" && ` + shows("#text", "two first"))
}

// testHotBroken edits to code that throws, and to code that is none.
func testHotBroken(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles())
	a.click(2)
	broken := a.Outcome(func() { a.edit("web/App.tsx", "return <main>", "return <main") })
	if broken.Result != "broken" {
		t.Errorf("a syntax error: outcome %s", broken.Result)
	}
	a.tab.Until(browsertest.PanelShown + "&&" + shows("#text", "one first") + "&&" + shows("#count", "2"))
	if got := a.Outcome(func() { a.edit("web/App.tsx", "return <main", "return <main>") }); got.Result != "fixed" {
		t.Errorf("mended: outcome %s", got.Result)
	}
	a.tab.Until("!(" + browsertest.PanelShown + ") &&" + shows("#count", "2") + "&& loads === 1")
	a.Outcome(func() {
		a.edit("web/Panel.tsx", "return <section>", "if (open !== undefined) throw new Error('in render'); return <section>")
	})
	a.tab.Until(browsertest.Says("in render"))
	a.hot(func() { a.edit("web/Panel.tsx", "if (open !== undefined) throw new Error('in render'); ", "") })
	a.tab.Until(shows("#text", "one first") + `&& document.querySelector("#toggle") && loads === 1 && !(` + browsertest.Says("in render") + ")")
	a.hot(func() { a.edit("web/App.tsx", "one {label}", "two {label}") })
	a.tab.Until(shows("#text", "two first") + "&& loads === 1")
}

// testHotBothSides saves Go and TypeScript together, and TypeScript while Go builds.
func testHotBothSides(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles())
	a.click(2)
	mark := a.Mark()
	got := a.Outcome(func() {
		a.edit("page.go", "<title>hot", "<title>both")
		a.edit("web/App.tsx", "one {label}", "two {label}")
	})
	a.tab.Until(`document.title === "both" && ` + shows("#text", "two first") + "&& loads === 2")
	if all := outcomes(a.server, mark); got.Result != "reloaded" || got.Obstacle != "" || len(all) != 1 {
		t.Errorf("outcomes %q, want one reload", all)
	}
	a.click(2)
	mark = a.Mark()
	a.edit("page.go", "<title>both", "<title>later")
	a.AwaitAfter(mark, "a Go build", devtooltest.OfType("build-started"))
	a.edit("web/App.tsx", "two {label}", "three {label}")
	a.AwaitAfter(mark, "a hot update", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Result == "hot" })
	a.tab.Until(shows("#text", "three first"))
	a.tab.Until(`document.title === "later" && ` + shows("#text", "three first") + "&& loads === 3")
	if all := outcomes(a.server, mark); len(all) != 2 {
		t.Errorf("outcomes %q, want one for each save", all)
	}
}

// testHotOften saves every 50 milliseconds.
func testHotOften(t *testing.T, browser *browsertest.Browser, packages string) {
	a := newHotApp(t, browser, packages, hotFiles(), "--verbose")
	a.click(2)
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	text := "one {label}"
	for i := range 60 {
		<-pace.C
		next := fmt.Sprintf("edit %d {label}", i)
		a.edit("web/App.tsx", text, next)
		text = next
	}
	a.tab.Until(shows("#text", "edit 59 first") + "&&" + shows("#count", "2") + "&& loads === 1")
	a.tab.Quiet()
}

// testHotTwoRoots edits what two roots of React render.
func testHotTwoRoots(t *testing.T, browser *browsertest.Browser, packages string) {
	files := hotFiles()
	files["web/main.tsx"] += `import { Panel } from "./Panel"
createRoot(document.body.appendChild(Object.assign(document.createElement("div"), { id: "second" }))).render(<Panel />)
`
	a := newHotApp(t, browser, packages, files)
	a.click(2)
	browsertest.Eval[bool](a.tab, `(document.querySelectorAll("#toggle").forEach((b) => b.click()), true)`)
	a.tab.Until(`document.querySelectorAll("#panel").length === 2`)
	a.hot(func() { a.edit("web/Panel.tsx", "panel one", "panel two") })
	a.tab.Until(`[...document.querySelectorAll("#panel")].map((p) => p.innerText).join() === "panel two,panel two" && ` + shows("#count", "2") + "&& loads === 1")
	a.tab.Quiet()
}

// testHotPlain edits a program without React that uses import.meta.hot.
func testHotPlain(t *testing.T, browser *browsertest.Browser, packages string) {
	files := hotFiles()
	files["web/package.json"] = "{}"
	files["web/main.tsx"] = `import { label } from "./label"
import "./timer"
window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1)
const show = (text: string) => { document.body.dataset.label = text }
show(label)
if (import.meta.hot) import.meta.hot.accept("./label", (next) => show(next!.label))
`
	files["web/timer.ts"] = `const state = import.meta.hot?.data ?? {}
state.runs = (state.runs ?? 0) + 1
document.body.dataset.timer = "one " + state.runs
import.meta.hot?.accept()
import.meta.hot?.dispose(() => { document.body.dataset.disposed = "yes" })
`
	a := newHotApp(t, browser, packages, files)
	a.tab.Until(`document.body.dataset.label === "first" && document.body.dataset.timer === "one 1"`)
	a.hot(func() { a.edit("web/label.ts", "first", "second") })
	a.tab.Until(`document.body.dataset.label === "second" && document.body.dataset.timer === "one 1"`)
	a.hot(func() { a.edit("web/timer.ts", `"one "`, `"two "`) })
	a.tab.Until(`document.body.dataset.timer === "two 2" && document.body.dataset.disposed === "yes" && loads === 1`)
	a.hot(func() { a.edit("web/timer.ts", "accept()", `accept(() => import.meta.hot!.invalidate("by hand"))`) })
	mark := a.Mark()
	a.hot(func() { a.edit("web/timer.ts", `"two "`, `"three "`) })
	doubt := a.AwaitAfter(mark, "a doubt", devtooltest.OfType("page-reloads"))
	if doubt.Reason != "web/timer.ts: by hand" {
		t.Errorf("the page reloads because of %q", doubt.Reason)
	}
	a.tab.Until(`document.body.dataset.timer === "three 1" && loads === 2`)
	a.tab.Quiet()
}

// testHotLazy edits a module that is loaded on demand, and what it imports, before
// and after a tab has loaded it.
func testHotLazy(t *testing.T, browser *browsertest.Browser, packages string) {
	files := hotFiles()
	files["web/App.tsx"] = strings.NewReplacer("useState }", "lazy, Suspense, useState }", "export default", "const Page = lazy(() => import(\"./Page\"))\nexport default",
		"<Panel />", "<Panel />{n > 2 && <Suspense><Page /></Suspense>}").Replace(files["web/App.tsx"])
	files["web/Page.tsx"] = "import { label } from \"./label\"\nexport default function Page() { return <p id=\"page\">page one {label}</p> }\n"
	a := newHotApp(t, browser, packages, files)
	a.click(2)
	a.hot(func() { a.edit("web/label.ts", "first", "second") })
	a.hot(func() { a.edit("web/Page.tsx", "page one", "page two") })
	for range 12 { // the chunk that the tab knows is that of the first build
		a.hot(func() { a.edit("web/App.tsx", "one", "one one") })
	}
	browsertest.Eval[bool](a.tab, `(document.querySelector("#count").click(), true)`)
	a.tab.Until(shows("#page", "page two second") + "&&" + shows("#count", "3") + "&& loads === 1")
	a.hot(func() { a.edit("web/Page.tsx", "page two", "page three") })
	a.tab.Until(shows("#page", "page three second") + "&&" + shows("#count", "3") + "&& loads === 1")
	a.hot(func() { a.edit("web/label.ts", "second", "third") })
	a.tab.Until(shows("#page", "page three third") + "&&" + shows("#count", "3") + "&& loads === 1")
	a.tab.Quiet()
}
