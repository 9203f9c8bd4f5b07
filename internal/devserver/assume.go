package devserver

import (
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

// settled returns the first lines of a run: what is built and bundled, whether a
// setting or the project says so, and in which files.
func (p *project) settled(cfg *config.Config, found []config.Assumption) []policy.Assumed {
	var lines []policy.Assumed
	written := func(key, what, value string) {
		if from := cfg.Origin(key); value != "" && from.File != "" {
			lines = append(lines, policy.Assumed{What: what, Value: value, Why: filepath.Base(from.File)})
		}
	}
	written("go.package", "go", cfg.Go.Package)
	var entries []string
	for _, file := range cfg.Web.EntryPoints {
		entries = append(entries, p.relative(file))
	}
	written("web.entry_points", "web", strings.Join(entries, ", "))
	for _, a := range found {
		lines = append(lines, policy.Assumed(a))
	}
	if len(cfg.Files) == 0 {
		return append(lines, policy.Assumed{What: "config", Value: "none"})
	}
	return lines
}
