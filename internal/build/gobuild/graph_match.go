package gobuild

import (
	"path"
	"path/filepath"
	"strings"
)

// Relevant tells whether a change of the file at path, absolute, can change
// what is built. removed tells that nothing is there any more; then path may
// have been a directory.
func (g Graph) Relevant(path string, removed bool) bool {
	if g.files[path] {
		return true
	}
	// A file that constraints leave out is no input, but an edit of it counts:
	// it may lift them.
	_, inGraph := g.packages[filepath.Dir(path)]
	if (inGraph || g.Incomplete && within(g.root, path)) && g.source(path) {
		return true
	}
	if removed {
		return g.holdsInput(path)
	}
	for dir, e := range g.packages {
		if within(dir, path) && e.takes(dir, path) {
			return true
		}
	}
	return false
}

// Embeds tells whether the file or directory at path is embedded, or would be
// if it existed, in whole or in part.
func (g Graph) Embeds(path string) bool {
	for dir, e := range g.packages {
		for _, file := range e.files {
			if within(path, file) {
				return true
			}
		}
		if within(dir, path) && (e.takes(dir, path) || e.leadsTo(dir, path)) {
			return true
		}
	}
	return false
}

func (g Graph) holdsInput(dir string) bool {
	for file := range g.files {
		if within(dir, file) {
			return true
		}
	}
	return false
}

// source tells whether the go command would compile a file of this name: not a
// test, not hidden, not of another platform.
func (g Graph) source(path string) bool {
	dir, name := filepath.Split(path)
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	match, err := g.target.MatchFile(dir, name)
	return err == nil && match
}

// takes tells whether a pattern of the package in dir matches the file, or a
// directory above it: then all within counts but what is hidden.
func (e embed) takes(dir, file string) bool {
	names := relativeNames(dir, file)
	for _, pattern := range e.patterns {
		pattern, all := strings.CutPrefix(pattern, "all:")
		for i := range names {
			if match, _ := path.Match(pattern, strings.Join(names[:i+1], "/")); match && (all || !anyHidden(names[i+1:])) {
				return true
			}
		}
		if pattern == "." && (all || !anyHidden(names)) {
			return true
		}
	}
	return false
}

// leadsTo tells whether a pattern matches something below the directory.
func (e embed) leadsTo(dir, below string) bool {
	names := relativeNames(dir, below)
	for _, pattern := range e.patterns {
		pattern = strings.TrimPrefix(pattern, "all:")
		if parts := strings.Split(pattern, "/"); len(parts) > len(names) {
			if match, _ := path.Match(strings.Join(parts[:len(names)], "/"), strings.Join(names, "/")); match {
				return true
			}
		}
	}
	return false
}

func relativeNames(dir, file string) []string {
	rest := strings.Trim(filepath.ToSlash(strings.TrimPrefix(file, dir)), "/")
	if rest == "" {
		return nil
	}
	return strings.Split(rest, "/")
}

func anyHidden(names []string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			return true
		}
	}
	return false
}
