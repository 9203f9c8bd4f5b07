//go:build unix

package web_test

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
)

var loads = flag.Int("loads", 0, "loads of the first page of each contender; 0 compares nothing")

// iconPackages are what npm installs for the pages of TestFirstPage.
const iconPackages = `{
  "private": true,
  "dependencies": {
    "react": "19.3.1", "react-dom": "19.3.1", "lucide-react": "0.468.0",
    "@mui/icons-material": "6.4.2", "@mui/material": "6.4.2", "@emotion/react": "11.14.0", "@emotion/styled": "11.14.0"
  },
  "overrides": {"react": "19.3.1", "react-dom": "19.3.1"},
  "devDependencies": {"esbuild": "0.28.2"}
}
`

// iconPages are programs that take little from packages of thousands of modules.
var iconPages = []struct{ name, program string }{
	{"an icon of lucide-react", `import { createRoot } from "react-dom/client";
import { Check } from "lucide-react";
createRoot(document.getElementById("root")!).render(<p id="token"><Check /></p>);
`},
	{"an icon and three components of MUI", `import { createRoot } from "react-dom/client";
import { Delete } from "@mui/icons-material";
import { Button, Dialog, TextField } from "@mui/material";
const page = <p id="token"><Delete /><Button>Save</Button><TextField label="Name" /><Dialog open={false} /></p>;
createRoot(document.getElementById("root")!).render(page);
`},
}

// firstShown notes in the page when its icon is first there.
const firstShown = `<script>
	const look = () => {
		if (document.querySelector("#token svg")) window.shown = performance.now();
		else requestAnimationFrame(look);
	};
	look();
</script>`

// appWithTwoPages serves the page with what devtool bundled, and at /whole/ with
// what esbuild did.
var appWithTwoPages = fmt.Sprintf(`package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	page := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, text)
		}
	}
	http.Handle("/whole/assets/", http.StripPrefix("/whole/assets/", http.FileServer(http.Dir("whole"))))
	http.HandleFunc("/whole/", page(%q))
	http.HandleFunc("/", page(%q))
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`, htmlPage(firstShown+`<script src="/whole/assets/main.js" type="module"></script>`), htmlPage(firstShown+`<script src="/assets/main.js" type="module"></script>`))

// TestFirstPage prints how long a browser with an empty cache takes to show pages
// with icon libraries: bundled by devtool, which splits packages off, and by
// esbuild into one script. Both come through devtool.
func TestFirstPage(t *testing.T) {
	if *loads == 0 {
		t.Skip("compares devtool with esbuild; say how often, such as -loads 12")
	}
	tools := install(t, iconPackages)
	browser := browsertest.Start(t)
	for i, page := range iconPages {
		c := contenders()[0]
		dir := filepath.Join(tools, fmt.Sprintf("page-%d", i))
		c.files["tsconfig.json"], c.files["src/main.tsx"], c.files["main.go"] = `{"compilerOptions": {"jsx": "react-jsx"}}`, page.program, appWithTwoPages
		for name, text := range c.files {
			writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
		}
		whole := exec.CommandContext(t.Context(), filepath.Join(tools, "node_modules", ".bin", "esbuild"), append(esbuildOptions, "--outdir=whole")...)
		whole.Dir = dir
		if out, err := whole.CombinedOutput(); err != nil {
			t.Fatalf("esbuild: %v\n%s", err, out)
		}
		url, _ := start(t, dir, c, tools)
		urls := []string{url, url + "whole/"}
		took := make([][]time.Duration, len(urls))
		for n := range *loads + 1 { // the first of each waits for the build
			for i := range urls {
				which := (n + i) % len(urls)
				t.Run("", func(t *testing.T) { // at whose end the tab is closed
					tab := browser.For(t).Open(urls[which])
					tab.Until("window.shown")
					if ms := browsertest.Eval[float64](tab, "window.shown"); n > 0 {
						took[which] = append(took[which], time.Duration(ms*float64(time.Millisecond)))
					}
				})
			}
		}
		fmt.Printf("| %s | %s | %s | %.2f |\n", page.name, spread(took[0]), spread(took[1]), ratio(took[0], took[1]))
	}
}
