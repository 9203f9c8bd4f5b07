package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/devserver"
)

// mostFrames is how much of a stack a terminal shows; the page shows all.
const mostFrames = 8

// crashed tells that the app ended by itself.
func (t *terminal) crashed(m devserver.AppCrashed) {
	t.flush(0)
	next := "waiting for a change"
	if m.After > 0 {
		next = "it starts again in " + human(m.After)
	}
	t.line(fmt.Sprintf("%s %s %s; %s", t.clock(time.Now()), pad("app", 28), t.style.red("✗ the app crashed"), next))
	for _, p := range m.Problems {
		if p.Repeated > 1 {
			t.line(t.style.dim(fmt.Sprintf("  the same again, %d times in a row: ", p.Repeated)) + headline(p))
			continue
		}
		t.problem(p)
	}
}

// threw tells of an error in a page.
func (t *terminal) threw(m devserver.PageThrew) {
	t.flush(0)
	t.line(fmt.Sprintf("%s %s %s", t.clock(time.Now()), pad("browser", 28), t.style.dim(m.URL)))
	t.problem(m.Problem)
}

// problem prints a problem as compilers do, so that editors find it, and what
// else is known below it.
func (t *terminal) problem(p devserver.Problem) {
	paint := t.style.red
	if p.Severity == "warning" {
		paint = t.style.yellow
	}
	t.line(fmt.Sprintf("%s: %s %s", t.style.bold(where(p)), paint(p.Severity+":"), indent(p.Text)))
	for _, line := range p.Excerpt {
		text := printable(line.Text)
		t.line(fmt.Sprintf("%s %s", t.style.dim(fmt.Sprintf("%5d │", line.Number)), text))
		if line.Number == p.Line && p.Column > 0 {
			t.line(t.style.dim("      │ ") + caretPad(text, p.Column) + paint("^"))
		}
	}
	for _, f := range p.Frames[:min(len(p.Frames), mostFrames)] {
		t.line(fmt.Sprintf("  at %s  %s", printable(f.Function), t.style.dim(fmt.Sprintf("%s:%d", f.File, f.Line))))
	}
	for _, note := range p.Notes {
		t.line("  " + indent(note))
	}
	if p.Output != "" && t.apart { // else it stands just above
		t.line(t.style.dim("  │ " + strings.ReplaceAll(p.Output, "\n", "\n  │ ")))
	}
}

// where is what a problem's line begins with: its place, or who found it.
func where(p devserver.Problem) string {
	if p.File == "" {
		return p.Source
	}
	at := printable(p.File)
	if p.Line > 0 {
		at += fmt.Sprintf(":%d", p.Line)
	}
	if p.Column > 0 {
		at += fmt.Sprintf(":%d", p.Column)
	}
	return at
}

// headline is a problem in one line.
func headline(p devserver.Problem) string {
	first, _, _ := strings.Cut(p.Text, "\n")
	return where(p) + ": " + printable(first)
}

// indent puts the lines of a text after its first below it.
func indent(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n    ")
}

// printable takes out what would command the terminal: some of what is shown
// was written by pages.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, text)
}

// caretPad is the blank space before column, tabs kept as they are.
func caretPad(text string, column int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		if i >= column-1 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
