//go:build unix

package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// viteScript serves the front end in the current directory, in development or, if its
// argument says so, as it is built, and prints the address. The output is elsewhere.
const viteScript = `import { createServer, build, preview } from "vite"
let server
if (process.argv[2] === "development") {
  server = await (await createServer({ logLevel: "error", server: { port: 0, host: "127.0.0.1" } })).listen()
} else {
  const output = { outDir: process.argv[3], emptyOutDir: true }
  await build({ logLevel: "error", build: output })
  server = await preview({ logLevel: "error", build: output, preview: { port: 0, host: "127.0.0.1" } })
}
console.log(JSON.stringify("http://127.0.0.1:" + server.httpServer.address().port))
process.stdin.on("end", () => process.exit()).resume()
`

// frontEndForm is a small front end that shows one thing. Its files are those of
// testdata/vite/NAME.txtar, in web/; the comment of the archive may name the paths
// to open and, after "error:", what devtool says instead.
type frontEndForm struct {
	name  string
	files []txtar.File
	paths []string
	fails string
}

func frontEndForms(t *testing.T) (forms []frontEndForm) {
	t.Helper()
	archives, err := filepath.Glob("testdata/vite/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no forms: %v", err)
	}
	for _, archive := range archives {
		parsed, err := txtar.ParseFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		f := frontEndForm{name: strings.TrimSuffix(filepath.Base(archive), ".txtar"), files: parsed.Files, paths: []string{"/"}}
		for line := range strings.Lines(string(parsed.Comment)) {
			if paths, ok := strings.CutPrefix(line, "paths:"); ok {
				f.paths = strings.Fields(paths)
			}
			if fails, ok := strings.CutPrefix(line, "error:"); ok {
				f.fails = strings.TrimSpace(fails)
			}
		}
		forms = append(forms, f)
	}
	return forms
}

// visible is what a person and the scripts of a page see.
const visible = `JSON.stringify([window.out ?? [], document.title, document.body.innerText, [...document.querySelectorAll("[data-look]")].map((e) =>
	[e.textContent, getComputedStyle(e).color, getComputedStyle(e).fontWeight, e.naturalWidth ?? "", getComputedStyle(e).backgroundImage !== "none"])], null, 1)`

// everydayForms are those that are compared each time.
var everydayForms = []string{"assets", "env", "inline-module", "public-and-root", "react-js", "relative", "worker"}

// TestSameAsVite serves front ends by Vite and by devtool, in development and as
// they are built, and compares what is seen. All of them take some minutes:
//
//	VITE_FORMS=all go test -timeout 0 -run TestSameAsVite ./e2e
func TestSameAsVite(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("drives a browser; run without -short")
	}
	top := t.TempDir()
	npm(t, top, "install", "--legacy-peer-deps", "vite@8.4.0", "@vitejs/plugin-react@6.1.0", "react@19", "react-dom@19", "preact@10", "@preact/preset-vite@2", "sass@1")
	if err := os.WriteFile(filepath.Join(top, "vite.mjs"), []byte(viteScript), 0o644); err != nil {
		t.Fatal(err)
	}
	browser := browsertest.Start(t)
	for _, f := range frontEndForms(t) {
		if os.Getenv("VITE_FORMS") != "all" && !slices.Contains(everydayForms, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			p := f.project(t, filepath.Join(top, f.name))
			s := p.startOnly()
			url := s.Await("the address", devtooltest.OfType("listening")).URLs[0]
			first := s.Await("the first build", devtooltest.Finished(1))
			if f.fails != "" {
				if len(first.Problems) == 0 || !strings.Contains(first.Problems[0].Message, f.fails) || first.Problems[0].Line == 0 {
					t.Errorf("problems %+v, want %q at a place", first.Problems, f.fails)
				}
				return
			}
			vite := []string{startVite(t, top, p.dir, "development"), startVite(t, top, p.dir, "production")}
			build := exec.CommandContext(t.Context(), binary, "build")
			build.Dir, build.Env = p.dir, devtooltest.Environ(t, t.TempDir())
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("devtool build: %v\n%s", err, out)
			}
			ours := []string{url, serveDir(t, filepath.Join(p.dir, "dist", "public"))}
			for i, mode := range []string{"development", "production"} {
				for _, path := range f.paths {
					want, got := lookAt(t, browser, vite[i]+path), lookAt(t, browser, ours[i]+path)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s, %s (-Vite +devtool):\n%s", mode, path, diff)
					}
				}
			}
		})
	}
}

// TestFormsAreDocumented checks that the table in docs/frontends.md has every form.
func TestFormsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/frontends.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frontEndForms(t) {
		if os.Getenv("VITE_FORMS") != "all" && !slices.Contains(everydayForms, f.name) {
			continue
		}
		if !strings.Contains(string(text), "`"+f.name+"`") {
			t.Errorf("docs/frontends.md does not have the form %s", f.name)
		}
	}
}

func (f frontEndForm) project(t *testing.T, dir string) *project {
	t.Helper()
	p := &project{t: t, dir: dir}
	files := append(slices.Clone(f.files), txtar.File{Name: "../go.mod", Data: []byte("module small\n\ngo 1.26.0\n")}, txtar.File{Name: "../main.go", Data: []byte(notFoundMain)})
	if !slices.ContainsFunc(files, func(f txtar.File) bool { return f.Name == "package.json" }) {
		files = append(files, txtar.File{Name: "package.json", Data: []byte(`{"type": "module"}`)})
	}
	for _, file := range files {
		name := filepath.Join(dir, "web", file.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// startVite serves the front end of a project by Vite until the test ends.
func startVite(t *testing.T, top, dir, mode string) (url string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "node", filepath.Join(top, "vite.mjs"), mode, filepath.Join(t.TempDir(), "dist"))
	command.Dir, command.Stderr = filepath.Join(dir, "web"), os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &url) != nil {
		t.Fatalf("vite said %q: %v", line, err)
	}
	return url
}

// lookAt returns what is seen at a URL, once a script has said that all is done.
func lookAt(t *testing.T, browser *browsertest.Browser, url string) string {
	t.Helper()
	tab := browser.For(t).Open(url)
	// Not tab.Until, which would fail the test: Vite's page may be the one that is broken.
	browsertest.Eval[bool](tab, `new Promise((done) => { const begun = Date.now(), again = setInterval(() => {
		if (window.done === true || Date.now() - begun > 10000) { clearInterval(again); done(true) } }, 20) })`)
	text := browsertest.Eval[string](tab, visible)
	return fmt.Sprintln(text, strings.Join(tab.Complaints(), "\n"))
}
