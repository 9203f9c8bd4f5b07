//go:build unix

package e2e_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// installTypeScript puts the compiler where npm install would, or skips.
func (p *project) installTypeScript() {
	p.t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		p.t.Skip(err)
	}
	install := exec.CommandContext(p.t.Context(), npm, "install", "--no-save", "--prefer-offline", "--no-audit", "--no-fund", "typescript@7.0.2")
	install.Dir = p.dir
	if out, err := install.CombinedOutput(); err != nil {
		p.t.Skipf("npm install typescript: %v\n%s", err, out)
	}
}

// TestTypes makes and mends a mistake that only types show: the page is built
// all the same, and a warning comes and goes.
func TestTypes(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go":           "package main\n\nfunc page() string { return \"<!doctype html><script type=module src=/assets/main.js></script>\" }\n",
		"web/main.ts":       "export const day: number = 1;\nconsole.log(day);\n",
		"web/tsconfig.json": `{"compilerOptions": {"strict": true}, "include": ["*.ts"]}`,
		"package.json":      `{"private": true}`,
		".gitignore":        "node_modules\n",
	})
	p.installTypeScript()
	browser := browsertest.Start(t)
	s := p.start()
	tab := browser.Open(s.url)
	checked := func(problems int) func(devtooltest.Message) bool {
		return func(m devtooltest.Message) bool { return m.Type == "types-checked" && len(m.Problems) == problems }
	}

	// The compiler may not have begun to watch yet: either way it has to see this.
	got := s.Outcome(func() { p.edit("web/main.ts", "= 1", `= "one"`) })
	if got.Result != "reloaded" || len(got.Problems) > 0 {
		t.Errorf("outcome %+v, want a reload in spite of types", got)
	}
	found := s.Await("the warning", checked(1)).Problems[0]
	if found.Source != "tsc" || found.File != "web/main.ts" || found.Line != 1 || found.Column != 14 ||
		!strings.Contains(found.Message, "TS2322") || len(found.Excerpt) == 0 {
		t.Errorf("problem %+v, want a place in web/main.ts with an excerpt", found)
	}
	// A warning covers nothing; who opens it reads where and what.
	late := browser.Open(s.url)
	tab.Do(chromedp.Reload())
	for _, tab := range []*browsertest.Tab{tab, late} {
		tab.Until(browsertest.Says("1 warning"))
		if browsertest.Eval[bool](tab, browsertest.PanelShown) {
			t.Error("a warning opened the panel")
		}
		tab.Press(".dot")
		says(tab, "TypeScript warning", "web/main.ts:1:14", "TS2322", "export const day")
	}
	mark := s.Mark()
	s.Outcome(func() { p.edit("web/main.ts", `= "one"`, "= 1") })
	s.AwaitAfter(mark, "its end", checked(0))
	for _, tab := range []*browsertest.Tab{tab, late} {
		tab.Until("!(" + browsertest.PanelShown + ") && !(" + browsertest.DotShown + ")")
	}

	compilers := func() []string {
		return slices.DeleteFunc(children(t, p.dir), func(cmdline string) bool { return !strings.Contains(cmdline, "tsc") })
	}
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.After(devtooltest.Patience); len(compilers()) == 0; { // it may just have begun anew
		select {
		case <-pace.C:
		case <-deadline:
			t.Fatalf("no compiler runs in %s", p.dir)
		}
	}
	s.Stop()
	if left := compilers(); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

// TestTypesAreOffered: who asks for types to be checked is told what is missing.
func TestTypesAreOffered(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go":      "package main\n\nfunc page() string { return \"\" }\n",
		"web/main.ts":  "console.log(1);\n",
		"devtool.toml": "[web]\ntsc = true\n",
	})
	s := p.start()
	s.Await("advice", func(m devtooltest.Message) bool {
		return m.Type == "remark" && strings.Contains(m.Text, "types are not checked") && strings.Contains(m.Hint, "npm install")
	})
}
