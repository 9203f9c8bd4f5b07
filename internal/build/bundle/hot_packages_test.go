package bundle

import (
	"maps"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// realApplication is one of popular packages, with state of all kinds.
func realApplication() map[string]string {
	return map[string]string{
		"package.json": `{"type": "module", "dependencies": {"react": "*", "react-dom": "*"}}`,
		"web/main.tsx": `import { createRoot } from "react-dom/client"
import { StrictMode } from "react"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "react-router/dom"
import { router } from "./router"
const client = new QueryClient()
createRoot(document.querySelector("#root")!).render(<StrictMode><QueryClientProvider client={client}><RouterProvider router={router}/></QueryClientProvider></StrictMode>)
`,
		"web/router.tsx": `import { createBrowserRouter } from "react-router"
import { Shell } from "./Shell"
import Home from "./pages/Home"
export const router = createBrowserRouter([{ path: "/", element: <Shell/>, children: [
  { index: true, element: <Home/> },
  { path: "about", lazy: async () => ({ Component: (await import("./pages/About")).About }) },
] }])
`,
		"web/Shell.tsx": `import { Link, Outlet } from "react-router"
import { ThemeProvider, createTheme, Button } from "@mui/material"
import { useCart } from "./store"
const theme = createTheme({ palette: { primary: { main: "#123456" } } })
export function Shell() {
  const cart = useCart()
  return <ThemeProvider theme={theme}><nav>shell <Link to="/about">about</Link></nav>
    <Button id="add" onClick={cart.add}>add</Button><p id="cart">cart {cart.n}</p><Outlet/></ThemeProvider>
}
`,
		"web/store.ts": `import { create } from "zustand"
export const useCart = create<{ n: number, add(): void }>((set) => ({ n: 0, add: () => set((s) => ({ n: s.n + 1 })) }))
`,
		"web/pages/Home.tsx": `import { useState } from "react"
import { useQuery } from "@tanstack/react-query"
import { TextField, Dialog } from "@mui/material"
import { Counter } from "../Counter"
import { Title } from "../Title"
export default function Home() {
  const [open, setOpen] = useState(false)
  const { data } = useQuery({ queryKey: ["a"], queryFn: async () => "data", staleTime: Infinity })
  return <main><Title>home</Title><TextField id="field" defaultValue=""/><button id="open" onClick={() => setOpen(true)}>open</button>
    <Dialog open={open}><p id="dialog">dialog one</p></Dialog><p id="data">{data}</p><Counter/></main>
}
`,
		"web/Counter.tsx": `import { observer } from "mobx-react-lite"
import { useState } from "react"
import { counter } from "./tally"
export const Counter = observer(() => {
  const [own, setOwn] = useState(0)
  return <button id="counter" onClick={() => { counter.n++; setOwn(own + 1) }}>mobx {counter.n} own {own}</button>
})
`,
		"web/tally.ts": `import { observable } from "mobx"
export const counter = observable({ n: 0 })
`,
		"web/Title.tsx": `import styled from "styled-components"
export const Title = styled.h1` + "`color: rgb(1, 2, 3);`" + `
`,
		"web/pages/About.tsx": `import { useState } from "react"
export function About() { const [n, setN] = useState(0); return <button id="about" onClick={() => setN(n + 1)}>about {n}</button> }
`,
	}
}

// TestHotWithPackages edits an application of popular packages, all of whose
// state survives.
func TestHotWithPackages(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	modules := npm(t, "react@19.3.1", "react-dom@19.3.1", "react-router@8", "@mui/material", "@emotion/react", "@emotion/styled",
		"zustand", "@tanstack/react-query", "styled-components", "mobx", "mobx-react-lite")
	files := realApplication()
	p := openHot(t, browser, modules, files)
	p.tab.Until("document.querySelector('#data')?.innerText === 'data'")
	browsertest.Eval[any](p.tab, `(() => {
		for (const id of ["add", "add", "counter", "open"]) document.getElementById(id).click()
		const field = document.querySelector("#field"); field.value = "typed"; field.focus()
	})()`)
	p.tab.Until("document.querySelector('#dialog')")
	state := func(what string, want string) {
		t.Helper()
		got := browsertest.Eval[string](p.tab, `[...["cart", "counter", "dialog", "data"].map((id) => document.getElementById(id)?.innerText), document.querySelector("#field").value].join("|")`)
		if got != want {
			t.Errorf("%s: the page shows %q, want %q", what, got, want)
		}
	}
	state("before", "cart 2|mobx 1 own 1|dialog one|data|typed")
	edit := func(file, from, to string) {
		t.Helper()
		text := files[file]
		now := replaceOnce(t, text, from, to)
		files = maps.Clone(files)
		files[file] = now
		p.mustPatch(map[string]string{file: now})
	}
	edit("web/pages/Home.tsx", "dialog one", "dialog two")
	state("a page", "cart 2|mobx 1 own 1|dialog two|data|typed")
	edit("web/Counter.tsx", "mobx {", "MobX {")
	state("an observer", "cart 2|MobX 1 own 1|dialog two|data|typed")
	edit("web/Shell.tsx", "cart {", "basket {")
	state("the shell", "basket 2|MobX 1 own 1|dialog two|data|typed")
	edit("web/Title.tsx", "1, 2, 3", "4, 5, 6")
	state("a styled component", "basket 2|MobX 1 own 1|dialog two|data|typed")
	if got := browsertest.Eval[string](p.tab, "getComputedStyle(document.querySelector('h1')).color"); got != "rgb(4, 5, 6)" {
		t.Errorf("the title is %s", got)
	}
	browsertest.Eval[any](p.tab, "document.querySelector('nav a').click()")
	p.tab.Until("document.querySelector('#about')")
	browsertest.Eval[any](p.tab, "document.querySelector('#about').click()")
	edit("web/pages/About.tsx", "about {", "us {")
	if got := browsertest.Eval[string](p.tab, "document.querySelector('#about').innerText + document.querySelector('#cart').innerText"); got != "us 1basket 2" {
		t.Errorf("the page on demand shows %q", got)
	}
	if _, reason := p.save(map[string]string{"web/router.tsx": files["web/router.tsx"] + "\n"}); reason != "web/router.tsx has no accepting importer" {
		t.Errorf("the router: %q", reason)
	}
}
