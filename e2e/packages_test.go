//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
	"github.com/evanw/esbuild/pkg/api"
)

// pageWith is the program's part of a project whose page loads its bundle by
// that element.
func pageWith(script string) map[string]string {
	return map[string]string{
		"page.go":                             fmt.Sprintf("package main\n\nfunc page() string { return %q }\n", "<!doctype html><title>packages</title><body>"+script),
		"web/main.ts":                         "import greet from 'greet'\ndocument.body.dataset.says = greet('one')\n",
		"web/node_modules/greet/package.json": "{}",
		"web/node_modules/greet/index.js":     "module.exports = name => 'hello ' + name\n",
		"devtool.toml":                        "[web]\nentry_points = [\"web/main.ts\"]\n",
	}
}

// TestPackagesApart edits a program whose packages have a bundle of their own:
// the page does not ask for them again.
func TestPackagesApart(t *testing.T) {
	t.Parallel()
	p := newSmall(t, pageWith(`<script type="module" src="/assets/main.js"></script>`))
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.body.dataset.says === "hello one"`)
	packages := devtooltest.Get(t, s.url+"/assets/chunks/packages.js")
	if !strings.Contains(packages, "hello ") || strings.Contains(devtooltest.Get(t, s.url+"/assets/main.js"), "hello ") {
		t.Errorf("the package is not in its own bundle:\n%s", packages)
	}
	s.Outcome(func() { p.edit("web/main.ts", "one", "two") })
	tab.Until(`document.body.dataset.says === "hello two"`)
	if n := browsertest.Eval[int](tab, `performance.getEntriesByType("resource").find(({ name }) => name.includes("/packages.js")).transferSize`); n != 0 {
		t.Errorf("the packages were asked for again: %d bytes", n)
	}
	s.Outcome(func() {
		p.write("web/node_modules/greet/index.js", "module.exports = name => 'good day ' + name\n")
		p.edit("web/main.ts", "two", "three")
	})
	tab.Until(`document.body.dataset.says === "good day three"`)
	tab.Quiet()
}

// TestPackagesOfClassicScripts edits the same with a page that loads the bundle
// as a script that cannot import others.
func TestPackagesOfClassicScripts(t *testing.T) {
	t.Parallel()
	p := newSmall(t, pageWith(`<script defer src="/assets/main.js"></script>`))
	s := p.start("--verbose")
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.body.dataset.says === "hello one"`)
	s.Await("the reason", func(m devtooltest.Message) bool {
		return m.Type == "verbose" && strings.Contains(m.Text, `type="module"`)
	})
	s.Outcome(func() { p.edit("web/main.ts", "one", "two") })
	tab.Until(`document.body.dataset.says === "hello two"`)
}

// TestIconLibraries shows one icon of each of two libraries that export
// thousands: the page gets no more of them than esbuild alone would give it.
func TestIconLibraries(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installs from npm")
	}
	const program = `import { createRoot } from "react-dom/client"
import { Check } from "lucide-react"
import { Delete } from "@mui/icons-material"
const root = document.body.appendChild(document.createElement("div"))
createRoot(root).render(<p><Check /><Delete /></p>)
`
	files := pageWith(`<script type="module" src="/assets/main.js"></script>`)
	files["web/main.tsx"] = program
	files["web/tsconfig.json"] = `{"compilerOptions": {"jsx": "react-jsx"}}`
	files["devtool.toml"] = "[web]\nentry_points = [\"web/main.tsx\"]\n"
	p := newSmall(t, files)
	packages := filepath.Join(installed(t, "lucide-react@0.468.0", "@mui/icons-material@6.4.2", "@mui/material@6.4.2",
		"@emotion/react@11.14.0", "@emotion/styled@11.14.0", "react@18.3.1", "react-dom@18.3.1"), "node_modules")
	if err := os.RemoveAll(filepath.Join(p.dir, "web", "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(packages, filepath.Join(p.dir, "web", "node_modules")); err != nil {
		t.Fatal(err)
	}
	alone := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(p.dir, "web", "main.tsx")}, AbsWorkingDir: p.dir, Bundle: true, Format: api.FormatESModule,
		Outdir: filepath.Join(p.dir, "out"),
	})
	if len(alone.Errors) > 0 {
		t.Fatal(alone.Errors)
	}
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.querySelector(".lucide-check") && document.querySelector("[data-testid=DeleteIcon]")`)
	served := len(devtooltest.Get(t, s.url+"/assets/main.js")) + len(devtooltest.Get(t, s.url+"/assets/chunks/packages.js"))
	if limit := len(alone.OutputFiles[0].Contents) * 11 / 10; served > limit {
		t.Errorf("the page loads %d bytes of scripts, want at most %d", served, limit)
	}
	s.Outcome(func() { p.write("web/main.tsx", strings.ReplaceAll(program, "Check", "Plus")) })
	tab.Until(`document.querySelector(".lucide-plus")`)
	tab.Quiet()
}

// TestPackagesApartInWriteDir splits them also where the bundles are written to
// disk: a save writes the program's alone.
func TestPackagesApartInWriteDir(t *testing.T) {
	t.Parallel()
	files := pageWith(`<script type="module" src="/assets/main.js"></script>`)
	files["devtool.toml"] += "write_dir = \"dist\"\n"
	p := newSmall(t, files)
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.body.dataset.says === "hello one"`)
	packages := filepath.Join(p.dir, "dist", "chunks", "packages.js")
	before, err := os.Stat(packages)
	if err != nil {
		t.Fatal(err)
	}
	if got := devtooltest.Get(t, s.url+"/assets/chunks/packages.js"); got != p.read("dist/chunks/packages.js") {
		t.Errorf("the written packages differ from those that are served: %q", got)
	}
	s.Outcome(func() { p.edit("web/main.ts", "one", "two") })
	tab.Until(`document.body.dataset.says === "hello two"`)
	if got := devtooltest.Get(t, s.url+"/assets/main.js"); got != p.read("dist/main.js") {
		t.Errorf("the written bundle differs from the one that is served: %q", got)
	}
	if after, err := os.Stat(packages); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the packages were written again: %v", err)
	}
}

// TestClassicScriptsOfWriteDir has the app serve what was written, under a URL
// of its own, to a page that loads it as a script which cannot import others.
func TestClassicScriptsOfWriteDir(t *testing.T) {
	t.Parallel()
	files := pageWith(`<script defer src="/own/main.js"></script>`)
	files["own.go"] = `package main

import "net/http"

func init() { http.Handle("/own/", http.StripPrefix("/own/", http.FileServer(http.Dir("dist")))) }
`
	files["devtool.toml"] += "write_dir = \"dist\"\n"
	p := newSmall(t, files)
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.body.dataset.says === "hello one"`)
	s.Outcome(func() { p.edit("web/main.ts", "one", "two") })
	tab.Until(`document.body.dataset.says === "hello two"`)
}

// TestInstallMends starts without what is imported, and gets it in the ways of
// package managers: the page is mended without another save.
func TestInstallMends(t *testing.T) {
	t.Parallel()
	greet := map[string]string{"package.json": `{"name": "greet", "version": "1.0.0", "main": "lib/index.js"}`, "lib/index.js": "module.exports = name => 'hello ' + name\n"}
	put := func(p *project, dir string) {
		for _, name := range []string{"package.json", "lib/index.js"} {
			if err := os.MkdirAll(filepath.Join(p.dir, dir, filepath.Dir(name)), 0o755); err != nil {
				p.t.Fatal(err)
			}
			p.write(filepath.Join(dir, name), greet[name])
		}
	}
	link := func(p *project, from, to string) {
		if err := os.MkdirAll(filepath.Join(p.dir, filepath.Dir(to)), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(p.dir, from), filepath.Join(p.dir, to)); err != nil {
			p.t.Fatal(err)
		}
	}
	for name, install := range map[string]func(*project){
		"beside the program": func(p *project) { put(p, "web/node_modules/greet") },
		"at the root":        func(p *project) { put(p, "node_modules/greet") },
		"as pnpm does": func(p *project) {
			put(p, "web/node_modules/.pnpm/greet@1.0.0/node_modules/greet")
			link(p, "web/node_modules/.pnpm/greet@1.0.0/node_modules/greet", "web/node_modules/greet")
		},
		"a workspace": func(p *project) {
			put(p, "packages/greet")
			link(p, "packages/greet", "node_modules/greet")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := pageWith(`<script type="module" src="/assets/main.js"></script>`)
			delete(files, "web/node_modules/greet/package.json")
			delete(files, "web/node_modules/greet/index.js")
			files["web/package.json"] = `{"dependencies": {"greet": "1"}}`
			files[".gitignore"] = "node_modules\n"
			p := newSmall(t, files)
			s := p.start()
			if first := s.Await("the first outcome", devtooltest.Finished(1)); len(first.Problems) != 1 {
				t.Fatalf("without the package: %+v, want one problem", first)
			}
			tab := browsertest.Start(t).Open(s.url)
			install(p)
			tab.Until(`document.body.dataset.says === "hello one"`)
		})
	}
}

// TestPageEnv shows a variable of the front end's .env in a page, and edits it.
func TestPageEnv(t *testing.T) {
	t.Parallel()
	files := pageWith(`<script type="module" src="/assets/main.js"></script>`)
	files["web/package.json"] = "{}"
	files["web/.env"] = "VITE_SAYS=one\nSECRET=hidden\n"
	files["web/main.ts"] = "document.body.dataset.says = import.meta.env.VITE_SAYS + ' ' + import.meta.env.SECRET\n"
	p := newSmall(t, files)
	s := p.start()
	tab := browsertest.Start(t).Open(s.url)
	tab.Until(`document.body.dataset.says === "one undefined"`)
	s.Outcome(func() { p.edit("web/.env", "one", "two") })
	tab.Until(`document.body.dataset.says === "two undefined"`)
}
