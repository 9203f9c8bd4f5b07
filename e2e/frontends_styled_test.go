//go:build unix

package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

const rootPage = `<!doctype html><html><head><link rel="icon" href="data:,"></head>
<body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>
`

// TestMaterial bundles MUI, whose packages are ES modules and CommonJS in turn
// and style at run time.
func TestMaterial(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"main.go":        notFoundMain,
		"web/index.html": rootPage,
		"web/package.json": `{"private": true, "type": "module", "dependencies": {"@emotion/react": "11.14.0", "@emotion/styled": "11.14.1",
			"@mui/material": "7.3.5", "react": "19.2.0", "react-dom": "19.2.0"}}`,
		"web/tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx", "module": "esnext", "moduleResolution": "bundler"}}`,
		"web/src/main.tsx": `import { createRoot } from "react-dom/client";
import { Button, CssBaseline, Dialog, TextField, ThemeProvider, createTheme } from "@mui/material";
import { useState } from "react";

const theme = createTheme({ palette: { primary: { main: "#123456" } } });

function App() {
  const [open, setOpen] = useState(false);
  return <ThemeProvider theme={theme}><CssBaseline />
    <TextField label="Name" defaultValue="Ada" />
    <Button variant="contained" onClick={() => setOpen(true)}>Remove it</Button>
    <Dialog open={open} onClose={() => setOpen(false)}><p>Are you sure?</p></Dialog>
  </ThemeProvider>;
}

createRoot(document.getElementById("root")!).render(<App />);
`,
	})
	npm(t, filepath.Join(p.dir, "web"), "install", "--no-package-lock")
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	const color = `getComputedStyle(document.querySelector("button") ?? document.body).backgroundColor === `
	tab.Until(color + `"rgb(18, 52, 86)"`)
	browsertest.Eval[bool](tab, `(document.querySelector("button").click(), true)`)
	tab.Until(`document.body.innerText.includes("Are you sure?")`)
	s.Outcome(func() { p.edit("web/src/main.tsx", "#123456", "#654321") })
	tab.Until(color + `"rgb(101, 67, 33)"`)
	tab.Quiet()
}

// TestTailwind makes a class that a script begins to use part of the sheet, in
// the one outcome of the save.
func TestTailwind(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"main.go":          notFoundMain,
		"web/index.html":   rootPage,
		"web/package.json": `{"private": true, "type": "module", "dependencies": {"tailwindcss": "4.1.17", "@tailwindcss/cli": "4.1.17"}}`,
		"web/src/main.tsx": `import "./made.css";
document.querySelector("#root")!.innerHTML = '<p class="text-left">Hello</p>';
export {};
`,
		"web/src/input.css": `@import "tailwindcss" source("./");` + "\n",
		"devtool.toml": `[[generate]]
run = "npx --prefix web tailwindcss -i web/src/input.css -o web/src/made.css"
inputs = ["web/src/input.css", "web/src/*.tsx"]
outputs = ["web/src/made.css"]
`,
	})
	npm(t, filepath.Join(p.dir, "web"), "install", "--no-package-lock")
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	aligned := func(to string) string {
		return `getComputedStyle(document.querySelector("p") ?? document.body).textAlign === "` + to + `"`
	}
	tab.Until(aligned("left"))
	mark := s.Mark()
	s.Outcome(func() { p.edit("web/src/main.tsx", "text-left", "text-right") })
	tab.Until(aligned("right"))
	if got := s.Outcome(func() { p.edit("web/src/input.css", "@import", "p { order: 7 }\n@import") }); got.Result == "failed" {
		t.Errorf("outcome %+v", got)
	}
	if all := outcomes(s, mark); len(all) != 2 {
		t.Errorf("%d outcomes of two saves: %+v", len(all), all)
	}
	tab.Quiet()
}
