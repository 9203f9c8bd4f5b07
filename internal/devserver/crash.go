package devserver

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/crash"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/process"
)

// outputLines is how much of what an app wrote before its end is shown.
const outputLines = 30

// crashProblem describes why an app did not start or did not keep running.
func (s locator) crashProblem(err error) problem.Problem {
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
func (s locator) explainExit(p *problem.Problem, exit *process.ExitError) {
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
	if file := cmp.Or(s.sourceFile(words.File), s.named(words.File)); s.own(file) {
		*p = p.At(file, words.Line, 0, problem.CodePoints).Under(s.root)
	}
}

func (s locator) explainReport(p *problem.Problem, report crash.Report, output string) {
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
	if words := crash.TemplateIn(report.Text); s.named(words.File) != "" {
		*p = p.At(s.named(words.File), words.Line, 0, problem.CodePoints).Under(s.root)
		return
	}
	if at, ok := report.Place(); ok {
		if file := s.sourceFile(at.File); file != "" {
			*p = p.At(file, at.Line, 0, problem.CodePoints).Under(s.root)
		}
	}
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
