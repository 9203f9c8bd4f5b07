package gobuild

import (
	"path"
	"path/filepath"
	"strings"
)

// Relevant reports whether a change of the file at path, which is absolute, can
// change what is built. removed says that path no longer exists; it may have been
// a directory then.
func (g Graph) Relevant(path string, removed bool) bool {
	if g.files[path] {
		return true
	}
	// A file that build constraints exclude is not an input, but an edit of it
	// counts, because it may remove them.
	_, inGraph := g.packages[filepath.Dir(path)]
	if (inGraph || g.Incomplete && within(g.root, path)) && g.source(path) {
		return true
	}
	if removed && g.holdsInput(path) {
		return true
	}
	for dir, e := range g.packages {
		if within(dir, path) && e.takes(dir, path) {
			return true
		}
	}
	return false
}

// Embeds reports whether the file or directory at path is embedded, in whole or
// in part, or would be if it existed.
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

// source reports whether the go command would compile a file with this name: not
// a test, not hidden, not for another platform.
func (g Graph) source(path string) bool {
	dir, name := filepath.Split(path)
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	match, err := g.target.MatchFile(dir, name)
	return err == nil && match
}

// takes reports whether a pattern of the package in dir matches the file or a
// directory above it. Everything in a matching directory counts, except hidden
// files.
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

// leadsTo reports whether a pattern may match something below the directory.
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
