// Package problem defines the one type with which every part of devtool says what
// is wrong in the user's code or with their app: who found it, where it is, and
// the lines around it. Compilers, generators, crashes, pages and settings all
// report a [Problem]; terminal, overlay, error page, status and the JSON stream
// all show one.
//
// Every package may import this one. It imports no other package of the module
// and starts no goroutine.
package problem

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Severity says whether a [Problem] stops a build.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something wrong in the user's code or with their app, as data.
type Problem struct {
	Source   Source        `json:"source"` // who found it
	Severity Severity      `json:"severity"`
	File     string        `json:"file,omitempty"`   // absolute as compilers report it; [Problem.Under] makes it relative
	Line     int           `json:"line,omitempty"`   // from 1; 0 when unknown
	Column   int           `json:"column,omitempty"` // from 1, in code points; 0 when unknown
	Text     string        `json:"message"`
	Notes    []string      `json:"notes,omitempty"`    // more about it, and what to do
	Excerpt  []ExcerptLine `json:"excerpt,omitempty"`  // the lines around Line; empty when the file could not be read
	Frames   []Frame       `json:"frames,omitempty"`   // of a crash or an error in a page: the user's own first, innermost first
	Output   string        `json:"output,omitempty"`   // the last lines that the app or the generator wrote
	Repeated int           `json:"repeated,omitempty"` // how often in a row it happened, if more than once

	Path string `json:"-"` // the absolute path of the file, for editors; never sent to browsers
}

// Frame is one call of a stack.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"` // as [Problem.File]
	Line     int    `json:"line"`

	Path string `json:"-"` // as [Problem.Path]
}

// Same reports whether p and q are the same problem, met twice.
func (p Problem) Same(q Problem) bool {
	return p.Source == q.Source && p.Text == q.Text && p.File == q.File && p.Line == q.Line && p.Column == q.Column
}

// Warns reports whether the problem stops nothing.
func (p Problem) Warns() bool { return p.Severity == Warning }

// AsWarning returns the problem as one that stops nothing.
func (p Problem) AsWarning() Problem {
	p.Severity = Warning
	return p
}

// Under returns the problem with files below root named by their relative path,
// also in texts: nobody needs to read where the project is on this machine.
func (p Problem) Under(root string) Problem {
	within := func(text string) string {
		return strings.ReplaceAll(text, root+string(filepath.Separator), "")
	}
	p.Text = within(p.Text)
	p.Notes = slices.Clone(p.Notes)
	for i, note := range p.Notes {
		p.Notes[i] = within(note)
	}
	if filepath.IsAbs(p.File) {
		p.Path, p.File = p.File, Relative(root, p.File)
	}
	return p
}

// Relative returns the slash-separated path of file relative to root, or file
// itself if it lies outside.
func Relative(root, file string) string {
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}

// Place returns the problem's file:line:column, as far as known, or "" without a
// file.
func (p Problem) Place() string {
	place := p.File
	for _, n := range []int{p.Line, p.Column} {
		if place == "" || n == 0 {
			break
		}
		place += fmt.Sprintf(":%d", n)
	}
	return place
}

// CountErrors returns how many of the problems are more than warnings.
func CountErrors(problems []Problem) (n int) {
	for _, p := range problems {
		if !p.Warns() {
			n++
		}
	}
	return n
}

// AnyErrors reports whether any of the problems is more than a warning.
func AnyErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warns() })
}
