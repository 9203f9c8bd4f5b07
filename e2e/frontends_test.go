//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// notFoundMain is a program that leaves all pages to the front end.
const notFoundMain = `package main

import (
	"net/http"
	"os"
)

func main() { http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.NotFoundHandler()) }
`

// npm runs it in a directory.
func npm(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	command := exec.CommandContext(t.Context(), "npm", append(args, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("npm %q: %v\n%s", args, err, out)
	}
}

// everydayTemplates are those that are started each time.
var everydayTemplates = []string{"9 react-ts", "9 lit-ts", "9 vanilla", "7 preact-ts", "7 react"}

// TestFrontends starts front ends that nobody here wrote, the templates of
// create-vite, without a line of configuration, and edits them. All of them take
// some minutes:
//
//	VITE_FORMS=all go test -timeout 0 -run TestFrontends ./e2e
func TestFrontends(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("drives a browser; run without -short")
	}
	templates := t.TempDir()
	npm(t, templates, "install", "create-vite-9@npm:create-vite@9.3.0", "create-vite-7@npm:create-vite@7.1.3")
	browser := browsertest.Start(t)
	for _, f := range []struct{ version, template, file, sheet, heading string }{
		{"9", "react-ts", "src/App.tsx", "src/index.css", "Get started"},
		{"9", "preact-ts", "src/app.tsx", "src/index.css", "Get started"},
		{"9", "lit-ts", "index.html", "src/index.css", "Get started"},
		{"9", "vanilla-ts", "src/main.ts", "src/style.css", "Get started"},
		{"9", "react", "src/App.jsx", "src/index.css", "Get started"},
		{"9", "preact", "src/app.jsx", "src/index.css", "Get started"},
		{"9", "lit", "index.html", "src/index.css", "Get started"},
		{"9", "vanilla", "src/main.js", "src/style.css", "Get started"},
		{"7", "react-ts", "src/App.tsx", "src/index.css", "Vite + React"},
		{"7", "preact-ts", "src/app.tsx", "src/index.css", "Vite + Preact"},
		{"7", "lit-ts", "index.html", "src/index.css", "Vite + Lit"},
		{"7", "vanilla-ts", "src/main.ts", "src/style.css", "Vite + TypeScript"},
		{"7", "react", "src/App.jsx", "src/index.css", "Vite + React"},
		{"7", "preact", "src/app.jsx", "src/index.css", "Vite + Preact"},
		{"7", "lit", "index.html", "src/index.css", "Vite + Lit"},
		{"7", "vanilla", "src/main.js", "src/style.css", "Hello Vite!"},
	} {
		if os.Getenv("VITE_FORMS") != "all" && !slices.Contains(everydayTemplates, f.version+" "+f.template) {
			continue
		}
		t.Run("create-vite-"+f.version+"-"+f.template, func(t *testing.T) {
			p := newSmall(t, map[string]string{"main.go": notFoundMain})
			web := filepath.Join(p.dir, "web")
			if err := os.CopyFS(web, os.DirFS(filepath.Join(templates, "node_modules/create-vite-"+f.version+"/template-"+f.template))); err != nil {
				t.Fatal(err)
			}
			npm(t, web, "install", "--omit=dev", "--no-package-lock")
			s := p.start()
			tab := browser.For(t).Open(s.url)
			says := func(text string) string { return "document.body.innerText.includes('" + text + "')" }
			tab.Until(says(f.heading))
			s.Outcome(func() {
				text := p.read("web/" + f.file)
				at := strings.LastIndex(text, f.heading) // index.html has it in its title, too
				p.write("web/"+f.file, text[:at]+"Begin here"+text[at+len(f.heading):])
			})
			tab.Until(says("Begin here"))
			tab.Until("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
			browsertest.Eval[string](tab, `window.mark = "still here"`)
			got := s.Outcome(func() { p.write("web/"+f.sheet, p.read("web/"+f.sheet)+"\nbody { --edited: yes }\n") })
			tab.Until(`getComputedStyle(document.body).getPropertyValue("--edited") === "yes"`)
			if stages := strings.Join(got.StageNames(), " "); browsertest.Eval[string](tab, "String(window.mark)") != "still here" {
				t.Errorf("the sheet was not swapped: %s, %s", got.Result, stages)
			}
			tab.Quiet()
		})
	}
}
