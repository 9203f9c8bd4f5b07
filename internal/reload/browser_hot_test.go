package reload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// scripted is what a bundle does that holds a module: value is what it exports,
// body what it does besides, with its import.meta.hot as hot.
func scripted(id, version, value, body string) string {
	return fmt.Sprintf(`{ const hot = globalThis[Symbol.for("devtool.hot")].module(%[1]q, %[2]q);
	(window.ran ??= []).push(%[1]q + " " + %[2]q); %[4]s;
	hot.$.register({ get value() { return %[3]s } }) }`, id, version, value, body)
}

// hotPage is a page with scripts, and counts how often it was loaded.
func hotPage(scripts ...string) string {
	return `<!doctype html><html><head>TAG<link rel="icon" href="data:,"></head><body><script>
	window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1);</script>
	<script type="module">` + strings.Join(scripts, "\n") + `</script></body></html>`
}

// patchOf is a patch of modules, each with its boundary and a script.
func patchOf(build int, modules map[Module]string, accepts ...Acceptance) Patch {
	p := Patch{Build: build, Map: []byte(`{"version":3,"sources":[],"mappings":""}`), Accepts: accepts}
	text := `const once = (f) => () => { f?.(); f = undefined }; globalThis[Symbol.for("devtool.hot")].patch({`
	for m, script := range modules {
		p.Modules = append(p.Modules, m)
		text += fmt.Sprintf("%q: once(() => %s),", m.ID, script)
	}
	p.Script = []byte("{" + text + "})}")
	return p
}

// storePatch is a patch of store.ts alone, which accepts itself and shows its version.
func storePatch(version string) Patch {
	return patchOf(2, map[Module]string{{"store.ts", version, "self"}: storeScript(version)})
}

func storeScript(version string) string {
	return scripted("store.ts", version, "\""+version+"\"", `
		hot.data.versions = (hot.data.versions ?? "") + "`+version+`";
		hot.dispose((data) => { data.disposed = (data.disposed ?? "") + "`+version+`"; });
		hot.accept((news) => { window.accepted = "`+version+` " + news.value; });
		hot.on("vite:afterUpdate", () => { window.told = "`+version+`"; });
		window.data = hot.data; window.store = "`+version+`"`)
}

func newHotSite(t *testing.T, page string) *site {
	t.Helper()
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = page
	s.hub.SetHot(true)
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true, App: "app-1", JSHashes: map[string]string{"/main.js": "1"}})
	return s
}

func (s *site) patch(patches ...Patch) {
	s.current().Update(Update{Build: patches[0].Build, Patches: patches})
}

// testPatch replaces a module in a page twice, and undoes it.
func testPatch(t *testing.T, browser *browsertest.Browser) {
	s := newHotSite(t, hotPage(storeScript("1")))
	tab := browser.Open(s.url)
	s.joined(t, 1)
	browsertest.Eval[bool](tab, `(addEventListener("devtool:hot", (event) => { window.heard = event.detail.build }), true)`)
	s.patch(storePatch("2"))
	tab.Until(`store === "2" && heard === 2`)
	if ack := s.painted(t, 2); ack.Took <= 0 {
		t.Errorf("got %v from word to paint", ack.Took)
	}
	tab.Until(`data.versions === "12" && data.disposed === "1" && accepted === "1 2" && told === "2"`)
	s.patch(storePatch("1"))
	tab.Until(`store === "1" && data.versions === "121" && data.disposed === "12" && accepted === "2 1"`)
	tab.Until(`loads === 1 && !document.querySelector("script[src*=patch]")`)
	tab.Quiet()
}

// testPatchToOldScripts loads a document whose scripts are older than two patches,
// the first of which brings a module that the second needs.
func testPatchToOldScripts(t *testing.T, browser *browsertest.Browser) {
	s := newHotSite(t, hotPage(storeScript("1"), scripted("other.ts", "1", "1", "hot.accept()")))
	s.patch(patchOf(2, map[Module]string{{"other.ts", "2", "self"}: "{" + scripted("new.ts", "1", "'brought'", "") + scripted("other.ts", "2", "2", "") + "}"}))
	s.patch(patchOf(3, map[Module]string{{"store.ts", "2", "self"}: storeScript("2")}))
	s.patch(patchOf(4, map[Module]string{{"store.ts", "3", "self"}: storeScript("3")}))
	tab := browser.Open(s.url)
	tab.Until(`window.store === "3" && ran.join() === "store.ts 1,other.ts 1,new.ts 1,other.ts 2,store.ts 2,store.ts 3"`)
	tab.Until(`loads === 1`)
	tab.Quiet()
}

// testPatchToNewScripts tells a document of patches that its scripts hold.
func testPatchToNewScripts(t *testing.T, browser *browsertest.Browser) {
	s := newHotSite(t, hotPage(storeScript("2")))
	s.patch(storePatch("2"))
	tab := browser.Open(s.url)
	s.joined(t, 1)
	s.patch(patchOf(3, map[Module]string{{"elsewhere.ts", "2", "self"}: `{ window.store = "wrong" }`})) // not in this page
	s.hub.Errors(problems()[:1])                                                                        // messages arrive in order
	tab.Until(browsertest.DotShown)
	tab.Until(`ran.join() === "store.ts 2" && loads === 1`)
	tab.Quiet()
}

// testPatchAccepted has a module take updates of the one that it imports.
func testPatchAccepted(t *testing.T, browser *browsertest.Browser) {
	taker := scripted("main.ts", "1", "1", `
		hot.accept("./dep", (news) => { window.one = news.value });
		hot.accept(["./dep", "./more"], ([dep, more]) => { window.several = dep.value + String(more) })`)
	s := newHotSite(t, hotPage(scripted("dep.ts", "1", "'old'", ""), taker))
	tab := browser.Open(s.url)
	s.joined(t, 1)
	dep := map[Module]string{{"dep.ts", "2", ""}: scripted("dep.ts", "2", "'new'", "")}
	s.patch(patchOf(2, dep, Acceptance{"main.ts", "dep.ts", "./dep"}))
	tab.Until(`window.one === "new" && window.several === "newundefined"`)
	tab.Until(`ran.join() === "dep.ts 1,main.ts 1,dep.ts 2" && loads === 1`)
	tab.Quiet()
}

// testPatchLate loads, after a patch that holds it, a module of the old scripts.
func testPatchLate(t *testing.T, browser *browsertest.Browser) {
	s := newHotSite(t, hotPage(storeScript("1")))
	tab := browser.Open(s.url)
	s.joined(t, 1)
	late := `(() => {` + scripted("late.ts", "1", "1", "hot.accept()") + `; return true })()`
	both := patchOf(2, map[Module]string{{"store.ts", "2", "self"}: storeScript("2")})
	both.Modules = append(both.Modules, Module{"late.ts", "1", "self"})
	both.Script = []byte(strings.TrimSuffix(string(both.Script), "})}") + `"late.ts": once(() => ` + scripted("late.ts", "1", "window.store", "window.late = window.store") + ")})}")
	s.patch(both)
	tab.Until(`store === "2"`)
	tab.Until(`!ran.includes("late.ts 1")`)
	browsertest.Eval[bool](tab, late) // its old scripts have bound it to the old store
	tab.Until(`window.late === "2" && ran.join() === "store.ts 1,store.ts 2,late.ts 1,late.ts 1" && loads === 1`)
	tab.Quiet()
}

// testPatchHidden leaves a hidden page alone until it is looked at, over 30 saves.
func testPatchHidden(t *testing.T, browser *browsertest.Browser) {
	s := newHotSite(t, hotPage(storeScript("1")))
	tab := browser.Open(s.url)
	s.joined(t, 1)
	show := func(hidden bool) {
		browsertest.Eval[bool](tab, fmt.Sprintf(`(Object.defineProperty(document, "hidden", {value: %v, configurable: true}), document.dispatchEvent(new Event("visibilitychange")))`, hidden))
	}
	show(true)
	for i := range 30 {
		s.patch(storePatch(fmt.Sprint(i + 2)))
	}
	s.hub.Errors(problems()[:1])
	tab.Until(browsertest.DotShown)
	tab.Until(`ran.join() === "store.ts 1"`)
	show(false)
	tab.Until(`store === "31" && ran.join() === "store.ts 1" + Array.from({ length: 30 }, (_, i) => ",store.ts " + (i + 2)).join("") && loads === 1`)
	tab.Quiet()
}

// testPatchDoubted reloads pages that cannot take a patch, once the scripts hold
// it, and tells why.
func testPatchDoubted(t *testing.T, browser *browsertest.Browser) {
	for name, c := range map[string]struct {
		page, reason string
		patch        Patch
	}{
		"throws":   {storeScript("1"), "store.ts threw no", patchOf(2, map[Module]string{{"store.ts", "2", "self"}: `{ throw new Error("no") }`})},
		"no table": {storeScript("1"), "a patch could not be loaded", Patch{Build: 2, Script: []byte("}"), Modules: []Module{{"store.ts", "2", "self"}}}},
		"invalid":  {scripted("store.ts", "1", "1", `hot.accept(() => hot.invalidate("by hand"))`), "store.ts: by hand", storePatch("2")},
		"an export more": {scripted("App.tsx", "1", "function App() {}", ""), "App.tsx: its export value is not a component",
			patchOf(2, map[Module]string{{"App.tsx", "2", "react"}: scripted("App.tsx", "2", "2", "")})},
		"not accepted": {storeScript("1") + scripted("main.ts", "1", "1", ""), "main.ts does not accept ./store",
			patchOf(2, map[Module]string{{"store.ts", "2", ""}: storeScript("2")}, Acceptance{"main.ts", "store.ts", "./store"})},
		"not loaded": {storeScript("1"), "store.ts threw the page has not loaded react",
			patchOf(2, map[Module]string{{"store.ts", "2", "self"}: scripted("store.ts", "2", "1", `globalThis[Symbol.for("devtool.hot")].need("react")`)})},
		"scripts that did not end": {`throw new Error("at the start");`, "an error kept store.ts from being loaded", storePatch("2")},
	} {
		t.Run(name, func(t *testing.T) {
			doubts := make(chan Doubt, 8)
			s := newSite(t, Options{Features: everything, OnDoubt: func(d Doubt) { doubts <- d }})
			s.pages["/"] = hotPage(c.page)
			s.hub.SetHot(true)
			s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
			tab := browser.For(t).Open(s.url)
			s.joined(t, 1)
			s.patch(c.patch)
			if d := <-doubts; d.Reason != c.reason || !strings.HasPrefix(d.Page.URL, s.url) {
				t.Errorf("got %+v, want %q", d, c.reason)
			}
			s.hub.Errors(problems()[:1])
			tab.Until(browsertest.DotShown)
			if n := s.count("/"); n != 1 {
				t.Errorf("loaded %d times before the scripts hold the patch", n)
			}
			s.set(func() { s.pages["/"] = hotPage(storeScript("2")) })
			s.hub.Update(Update{Build: 2, Phase: Ready, Built: 2})
			tab.Until(`loads === 2 && store === "2"`)
			if n := s.count("/"); n != 2 {
				t.Errorf("loaded %d times, want twice", n)
			}
		})
	}
}

// testPatchWithoutRuntime reloads a document that was made without the runtime.
func testPatchWithoutRuntime(t *testing.T, browser *browsertest.Browser) {
	s := newSite(t, Options{Features: everything})
	s.pages["/"] = hotPage()
	s.hub.Update(Update{Build: 1, Phase: Ready, Reload: true})
	tab := browser.Open(s.url)
	s.joined(t, 1)
	tab.Until(`!(Symbol.for("devtool.hot") in window)`)
	s.hub.SetHot(true)
	s.patch(storePatch("2"))
	s.set(func() { s.pages["/"] = hotPage(storeScript("2")) })
	s.hub.Update(Update{Build: 2, Phase: Ready, Built: 2})
	tab.Until(`loads === 2 && store === "2"`)
}

// testPatchesWithoutEnd patches more modules than the hub keeps patches: a page
// that has taken them all stays, and one that lacks the oldest reloads.
func testPatchesWithoutEnd(t *testing.T, browser *browsertest.Browser) {
	const many = mostPatches + 5
	var modules []string
	for i := range many {
		modules = append(modules, scripted(fmt.Sprintf("m%d.ts", i), "1", "1", "hot.accept()"))
	}
	s := newHotSite(t, hotPage(modules...))
	awake, asleep := browser.Open(s.url), browser.Open(s.url)
	s.joined(t, 2)
	browsertest.Eval[bool](asleep, `(Object.defineProperty(document, "hidden", {value: true, configurable: true}), true)`)
	for i := range many {
		id := fmt.Sprintf("m%d.ts", i)
		s.patch(patchOf(2, map[Module]string{{id, "2", "self"}: scripted(id, "2", "1", "hot.accept()")}))
		awake.Until(fmt.Sprintf(`ran.at(-1) === "%s 2"`, id))
	}
	s.hub.Errors(problems()[:1])
	awake.Until(browsertest.DotShown)
	awake.Until(fmt.Sprintf(`loads === 1 && ran.length === %d`, 2*many))
	browsertest.Eval[bool](asleep, `(delete document.hidden, document.dispatchEvent(new Event("visibilitychange")))`)
	asleep.Until(`loads === 2`)
	awake.Quiet()
}
