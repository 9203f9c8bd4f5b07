package devserver

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/crash"
	"github.com/calendsync/devtool/internal/editor"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/process"
)

// sources finds the files of a project by the names that tools, stacks and logs
// give them. It is a value, so that a failure is explained by the settings in
// force when the failed step began.
type sources struct {
	root  string // of the project
	goDir string // where its go.mod is
}

// outputLines is how much of what an app wrote before its end is shown.
const outputLines = 30

// crashProblem describes why an app did not start or did not keep running.
func (s sources) crashProblem(err error) problem.Problem {
	p := failureProblem(problem.App, err)
	var exit *process.ExitError
	var late *process.NotReadyError
	var setting *config.Error
	switch {
	case errors.As(err, &setting): // in an env file, whose path browsers must not learn
		p = s.settingsProblems(setting)[0]
		p.Source = problem.App
	case errors.As(err, &exit):
		p.Source = problem.Crash
		s.explainExit(&p, exit)
	case errors.As(err, &late):
		p.Output = lastLines(late.Tail, outputLines)
	}
	return p
}

// explainExit looks for the reason of an exit in the last lines of the app's
// output.
func (s sources) explainExit(p *problem.Problem, exit *process.ExitError) {
	p.Output = lastLines(exit.Tail, outputLines)
	if report, ok := crash.Parse(exit.Tail, s.own); ok {
		s.explainReport(p, report, exit.Tail)
		return
	}
	if exit.Signal != "" {
		if exit.Signal == "killed" {
			p.Notes = append(p.Notes, "nothing of devtool's sent that signal; the system does when memory runs out")
		}
		return
	}
	words := crash.LastWords(exit.Tail)
	if words.Text != "" {
		p.Text += ": " + words.Text
	}
	if strings.TrimSpace(p.Output) == words.Text {
		p.Output = "" // said already
	}
	if file := cmp.Or(s.sourceFile(words.File), s.uniqueFile(words.File)); file != "" {
		*p = p.At(file, words.Line, 0, problem.CodePoints).Under(s.root)
	}
}

// uniqueFile returns the only file of the project whose path ends in name, which
// is how error messages name templates. It returns "" if there is no such file or
// more than one.
func (s sources) uniqueFile(name string) string {
	if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	end, found := string(filepath.Separator)+filepath.FromSlash(name), ""
	err := filepath.WalkDir(s.root, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // cannot be read, so no source of the project
		case e.IsDir() && file != s.root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || e.Name() == "vendor"):
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

func (s sources) explainReport(p *problem.Problem, report crash.Report, output string) {
	ended := p.Text
	p.Text = plain(report.Text)
	p.Output = lastLines(output[:report.Begins], outputLines)
	for _, earlier := range report.Earlier {
		p.Notes = append(p.Notes, "while handling "+earlier)
	}
	if report.Goroutine != "" {
		ended += " in " + report.Goroutine
	}
	p.Notes = append(p.Notes, ended)
	for _, f := range report.Frames {
		file := f.File
		if found := s.sourceFile(file); found != "" {
			file = found
		}
		p.Frames = append(p.Frames, s.frame(f.Function, file, f.Line))
	}
	if at, ok := report.Place(); ok {
		if file := s.sourceFile(at.File); file != "" {
			*p = p.At(file, at.Line, 0, problem.CodePoints).Under(s.root)
		}
	}
}

// own reports whether a file in a stack is the user's own: not of the standard
// library, the module cache or a vendor directory.
func (s sources) own(file string) bool {
	file = s.sourceFile(file)
	rel, err := filepath.Rel(s.root, file)
	if file == "" || err != nil || !filepath.IsLocal(rel) {
		return false
	}
	rel = "/" + filepath.ToSlash(rel)
	for _, foreign := range []string{"/vendor/", "/pkg/mod/", "/node_modules/"} {
		if strings.Contains(rel, foreign) {
			return false
		}
	}
	return true
}

// sourceFile finds a file as a stack or a log names it: by its path or, with
// -trimpath, by its module's. It returns "" if there is no such file.
func (s sources) sourceFile(name string) string {
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
func (s sources) modulePath() string {
	text, err := os.ReadFile(filepath.Join(s.goDir, "go.mod"))
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
func (s sources) relative(file string) string { return problem.Relative(s.root, file) }

func (s sources) frame(function, file string, line int) problem.Frame {
	return problem.Frame{Function: function, File: s.relative(file), Line: line, Path: file}
}

// commands matches what a program sends to a terminal besides text: colours,
// cursor movements and titles.
var commands = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])`)

// plain returns a text without terminal commands, which browsers would show.
func plain(text string) string {
	text = commands.ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// lastLines returns the last n lines of a text, or fewer, made plain.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(plain(text), "\r\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
