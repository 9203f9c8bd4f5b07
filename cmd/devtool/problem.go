package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// What a terminal shows at most; the page shows all.
const (
	mostFrames = 8  // of a stack
	mostShown  = 3  // problems with their source
	mostLines  = 10 // problems at all
)

// sgrCodes are the colours that a tool has put into its output.
var sgrCodes = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// crashed says that the app ended by itself.
func (t *terminal) crashed(m policy.AppCrashed) {
	t.flush(0)
	next := "waiting for a change"
	if m.After > 0 {
		next = "it starts again in " + human(time.Duration(m.After))
	}
	t.line(fmt.Sprintf("%s %s %s; %s", t.clock(time.Now()), pad("app", 28), t.style.red("✗ the app crashed"), next))
	for _, p := range m.Problems {
		if p.Repeated > 1 {
			t.line(t.style.dim(fmt.Sprintf("  the same again, %d times in a row: ", p.Repeated)) + short(p))
			continue
		}
		t.problem(p)
	}
}

// threw reports an error in a page.
func (t *terminal) threw(m policy.PageThrew) {
	t.flush(0)
	t.line(fmt.Sprintf("%s %s %s", t.clock(time.Now()), pad("browser", 28), t.style.dim(m.URL)))
	t.problem(m.Problem)
}

// problems prints those that are news, which come first, some of them with all that is known,
// and counts the rest. Off a terminal each has its line every time: editors
// forget the ones before when a build begins.
func (t *terminal) problems(all, news []problem.Problem) {
	lines := all
	if t.tty {
		lines = news[:min(len(news), mostLines)]
	}
	for i, p := range lines {
		if i < min(mostShown, len(news)) {
			t.problem(p)
		} else {
			t.headline(p)
		}
	}
	if more := len(all) - len(lines); more > 0 {
		t.line(t.style.dim(fmt.Sprintf("  and %d more, which the page shows", more)))
	}
}

// headline prints a problem as compilers do, so that editors find it.
func (t *terminal) headline(p problem.Problem) {
	t.lines(fmt.Sprintf("%s: %s ", t.style.bold(where(p)), t.paint(p)(string(p.Severity)+":")), p.Text)
}

func (t *terminal) paint(p problem.Problem) func(string) string {
	if p.Warns() {
		return t.style.yellow
	}
	return t.style.red
}

// problem prints a problem and what else is known below it.
func (t *terminal) problem(p problem.Problem) {
	t.headline(p)
	for _, line := range p.Excerpt {
		t.line(fmt.Sprintf("%s %s", t.style.dim(fmt.Sprintf("%5d │", line.Number)), line.Text))
		if p.Blames(line) && p.Column > 0 {
			t.line(t.style.dim(gutter) + p.Indent(line) + t.paint(p)("^"))
		}
	}
	frames := p.Frames
	if p.Source == problem.Crash && !t.apart {
		frames = nil // the app's own report stands just above
	}
	for _, f := range frames[:min(len(frames), mostFrames)] {
		t.line(fmt.Sprintf("  at %s  %s", f.Function, t.style.dim(fmt.Sprintf("%s:%d", f.File, f.Line))))
	}
	for _, note := range p.Notes {
		t.lines("  ", note)
	}
	if p.Output != "" && (t.apart || p.Source == problem.Generate) { // the app's stands just above
		t.lines(t.style.dim(gutter), sgrCodes.ReplaceAllString(p.Output, ""))
	}
}

// where is what a problem's line begins with: its place, or who found it.
func where(p problem.Problem) string { return cmp.Or(p.Place(), string(p.Source)) }

// short is a problem in one line.
func short(p problem.Problem) string {
	first, _, _ := strings.Cut(p.Text, "\n")
	return where(p) + ": " + first
}
