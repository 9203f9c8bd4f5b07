package socket

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Globs chooses files by patterns: "*.py" in any directory, "templates" with
// all below it, "api/**/*.sql", "." for everything. A pattern that begins with !
// takes files out again, wherever it stands.
type Globs struct {
	patterns, except []string
}

// ParseGlobs checks the patterns, which are relative to the directory that is
// watched and use forward slashes.
func ParseGlobs(patterns []string) (Globs, error) {
	var g Globs
	for _, given := range patterns {
		text, except := strings.CutPrefix(given, "!")
		pattern := path.Clean(text)
		switch {
		case text == "" || path.IsAbs(pattern) || pattern == ".." || strings.HasPrefix(pattern, "../"):
			return Globs{}, fmt.Errorf("watch pattern %q: want one below the current directory", given)
		case !doublestar.ValidatePattern(pattern):
			return Globs{}, fmt.Errorf("watch pattern %q: a bracket or brace is not closed", given)
		case pattern == ".":
			pattern = "**"
		case !strings.Contains(text, "/"):
			pattern = "**/" + pattern
		}
		if except {
			g.except = append(g.except, pattern)
		} else {
			g.patterns = append(g.patterns, pattern)
		}
	}
	if len(g.except) > 0 && len(g.patterns) == 0 {
		return Globs{}, fmt.Errorf("watch pattern %q only takes files out; add one that chooses some, such as \".\"", patterns[0])
	}
	return g, nil
}

// Match reports whether the file is chosen; its name is relative to the directory
// that is watched, with forward slashes.
func (g Globs) Match(name string) bool {
	return matchAny(g.patterns, name) && !matchAny(g.except, name)
}

func matchAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		// The second is for patterns that name a directory.
		if doublestar.MatchUnvalidated(pattern, name) || doublestar.MatchUnvalidated(pattern+"/**", name) {
			return true
		}
	}
	return false
}
