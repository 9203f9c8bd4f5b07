package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xrash/smetrics"

	"github.com/calendsync/devtool/internal/problem"
)

// Error is a mistake in the settings: in a file, an environment variable or a
// flag. [Load] may return several of them joined; errors.As gives the first.
type Error struct {
	File    string // absolute; empty when a variable or flag is to blame
	Line    int    // from 1; 0 when unknown
	Column  int    // from 1, in code points; 0 when unknown
	Source  string // the variable or flag, when it was one
	Text    string
	Hint    string                // what to do about it; may be empty
	Excerpt []problem.ExcerptLine // the lines around Line
}

func (e *Error) Error() string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
	case e.File != "":
		return e.File + ": " + e.Text
	case e.Source != "":
		return e.Source + ": " + e.Text
	}
	return e.Text
}

// Problem is the error as people are shown what is wrong with their files.
func (e *Error) Problem() problem.Problem {
	p := problem.Problem{
		Source: problem.Config, Severity: problem.Error,
		File: e.File, Line: e.Line, Column: e.Column, Text: e.Text, Excerpt: e.Excerpt,
	}
	if e.Source != "" {
		p.Text = e.Source + ": " + e.Text
	}
	if e.Hint != "" {
		p.Notes = []string{e.Hint}
	}
	return p
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *Error) UserFault() bool { return true }

// locate completes an error about a byte of a file.
func locate(file string, data []byte, offset int, text, hint string) *Error {
	offset = max(0, min(offset, len(data)))
	for offset > 0 && offset < len(data) && !utf8.RuneStart(data[offset]) {
		offset-- // the parser counts bytes and may stop within a character
	}
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	line := bytes.Count(data[:start], []byte("\n")) + 1
	return &Error{
		File:    file,
		Line:    line,
		Column:  utf8.RuneCount(data[start:offset]) + 1,
		Text:    text,
		Hint:    hint,
		Excerpt: problem.Excerpt(data, line),
	}
}

// nearest returns the known word that was probably meant, or "".
func nearest(word string, known []string) string {
	best, score := "", 0.8 // below it, the words have nothing in common
	for _, k := range known {
		if s := smetrics.JaroWinkler(strings.ToLower(word), strings.ToLower(k), 0.7, 4); s > score {
			best, score = k, s
		}
	}
	return best
}

func didYouMean(word string, known []string) string {
	if k := nearest(word, known); k != "" {
		return fmt.Sprintf("did you mean %q?", k)
	}
	return "known here: " + strings.Join(known, ", ")
}
