//go:build unix

package e2e_test

import (
	"slices"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestBrowserEditedSettings writes the first settings of a project while it is
// served: a mistake in them is in the page until it is mended, and what they say
// reaches the bundles and the overlay.
func TestBrowserEditedSettings(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.edit("web/main.ts", "const month", "document.title = GREETING\nconst month")
	p.write("web/env.d.ts", "declare const GREETING: string\n")
	p.write("devtool.toml", "[web]\ndefine = { GREETING = '\"first\"' }\n")
	browser := browsertest.Start(t)
	s := p.start()
	tab := browser.Open(s.url)
	tab.Until(`document.title === "first"`)

	p.edit("devtool.toml", "define", "defin")
	says(tab, "devtool.toml:2:1", `unknown key "defin"`, `did you mean "define"?`)
	p.edit("devtool.toml", "defin =", "define =")
	tab.Until("!(" + browsertest.PanelShown + ")")

	p.edit("devtool.toml", "first", "second")
	tab.Until(`document.title === "second"`)

	p.edit("devtool.toml", "[web]", "[overlay]\nenabled = false\n[web]")
	s.Await("the overlay's setting", func(m devtooltest.Message) bool { return slices.Equal(m.Applied, []string{"overlay.enabled"}) })
	mark := s.Mark()
	p.edit("devtool.toml", "enabled", "enable")
	s.AwaitAfter(mark, "the mistake", func(m devtooltest.Message) bool { return m.Type == "settings-read" && len(m.Problems) == 1 })
	p.edit("web/main.ts", "document.title", "document.body.dataset.seen = 'yes'; document.title")
	tab.Until(`document.body.dataset.seen === "yes"`)
	if got := browsertest.Eval[string](tab, browsertest.OverlayText); got != "" {
		t.Errorf("the overlay is switched off, and shows %q", got)
	}
}
