package bundle

import (
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

const hotMain = `
import { createRoot } from "react-dom/client"
import App from "./App"
createRoot(document.querySelector("#root")).render(<App/>)
`

const counter = `
export default function App() {
  const [n, setN] = useState(0)
  return <button onClick={() => setN(n + 1)}>old {n}</button>
}
`

// hotStep is a save and what the page then shows.
type hotStep struct {
	save   map[string]string
	shows  string
	reason string // why there is no patch
}

// TestHotReact clicks all buttons once, so that they show 1, then saves.
func TestHotReact(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	modules := npm(t, "react@19.3.1", "react-dom@19.3.1")
	app := func(text string) map[string]string { return map[string]string{"web/App.tsx": text} }
	for name, test := range map[string]struct {
		files map[string]string
		steps []hotStep
	}{
		"markup": {
			files: app("import { useState } from 'react'" + counter),
			steps: []hotStep{
				{save: app("import { useState } from 'react'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>new {n}</button>\n}\n"), shows: "new 1"},
				{save: app("import { useState } from 'react'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>newer {n}</button>\n}\n"), shows: "newer 1"},
				{save: app("import { useState } from 'react'\nexport default function App() {\n const [n, setN] = useState(5)\n return <button onClick={() => setN(n + 1)}>reset {n}</button>\n}\n"), shows: "reset 5"},
				{save: app("import { useState } from 'react'\nexport default function App() {\n const [m] = useState(1)\n const [n, setN] = useState(7)\n return <button onClick={() => setN(n + 1)}>more {m} {n}</button>\n}\n"), shows: "more 1 7"},
			},
		},
		"private component": {
			files: app("import { useState } from 'react'\nconst Row = () => {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>row {n}</button>\n}\nexport default function App() { return <Row/> }\n"),
			steps: []hotStep{
				{save: app("import { useState } from 'react'\nconst Row = () => {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>line {n}</button>\n}\nexport default function App() { return <Row/> }\n"), shows: "line 1"},
			},
		},
		"custom hook in another file": {
			files: map[string]string{
				"web/App.tsx":  "import { useCount } from './hooks'\nexport default function App() {\n const [n, add] = useCount()\n return <button onClick={add}>{n}</button>\n}\n",
				"web/hooks.ts": "import { useState } from 'react'\nexport function useCount() {\n const [n, setN] = useState(0)\n return [n, () => setN(n + 1)] as const\n}\n",
			},
			steps: []hotStep{
				{save: map[string]string{"web/App.tsx": "import { useCount } from './hooks'\nexport default function App() {\n const [n, add] = useCount()\n return <button onClick={add}>App {n}</button>\n}\n"}, shows: "App 1"},
				{save: map[string]string{"web/hooks.ts": "import { useState } from 'react'\nexport function useCount() {\n const [n, setN] = useState(0)\n return [n + 10, () => setN(n + 1)] as const\n}\n"}, shows: "App 11"},
				{save: map[string]string{"web/hooks.ts": "import { useState, useRef } from 'react'\nexport function useCount() {\n const [n, setN] = useState(0)\n const r = useRef(3)\n return [n + r.current, () => setN(n + 1)] as const\n}\n"}, shows: "App 3"},
			},
		},
		"memo, forwardRef and their like": {
			files: map[string]string{
				"web/App.tsx":   "import Memo, { Both, Named } from './parts'\nexport default function App() { return <><Memo/><Both/><Named/></> }\n",
				"web/parts.tsx": wrapped("a"),
			},
			steps: []hotStep{{save: map[string]string{"web/parts.tsx": wrapped("b")}, shows: "b1b1b1"}},
		},
		"class": {
			files: map[string]string{
				"web/App.tsx": "import { Old } from './Old'\nexport default function App() { return <Old/> }\n",
				"web/Old.tsx": "import { Component } from 'react'\nexport class Old extends Component { state = { n: 0 }\n render() { return <button onClick={() => this.setState({ n: this.state.n + 1 })}>a{this.state.n}</button> } }\n",
			},
			steps: []hotStep{{save: map[string]string{"web/Old.tsx": "import { Component } from 'react'\nexport class Old extends Component { state = { n: 0 }\n render() { return <button onClick={() => this.setState({ n: this.state.n + 1 })}>b{this.state.n}</button> } }\n"}, shows: "b0"}},
		},
		"mixed exports": {
			files: map[string]string{
				"web/App.tsx": "import { useState } from 'react'\nimport { Row, height } from './Row'\nexport default function App() {\n const [n, setN] = useState(0)\n return <><button onClick={() => setN(n + 1)}>{height} {n}</button><Row/></>\n}\n",
				"web/Row.tsx": "export const height = 1\nexport function Row() { return <i>row</i> }\n",
			},
			steps: []hotStep{{save: map[string]string{"web/Row.tsx": "export const height = 2\nexport function Row() { return <i>line</i> }\n"}, shows: "2 1line"}},
		},
		"barrel, star, cycle": {
			files: map[string]string{
				"web/App.tsx":      "import { useState } from 'react'\nimport { Row, text } from './all'\nexport const title = 'T'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>{text()} {n} <Row/></button>\n}\n",
				"web/main.tsx":     "import { createRoot } from 'react-dom/client'\nimport { Shell } from './Shell'\ncreateRoot(document.querySelector('#root')!).render(<Shell/>)\n",
				"web/Shell.tsx":    "import App from './App'\nexport function Shell() { return <App/> }\n",
				"web/all/index.ts": "export * from './Row'\nexport { text } from './text'\n",
				"web/all/Row.tsx":  "import { title } from '../App'\nexport function Row() { return <i>{title}</i> }\n",
				"web/all/text.ts":  "export const text = () => 'x'\n",
			},
			steps: []hotStep{
				{save: map[string]string{"web/all/Row.tsx": "import { title } from '../App'\nexport function Row() { return <i>{title}{title}</i> }\n"}, shows: "x 1 TT"},
				{save: map[string]string{"web/all/text.ts": "export const text = () => 'y'\n"}, shows: "y 1 TT"},
			},
		},
		"new module": {
			files: map[string]string{
				"web/App.tsx": "import { useState } from 'react'" + counter,
			},
			steps: []hotStep{
				{save: map[string]string{
					"web/App.tsx":   "import { useState } from 'react'\nimport { Extra } from './Extra'\nimport data from './data.json'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>{n} <Extra/> {data.a}</button>\n}\n",
					"web/Extra.tsx": "export function Extra() { return <>extra</> }\n",
					"web/data.json": "{\"a\": 1}",
				}, shows: "1 extra 1"},
				{save: map[string]string{"web/Extra.tsx": "export function Extra() { return <>more</> }\n"}, shows: "1 more 1"},
				{save: map[string]string{"web/data.json": "{\"a\": 2}"}, shows: "1 more 2"},
			},
		},
		"context and store keep their identity": {
			files: map[string]string{
				"web/App.tsx":  "import { useState } from 'react'\nimport { Ctx } from './ctx'\nimport { Leaf } from './Leaf'\nimport { store } from './store'\nexport default function App() {\n const [n, setN] = useState(0)\n store.n = n\n return <Ctx.Provider value={n}><button onClick={() => setN(n + 1)}>b</button><Leaf/></Ctx.Provider>\n}\n",
				"web/ctx.ts":   "import { createContext } from 'react'\nexport const Ctx = createContext(-1)\n",
				"web/store.ts": "export const store = { n: -1 }\n",
				"web/Leaf.tsx": "import { useContext } from 'react'\nimport { Ctx } from './ctx'\nimport { store } from './store'\nexport const Leaf = () => { const v = useContext(Ctx); return <i>{v}{store.n}</i> }\n",
			},
			steps: []hotStep{{save: map[string]string{"web/Leaf.tsx": "import { useContext } from 'react'\nimport { Ctx } from './ctx'\nimport { store } from './store'\nexport const Leaf = () => { const v = useContext(Ctx); return <i>leaf {v}{store.n}</i> }\n"}, shows: "bleaf 11"}},
		},
		"CSS module": {
			files: map[string]string{
				"web/App.tsx":      "import { useState } from 'react'\nimport css from './a.module.css'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button className={css.big} onClick={() => setN(n + 1)}>{n} {css.big} {css.small}</button>\n}\n",
				"web/a.module.css": ".big { color: red }\n",
			},
			steps: []hotStep{{save: map[string]string{"web/a.module.css": ".big { color: red }\n.small { color: blue }\n"}, shows: "1 a_big a_small"}},
		},
		"settings beside the sources": {
			files: map[string]string{
				"package.json": "{}", "web/tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx", "paths": {"@/*": ["./*"]}}}`,
				"web/App.tsx":      "import { useState } from 'react'\nimport { label } from '@/label'\nimport css from '@/a.module.css'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>{label} {n} {css.a}</button>\n}\n",
				"web/label.ts":     "export const label = 'one'\n",
				"web/a.module.css": ".a { color: red }\n.b { color: red }",
			},
			steps: []hotStep{
				{save: map[string]string{"web/label.ts": "export const label = 'two'\n"}, shows: "two 1 a_a"},
				{save: app("import { useState } from 'react'\nimport { label } from '/web/label'\nimport css from '@/a.module.css'\nexport default function App() {\n const [n, setN] = useState(0)\n return <button onClick={() => setN(n + 1)}>{label} {n} {css.b}</button>\n}\n"), shows: "two 1 a_b"},
				{save: map[string]string{"web/a.module.css": ".a { color: red }\n"}, shows: "two 1"},
			},
		},
		"no acceptor": {
			files: map[string]string{
				"web/App.tsx":  "import { useState } from 'react'" + counter,
				"web/setup.ts": "export const setup = 1\n",
				"web/main.tsx": "import './setup'" + hotMain,
			},
			steps: []hotStep{{save: map[string]string{"web/setup.ts": "export const setup = 2\n"}, reason: "web/setup.ts has no accepting importer"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"package.json": `{"type": "module", "dependencies": {"react": "*", "react-dom": "*"}}`,
				"web/main.tsx": hotMain,
			}
			for name, text := range test.files {
				files[name] = text
			}
			p := openHot(t, browser.For(t), modules, files)
			browsertest.Eval[any](p.tab, "document.querySelectorAll('button').forEach(b => b.click())")
			for _, step := range test.steps {
				if step.reason != "" {
					if _, reason := p.save(step.save); reason != step.reason {
						t.Errorf("saved %q: the reason is %q, want %q", step.save, reason, step.reason)
					}
					continue
				}
				p.mustPatch(step.save)
				p.shows(step.shows)
			}
			p.tab.Quiet()
		})
	}
}

func wrapped(text string) string {
	return `import { useState, memo, forwardRef } from "react"
export default memo(() => { const [n, setN] = useState(0); return <button onClick={() => setN(n + 1)}>` + text + `{n}</button> })
export const Both = memo(forwardRef<HTMLButtonElement>((props, ref) => { const [n, setN] = useState(0); return <button ref={ref} onClick={() => setN(n + 1)}>` + text + `{n}</button> }))
function Inner() { const [n, setN] = useState(0); return <button onClick={() => setN(n + 1)}>` + text + `{n}</button> }
export const Named = memo(Inner)
`
}
