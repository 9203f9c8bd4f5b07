//go:build unix

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
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
