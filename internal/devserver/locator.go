package devserver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/editor"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/regular"
)

// locator finds the files of a project by the names that tools, stacks and logs
// give them. It is a value, so that a failure is explained by the settings in
// force when the failed step began.
type locator struct {
	root   string // of the project
	goDir  string // where its go.mod is
	appDir string // where the app runs
}

// own reports whether a file in a stack is the user's own: not of the standard
// library, the module cache or a vendor directory.
func (s locator) own(file string) bool {
	file = s.sourceFile(file)
	rel, err := filepath.Rel(s.root, file)
	if file == "" || err != nil || !filepath.IsLocal(rel) {
		return false
	}
	rel = "/" + filepath.ToSlash(rel)
	for _, foreign := range []string{"/vendor/", "/pkg/mod/", "/node_modules/", "/."} { // and what is hidden, as .env is
		if strings.Contains(rel, foreign) {
			return false
		}
	}
	return true
}

// sourceFile finds a file as a stack or a log names it: by its path or, with
// -trimpath, by its module's. It returns "" if there is no such file.
func (s locator) sourceFile(name string) string {
	if editor.IsShare(name) {
		return "" // not ours, so do not even look at it
	}
	file := filepath.FromSlash(name)
	if name != "" && !filepath.IsAbs(file) {
		dir := s.root
		if rest, ok := strings.CutPrefix(name, s.modulePath()+"/"); ok {
			dir, file = s.goDir, filepath.FromSlash(rest)
		}
		file = filepath.Join(dir, file)
	}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return file
}

// modulePath returns the module path in the project's go.mod, or "".
func (s locator) modulePath() string {
	text, err := regular.ReadFile(filepath.Join(s.goDir, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(line, "module "); ok {
			return strings.Trim(strings.TrimSpace(path), `"`)
		}
	}
	return ""
}

// relative returns a path relative to the project, for people.
func (s locator) relative(file string) string { return problem.Relative(s.root, file) }

func (s locator) frame(function, file string, line int) problem.Frame {
	return problem.Frame{Function: function, File: s.relative(file), Line: line, Path: file}
}

// named finds a file as the end of its path, which is how error messages name
// templates: the only such file where the app runs, else in the whole project. It
// returns "" if that is none, or if there are more.
func (s locator) named(name string) string {
	if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	if s.appDir != "" && inside(s.root, s.appDir) {
		if file := onlyFile(s.appDir, name); file != "" {
			return file
		}
	}
	return onlyFile(s.root, name)
}

// onlyFile returns the only file below dir whose path ends in name, or "".
func onlyFile(dir, name string) string {
	end, found := string(filepath.Separator)+filepath.FromSlash(name), ""
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // cannot be read, so no source of the project
		case e.IsDir() && file != dir && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || e.Name() == "vendor"):
			return fs.SkipDir
		case !e.Type().IsRegular() || !strings.HasSuffix(file, end):
			return nil
		case found != "":
			return errors.New("another one")
		}
		found = file
		return nil
	})
	if err != nil {
		return ""
	}
	return found
}
