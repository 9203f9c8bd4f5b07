package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packages are what npm installs, for all contenders alike.
const packages = `{
  "private": true,
  "dependencies": {"react": "19.3.1", "react-dom": "19.3.1"},
  "devDependencies": {"vite": "8.3.8", "@vitejs/plugin-react": "6.3.0", "esbuild": "0.28.2"}
}
`

// The files in which the edits are.
const (
	sheetFile     = "src/app.css"
	componentFile = "src/edited.tsx"
)

func component(token string) string {
	return fmt.Sprintf(`import { useState } from "react";
export function Edited() {
  const [n, set] = useState(0);
  return <p id="token" data-state={n} onClick={() => set(n + 1)}>%s</p>;
}
`, token)
}

func sheet(margin string) string {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, ".card-%d { color: rgb(%d, 40, 80); padding: %dpx }\n", i, i%256, i%16)
	}
	return b.String() + "#token { scroll-margin-left: " + margin + " }\n"
}

// writeProject writes a React project of so many modules into dir, and what
// the contender needs besides.
func writeProject(t *testing.T, dir string, modules int, extra map[string]string) {
	t.Helper()
	files := map[string]string{
		"tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx"}}`,
		sheetFile:       sheet("1px"),
		componentFile:   component("first"),
		"src/main.tsx": `import { createRoot } from "react-dom/client";
import "./app.css";
import { App } from "./app";
createRoot(document.getElementById("root")!).render(<App />);
`,
	}
	var imports, uses strings.Builder
	for i := range modules {
		files[fmt.Sprintf("src/cards/card%d.tsx", i)] = fmt.Sprintf(`import { useMemo } from "react";
export interface Props { title: string; weight?: number }
export function Card%[1]d({ title, weight = %[1]d }: Props) {
  const words = useMemo(() => title.split(" ").map((word) => word.toUpperCase()), [title]);
  return <div className="card-%[2]d" data-weight={weight}><b>{words.join("-")}</b><i>{weight * 2}</i></div>;
}
`, i, i%300)
		fmt.Fprintf(&imports, "import { Card%[1]d } from \"./cards/card%[1]d\";\n", i)
		fmt.Fprintf(&uses, "    <Card%[1]d title=\"card number %[1]d\" />\n", i)
	}
	files["src/app.tsx"] = "import { Edited } from \"./edited\";\n" + imports.String() +
		"export const App = () => <main>\n    <Edited />\n" + uses.String() + "  </main>;\n"
	for name, text := range extra {
		files[name] = text
	}
	for name, text := range files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// htmlPage is the document of all; assets is what its head loads.
func htmlPage(assets string) string {
	return `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,">` + assets + `</head><body><div id="root"></div></body></html>`
}
