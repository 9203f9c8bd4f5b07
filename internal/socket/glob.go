package socket

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Globs chooses files by patterns: "*.py" in any directory, "templates" with
// all below it, "api/**/*.sql", "." for everything.
type Globs struct {
	patterns []string
}

// ParseGlobs checks the patterns, which are relative to the directory that is
// watched and use forward slashes.
func ParseGlobs(patterns []string) (Globs, error) {
	var g Globs
	for _, text := range patterns {
		pattern := path.Clean(text)
		switch {
		case text == "" || path.IsAbs(pattern) || pattern == ".." || strings.HasPrefix(pattern, "../"):
			return Globs{}, fmt.Errorf("watch pattern %q: want one below the current directory", text)
		case !doublestar.ValidatePattern(pattern):
			return Globs{}, fmt.Errorf("watch pattern %q: a bracket or brace is not closed", text)
		case pattern == ".":
			pattern = "**"
		case !strings.Contains(text, "/"):
			pattern = "**/" + pattern
		}
		g.patterns = append(g.patterns, pattern)
	}
	return g, nil
}

// Match tells whether the file is chosen; its name is relative to the directory
// that is watched, with forward slashes.
func (g Globs) Match(name string) bool {
	for _, pattern := range g.patterns {
		// The second is for patterns that name a directory.
		if doublestar.MatchUnvalidated(pattern, name) || doublestar.MatchUnvalidated(pattern+"/**", name) {
			return true
		}
	}
	return false
}
