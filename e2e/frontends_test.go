//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
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

// TestFrontends starts front ends that nobody here wrote, the templates of
// create-vite, without a line of configuration, and edits them.
func TestFrontends(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("drives a browser; run without -short")
	}
	templates := t.TempDir()
	npm(t, templates, "install", "create-vite@9.3.0")
	browser := browsertest.Start(t)
	for _, f := range []struct{ template, file, sheet string }{
		{"react-ts", "src/App.tsx", "src/index.css"},
		{"preact-ts", "src/app.tsx", "src/index.css"},
		{"lit-ts", "index.html", "src/index.css"},
		{"vanilla-ts", "src/main.ts", "src/style.css"},
	} {
		t.Run(f.template, func(t *testing.T) {
			p := newSmall(t, map[string]string{"main.go": notFoundMain})
			web := filepath.Join(p.dir, "web")
			if err := os.CopyFS(web, os.DirFS(filepath.Join(templates, "node_modules/create-vite/template-"+f.template))); err != nil {
				t.Fatal(err)
			}
			npm(t, web, "install", "--omit=dev", "--no-package-lock")
			s := p.start()
			tab := browser.For(t).Open(s.url)
			says := func(text string) string { return "document.body.innerText.includes('" + text + "')" }
			tab.Until(says("Get started"))
			s.Outcome(func() { p.edit("web/"+f.file, "Get started", "Begin here") })
			tab.Until(says("Begin here"))
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
