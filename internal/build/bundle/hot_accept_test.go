package bundle

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// acceptStep is a save, or a script that the page runs, and what the page has
// logged since the step before.
type acceptStep struct {
	save   map[string]string
	run    string
	logs   string // joined by blanks
	reason string // why there is no patch; "any" for any
	doubt  bool   // the page sees that it cannot take the patch
}

func TestHotAccept(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	for name, test := range map[string]struct {
		files map[string]string
		steps []acceptStep
	}{
		"itself, with state": {
			files: map[string]string{
				"web/main.ts": "import './clock'",
				"web/clock.ts": `const n: number = import.meta.hot?.data.n ?? 0
log.push("one", n)
import.meta.hot?.dispose((data) => { log.push("dispose"); data.n = n + 1 })
import.meta.hot?.accept((m) => log.push("accepted", m.name))
export const name = "first"
`,
			},
			steps: []acceptStep{
				{logs: "one 0"},
				{save: map[string]string{"web/clock.ts": `log.push("two", import.meta.hot?.data.n)
import.meta.hot?.dispose((data) => { data.n = 7 })
import.meta.hot?.accept()
export const name = "second"`}, logs: "dispose two 1 accepted second"},
				{save: map[string]string{"web/clock.ts": `log.push("three", import.meta.hot?.data.n)`}, logs: "three 7"},
				{save: map[string]string{"web/clock.ts": `log.push("four")`}, reason: "web/clock.ts is no ES module"},
			},
		},
		"a dependency": {
			files: map[string]string{
				"web/main.ts":      "import { name } from './dep'\nimport { other } from './sub/other.js'\nlog.push(name, other)\nimport.meta.hot?.accept('./dep', (m) => log.push('dep', m.name))\nif (import.meta.hot) import.meta.hot.accept(['./sub/other.js'], ([m]) => log.push('other', m.other))\n",
				"web/dep.ts":       "import { text } from './text'\nexport const name = text + 1",
				"web/text.ts":      "export const text = 'a'",
				"web/sub/other.ts": "export const other = 'o'",
			},
			steps: []acceptStep{
				{logs: "a1 o"},
				{save: map[string]string{"web/dep.ts": "import { text } from './text'\nexport const name = text + 2"}, logs: "dep a2"},
				{save: map[string]string{"web/text.ts": "export const text = 'b'"}, logs: "dep b2"},
				{save: map[string]string{"web/sub/other.ts": "export const other = 'p'"}, logs: "other p"},
				{save: map[string]string{"web/text.ts": "export const text = 'c'", "web/sub/other.ts": "export const other = 'q'"}, logs: "other q dep c2"},
			},
		},
		"a cycle": {
			files: map[string]string{
				"web/main.ts": "import './a'\nimport.meta.hot?.accept('./a', () => log.push('accepted'))",
				"web/a.ts":    "import { b } from './b'\nexport const a = () => 'a'\nlog.push(b())",
				"web/b.ts":    "import { a } from './a'\nexport const b = () => a() + 'b'",
			},
			steps: []acceptStep{
				{logs: "ab"},
				{save: map[string]string{"web/b.ts": "import { a } from './a'\nexport const b = () => a() + 'B'"}, logs: "aB accepted"},
				{save: map[string]string{"web/a.ts": "import { b } from './b'\nexport const a = () => 'A'\nlog.push(b())"}, logs: "AB accepted"},
			},
		},
		"values": {
			files: map[string]string{
				"web/main.ts":   "import './show'",
				"web/show.ts":   "import { a } from './data.json'\nimport note from './note.txt?raw'\nimport logo from './logo.svg'\nimport list from './data.json'\nlog.push(a, note, /logo-\\w+\\.svg/.test(logo), list.b)\nimport.meta.hot?.accept()",
				"web/data.json": `{"a": 1, "b": 2}`, "web/note.txt": "n", "web/logo.svg": "<svg/>",
			},
			steps: []acceptStep{
				{logs: "1 n true 2"},
				{save: map[string]string{"web/data.json": `{"a": 3, "b": 4}`}, logs: "3 n true 4"},
				{save: map[string]string{"web/note.txt": "m"}, logs: "3 m true 4"},
				{save: map[string]string{"web/logo.svg": "<svg></svg>"}, logs: "3 m true 4"},
			},
		},
		"on demand": {
			files: map[string]string{
				"web/main.ts":   "import { open } from './menu'\nwindow.open2 = open",
				"web/menu.ts":   "import './shared'\nexport const open = () => import('./page').then((m) => log.push(m.text))\nimport.meta.hot?.accept((m) => { window.open2 = m.open })",
				"web/page.ts":   "import { shared } from './shared'\nexport const text = 'page' + shared.n++\nlog.push('ran')\nimport.meta.hot?.accept((m) => log.push('new', m.text))",
				"web/shared.ts": "export const shared = { n: 0 }",
			},
			steps: []acceptStep{
				{logs: ""},
				{save: map[string]string{"web/menu.ts": "import './shared'\nexport const open = () => import('./page').then((m) => log.push('menu', m.text))\nimport.meta.hot?.accept((m) => { window.open2 = m.open })"}, logs: ""},
				{run: "open2()", logs: "ran menu page0"},
				{run: "open2()", logs: "menu page0"},
				{save: map[string]string{"web/page.ts": "import { shared } from './shared'\nexport const text = 'side' + shared.n++\nimport.meta.hot?.accept()"}, logs: "new side1"},
			},
		},
		"on demand, changed before": {
			files: map[string]string{
				"web/main.ts": "window.open2 = () => import('./page').then((m) => log.push(m.text()))",
				"web/page.ts": "let text = 'old'\nexport { text as first }\nexport const text2 = () => text\nexport { text2 as text }\nimport.meta.hot?.accept((m) => { text = m.first })",
			},
			steps: []acceptStep{
				{logs: ""},
				{save: map[string]string{"web/page.ts": "let text = 'new'\nexport { text as first }\nexport const text2 = () => text\nexport { text2 as text }\nimport.meta.hot?.accept((m) => { text = m.first })"}, logs: ""},
				{run: "new Promise(done => { const look = () => open2().then(() => log.at(-1) === 'new' ? done(log.splice(0, log.length - 1)) : setTimeout(look, 5)); look() })", logs: "new"},
			},
		},
		"imports more": {
			files: map[string]string{
				"web/main.ts": "import './a'\nimport './b'\nwindow.open2 = () => import('./late')",
				"web/a.ts":    "log.push('a')\nimport.meta.hot?.accept()",
				"web/b.ts":    "log.push('b')\nexport const b = { n: 1 }",
				"web/late.ts": "log.push('late')\nexport const late = 1",
			},
			steps: []acceptStep{
				{logs: "a b"},
				{save: map[string]string{"web/a.ts": "import { b } from './b'\nimport { fresh } from './fresh'\nlog.push('a', b.n++, fresh.n++)\nimport.meta.hot?.accept()", "web/fresh.ts": "log.push('fresh')\nexport const fresh = { n: 5 }"}, logs: "fresh a 1 5"},
				{save: map[string]string{"web/a.ts": "import { b } from './b'\nimport { fresh } from './fresh'\nlog.push('A', b.n++, fresh.n++)\nimport.meta.hot?.accept()"}, logs: "A 2 6"},
				{save: map[string]string{"web/a.ts": "import { c } from './b'\nlog.push(c)\nimport.meta.hot?.accept()"}, reason: "web/b.ts does not export c"},
				{save: map[string]string{"web/a.ts": "import { late } from './late'\nlog.push('a', late)\nimport.meta.hot?.accept()"}, logs: "", doubt: true},
			},
		},
		"waits": {
			files: map[string]string{
				"web/main.ts":  "import './a'",
				"web/a.ts":     "import { waits } from './waits'\nlog.push('a' + waits)\nimport.meta.hot?.accept()",
				"web/waits.ts": "export const waits = await Promise.resolve(1)",
			},
			steps: []acceptStep{
				{logs: "a1"},
				{save: map[string]string{"web/a.ts": "import { waits } from './waits'\nlog.push('b' + waits)\nimport.meta.hot?.accept()"}, logs: "b1"},
				{save: map[string]string{"web/a.ts": "import { waits } from './waits'\nlog.push('c' + waits + await 2)\nimport.meta.hot?.accept()"}, reason: "any"},
			},
		},
		"odd texts": {
			files: map[string]string{
				"web/main.ts": "import './a'\nimport './b'",
				"web/a.ts":    "\ufeff// nothing\nexport default class {}\nlog.push('a')\nimport.meta.hot?.accept() // end",
				"web/b.ts":    "#!/usr/bin/env node\nlog.push('b')\nimport.meta.hot?.accept() /* end */",
			},
			steps: []acceptStep{
				{logs: "a b"},
				{save: map[string]string{"web/a.ts": "\ufeff// nothing\r\nlog.push('aa')\r\nimport.meta.hot?.accept() // end"}, logs: "aa"},
				{save: map[string]string{"web/b.ts": "#!/usr/bin/env node\nlog.push('bb')\nimport.meta.hot?.accept() /* end"}, reason: "any"},
				{save: map[string]string{"web/b.ts": "#!/usr/bin/env node\nlog.push('bbb')\nimport.meta.hot?.accept() /* end */"}, logs: "bbb"},
			},
		},
		"what was not patched counts later": {
			files: map[string]string{
				"web/main.ts": "import './a'\nimport './b'",
				"web/a.ts":    "import { c } from './c'\nlog.push('a', c)\nimport.meta.hot?.accept()",
				"web/b.ts":    "log.push('b')\nimport.meta.hot?.accept()",
				"web/c.ts":    "export const c = 1",
			},
			steps: []acceptStep{
				{logs: "a 1 b"},
				{save: map[string]string{"web/b.ts": "log.push('b2'", "web/c.ts": "export const c = 2"}, reason: "any"},
				{save: map[string]string{"web/b.ts": "log.push('b2')\nimport.meta.hot?.accept()"}, logs: "b2 a 2"},
			},
		},
		"packages know nothing of it": {
			files: map[string]string{
				"web/main.ts":             "import { x } from 'x'\nlog.push(x)\nimport.meta.hot?.accept()",
				"node_modules/x/index.js": "export const x = import.meta.hot ? 'hot' : 'cold'",
			},
			steps: []acceptStep{{logs: "cold"}, {save: map[string]string{"web/main.ts": "import { x } from 'x'\nlog.push('now', x)\nimport.meta.hot?.accept()"}, logs: "now cold"}},
		},
		"a worker": {
			files: map[string]string{
				"web/main.ts": "import './a'",
				"web/a.ts":    "const w = new Worker(new URL('./w.ts', import.meta.url))\nw.onmessage = (e) => log.push(e.data)\nlog.push('a')\nimport.meta.hot?.accept()",
				"web/w.ts":    "postMessage(import.meta.hot ? 'hot' : 'cold')",
			},
			steps: []acceptStep{
				{run: "new Promise(done => { const look = () => log.includes('cold') ? done() : setTimeout(look, 5); look() })", logs: "a cold"},
				{save: map[string]string{"web/a.ts": "log.push('A', new URL('./w.ts', import.meta.url).href.length > 5)\nimport.meta.hot?.accept()"}, reason: "any"},
				{save: map[string]string{"web/a.ts": "log.push('A')\nconst w = new Worker(new URL('./w.ts', import.meta.url))\nimport.meta.hot?.accept()"}, logs: "A"},
				{save: map[string]string{"web/w.ts": "postMessage('other')"}, reason: "any"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openHot(t, browser.For(t), "", test.files)
			for _, step := range test.steps {
				if step.run != "" {
					browsertest.Eval[any](p.tab, "Promise.resolve("+step.run+").then(() => null)")
				}
				patches, reason := []Patch(nil), ""
				if step.save != nil {
					patches, reason = p.save(step.save)
				}
				if want := step.reason; want != reason && (want != "any" || reason == "") {
					t.Errorf("saved %q: the reason is %q, want %q", step.save, reason, want)
				}
				if got := browsertest.Eval[string](p.tab, "log.splice(0).join(' ')"); got != step.logs {
					t.Errorf("after %q%q the page logs %q, want %q (%d patches)", step.save, step.run, got, step.logs, len(patches))
				}
				doubts := browsertest.Eval[[]string](p.tab, "doubts")
				if step.doubt != (len(doubts) > 0) {
					t.Errorf("saved %q: the page doubts %q", slices.Sorted(maps.Keys(step.save)), doubts)
				}
			}
		})
	}
}

// TestPatchShowsSources looks at what a patch tells developer tools.
func TestPatchShowsSources(t *testing.T) {
	t.Parallel()
	text := "export const a = 1\n\nimport.meta.hot?.accept()\nthrow new Error('here')\n"
	dir := tree(t, map[string]string{"web/main.ts": "import './a'", "web/a.ts": "export const a = 0; import.meta.hot?.accept()"})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}, Hot: true})
	mustBuild(t, web)
	patches, reason := web.Patch(t.Context(), []string{write(t, dir, "web/a.ts", text)})
	if len(patches) != 1 {
		t.Fatal(reason)
	}
	sources := sourcesIn(t, Outputs{"x.js.map": {Contents: patches[0].Map}})
	delete(sources, "<define:import.meta.env>")
	if got := sources["../../web/a.ts"]; got != text || len(sources) != 1 {
		t.Errorf("sources %q, want the text of a.ts alone", sources)
	}
	if strings.Contains(string(patches[0].Contents), dir) {
		t.Errorf("the patch names the directory of the project")
	}
}
