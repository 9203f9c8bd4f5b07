package devserver

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/calendsync/devtool/internal/config"
)

// TestApplicable edits one setting at a time.
func TestApplicable(t *testing.T) {
	t.Parallel()
	project := func() *config.Config {
		c := config.Default()
		c.Web.EntryPoints = []string{"/p/web/main.ts"}
		return c
	}
	for name, tt := range map[string]struct {
		edit           func(*config.Config)
		applied, later []string
		want           effects
	}{
		"arguments":      {func(c *config.Config) { c.App.Args = []string{"x"} }, []string{"app.args"}, nil, effects{restart: true}},
		"drain time":     {func(c *config.Config) { c.App.DrainTimeout++ }, []string{"app.drain_timeout"}, nil, effects{}},
		"tags":           {func(c *config.Config) { c.Go.Tags = []string{"x"} }, []string{"go.tags"}, nil, effects{golang: true}},
		"define":         {func(c *config.Config) { c.Web.Define = map[string]string{"A": "1"} }, []string{"web.define"}, nil, effects{web: true}},
		"rules":          {func(c *config.Config) { c.Rules = []config.Rule{{Action: "ignore"}} }, []string{"rule"}, nil, effects{}},
		"overlay":        {func(c *config.Config) { c.Overlay.Enabled = false }, []string{"overlay.enabled"}, nil, effects{overlay: true}},
		"port":           {func(c *config.Config) { c.Server.Port++ }, nil, []string{"server.port"}, effects{}},
		"stdin":          {func(c *config.Config) { c.App.Stdin = true }, nil, []string{"app.stdin"}, effects{}},
		"written to":     {func(c *config.Config) { c.Web.WriteDir = "/p/dist" }, nil, []string{"web.write_dir"}, effects{}},
		"no web at all":  {func(c *config.Config) { c.Web.EntryPoints = nil }, nil, []string{"web.entry_points"}, effects{}},
		"generators":     {func(c *config.Config) { c.Generate = []config.Generate{{Name: "x"}} }, nil, []string{"generate"}, effects{}},
		"some of either": {func(c *config.Config) { c.Server.Host, c.Go.Race = "::1", true }, []string{"go.race"}, []string{"server.host"}, effects{golang: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held, edited := project(), project()
			tt.edit(edited)
			next := applicable(held, edited)
			applied, later := next.Changed(held), edited.Changed(next)
			if !slices.Equal(applied, tt.applied) || !slices.Equal(later, tt.later) {
				t.Errorf("applied %v, later %v; want %v, %v", applied, later, tt.applied, tt.later)
			}
			if got := consequences(applied); got != tt.want {
				t.Errorf("consequences of %v = %+v, want %+v", applied, got, tt.want)
			}
		})
	}
}

func TestSettingsProblems(t *testing.T) {
	t.Parallel()
	s := locator{root: "/p"}
	err := fmt.Errorf("read: %w", errors.Join(
		&config.Error{File: "/p/devtool.toml", Line: 2, Column: 1, Text: "unknown key", Hint: "did you mean x?"},
		&config.Error{Source: "DEVTOOL_X", Text: "no number"},
	))
	got := s.settingsProblems(err)
	if len(got) != 2 || got[0].File != "devtool.toml" || got[0].Line != 2 || got[0].Text != "unknown key" || len(got[0].Notes) != 1 || got[1].Text != "DEVTOOL_X: no number" {
		t.Errorf("got %+v", got)
	}
}
