package watch

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/regular"
)

// scope is the ignore rules in force in a directory: those of one file, which
// override those of the files around it.
type scope struct {
	outer *scope
	dir   string // rules are relative to it
	rules []rule
}

// rule is one line of a .gitignore file.
type rule struct {
	negate   bool // "!": count again what an earlier rule ignored
	dirs     bool // a slash at the end: directories only
	anchored bool // a slash within: matches the path, not the last name
	glob     glob
}

// ignored reports whether the rules name path, a file or directory below s.dir.
// It does not ask about the directories above path: whoever walks a tree does not
// enter ignored ones.
func (s *scope) ignored(path string, dir bool) bool {
	base := filepath.Base(path)
	for ; s != nil; s = s.outer {
		if len(s.rules) == 0 {
			continue
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path[len(s.dir):], string(filepath.Separator)))
		for i := len(s.rules) - 1; i >= 0; i-- {
			if s.rules[i].matches(rel, base, dir) {
				return !s.rules[i].negate
			}
		}
	}
	return false
}

func (r *rule) matches(rel, base string, dir bool) bool {
	if r.dirs && !dir {
		return false
	}
	if r.anchored {
		return r.glob.match(rel)
	}
	return r.glob.match(base)
}

// with returns the scope of a directory whose ignore file is named, inside s. It
// is s itself if the file has no rules or cannot be read.
func (s *scope) with(dir, file string) *scope {
	text, err := readIgnoreFile(file)
	if err != nil {
		return s
	}
	rules := parseIgnore(text)
	if len(rules) == 0 {
		return s
	}
	return &scope{outer: s, dir: dir, rules: rules}
}

// readIgnoreFile refuses links, as git does.
func readIgnoreFile(file string) (string, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", os.ErrInvalid
	}
	text, err := regular.ReadFile(file)
	return string(text), err
}

// parseIgnore reads the lines of a .gitignore file, leaving out those that can
// match nothing.
func parseIgnore(text string) (rules []rule) {
	text = strings.TrimPrefix(text, "\ufeff")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line = strings.TrimSuffix(line, "\r")
		line, _, _ = strings.Cut(line, "\x00")
		if r, ok := parseRule(trimBlanks(line)); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

func parseRule(line string) (r rule, ok bool) {
	line, r.negate = strings.CutPrefix(line, "!")
	line, r.dirs = strings.CutSuffix(line, "/")
	r.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return rule{}, false
	}
	r.glob, ok = compileGlob(line)
	return r, ok
}

// trimBlanks removes the blanks at the end unless a backslash quotes them.
func trimBlanks(line string) string {
	end := 0 // behind the last byte that stays
	for i := 0; i < len(line); i++ {
		if line[i] == ' ' {
			continue
		}
		if line[i] == '\\' {
			if i++; i >= len(line) {
				return line
			}
		}
		end = i + 1
	}
	return line[:end]
}
