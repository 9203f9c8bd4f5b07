//go:build unix

package e2e_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
)

// TestHotRealPackages edits an application of well-known packages at ten depths: a
// router with routes loaded on demand, components and themes of MUI, a store, and
// queries.
func TestHotRealPackages(t *testing.T) {
	t.Parallel()
	packages := reactPackages(t, "react-router@7.9.4", "@mui/material@7.3.4", "@emotion/react@11.14.0", "@emotion/styled@11.14.1",
		"zustand@5.0.8", "@tanstack/react-query@5.90.2")
	files := hotFiles()
	for name, text := range map[string]string{
		"web/main.tsx": `import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App"
import "./app.css"
window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1)
createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>)
`,
		"web/App.tsx": `import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { ThemeProvider } from "@mui/material"
import { RouterProvider } from "react-router/dom"
import { theme } from "./theme"
import { router } from "./router"
const queries = new QueryClient()
export function App() {
  return <QueryClientProvider client={queries}><ThemeProvider theme={theme}><RouterProvider router={router} /></ThemeProvider></QueryClientProvider>
}
`,
		"web/theme.ts": `import { createTheme } from "@mui/material"
export const theme = createTheme({ palette: { primary: { main: "#010101" } } })
`,
		"web/router.tsx": `import { lazy, Suspense } from "react"
import { createBrowserRouter } from "react-router"
import { Layout } from "./Layout"
const Details = lazy(() => import("./Details"))
export const router = createBrowserRouter([{ path: "/", Component: Layout, children: [
  { index: true, lazy: () => import("./Home").then((m) => ({ Component: m.Home })) },
  { path: "details", element: <Suspense><Details /></Suspense> },
] }])
`,
		"web/Layout.tsx": `import { Button } from "@mui/material"
import { Link, Outlet } from "react-router"
import { useBasket } from "./store"
import { Badge } from "./Badge"
export function Layout() {
  const { items, add } = useBasket()
  return <><Button id="add" variant="contained" onClick={add}>add</Button><Badge n={items} /><Link id="go" to="/details">go</Link><p id="layout">layout one</p><Outlet /></>
}
`,
		"web/store.ts": `import { create } from "zustand"
export const useBasket = create<{ items: number; add: () => void }>((set) => ({ items: 0, add: () => set((s) => ({ items: s.items + step })) }))
const step = 1
`,
		"web/Badge.tsx": `import { memo } from "react"
import { Chip } from "@mui/material"
import { plural } from "./text"
export const Badge = memo(({ n }: { n: number }) => <Chip id="badge" label={n + plural(n)} />)
`,
		"web/text.ts": `export const plural = (n: number) => n === 1 ? " item" : " items"
`,
		"web/Home.tsx": `import { useQuery } from "@tanstack/react-query"
import { Dialog, TextField } from "@mui/material"
import { useForm } from "./useForm"
export function Home() {
  const form = useForm()
  const { data } = useQuery({ queryKey: ["x"], queryFn: async () => "fetched" })
  return <section><TextField id="field" value={form.text} onChange={form.change} /><button id="open" onClick={form.toggle}>open</button>
    <p id="home">home one {data}</p><Dialog open={form.open} disablePortal><p id="dialog">dialog one</p></Dialog></section>
}
`,
		"web/useForm.ts": `import { useState, type ChangeEvent } from "react"
export function useForm() {
  const [text, set] = useState("")
  const [open, setOpen] = useState(false)
  return { text, open, change: (e: ChangeEvent<HTMLInputElement>) => set(e.target.value), toggle: () => setOpen(!open) }
}
`,
		"web/Details.tsx": `import { forwardRef } from "react"
const Inner = forwardRef<HTMLParagraphElement>((_, ref) => <p id="details" ref={ref}>details one</p>)
export default function Details() { return <Inner /> }
`,
	} {
		files[name] = text
	}
	a := newHotApp(t, browsertest.Start(t), packages, files)
	a.tab.Until(shows("#home", "home one fetched"))
	a.tab.Do(chromedp.SendKeys("#field", "half"))
	press := func(id string) {
		browsertest.Eval[bool](a.tab, fmt.Sprintf(`(document.querySelector(%q).click(), true)`, id))
	}
	press("#add")
	press("#add")
	press("#open")
	a.tab.Until(shows("#badge", "2 items") + `&& document.querySelector("#dialog")`)
	for _, edit := range []struct{ file, old, new, shows string }{
		{"Home.tsx", "home one", "home two", shows("#home", "home two fetched")},
		{"Home.tsx", "dialog one", "dialog two", shows("#dialog", "dialog two")},
		{"Layout.tsx", "layout one", "layout two", shows("#layout", "layout two")},
		{"Badge.tsx", "n + plural", "'now ' + n + plural", shows("#badge", "now 2 items")},
		{"text.ts", `" items"`, `" things"`, shows("#badge", "now 2 things")},
		{"useForm.ts", "setOpen(!open)", "setOpen((is) => !is)", shows("#dialog", "dialog two")},
		{"theme.ts", "#010101", "#020202", `getComputedStyle(document.querySelector("#add")).backgroundColor === "rgb(2, 2, 2)"`},
		{"App.tsx", "<ThemeProvider", "<ThemeProvider defaultMode=\"light\"", shows("#home", "home two fetched")},
	} {
		a.hot(func() { a.edit("web/"+edit.file, edit.old, edit.new) })
		a.tab.Until(edit.shows + `&& document.querySelector("#field").value === "half" && document.querySelector("#dialog") && loads === 1`)
	}
	press("#go")
	a.tab.Until(shows("#details", "details one"))
	a.hot(func() { a.edit("web/Details.tsx", "details one", "details two") })
	a.tab.Until(shows("#details", "details two") + "&&" + shows("#badge", "now 2 things"))
	a.hot(func() { a.edit("web/store.ts", "items: 0", "items: 7") }) // what the store held is gone with it
	a.tab.Until(shows("#badge", "now 7 things") + "&&" + shows("#details", "details two") + "&& loads === 1")
	a.tab.Quiet()
}
