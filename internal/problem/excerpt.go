package problem

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	excerptBefore = 2
	excerptAfter  = 1
	// A minified bundle is one line of a megabyte, too much for an overlay.
	excerptWidth = 240 // code points
)

// ExcerptLine is one line of source shown beside a [Problem], without its line
// ending.
type ExcerptLine struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// At returns the problem placed in a file, with the lines around it. The file's
// path is absolute; unit says how column is counted.
func (p Problem) At(file string, line, column int, unit Unit) Problem {
	p.File, p.Path, p.Line, p.Column, p.Excerpt = file, "", line, column, nil
	source, err := os.Open(file)
	if err != nil {
		return p // without an excerpt, the place is still worth knowing
	}
	defer source.Close()
	lines := linesAround(source, line)
	for _, l := range lines {
		if l.Number == line && column > 0 {
			p.Column = unit.Column(l.Text, column)
		}
	}
	p.Excerpt = trimmed(lines)
	return p
}

// Excerpt returns the lines around line, which counts from 1, cut to a width that
// can be shown. It returns nothing if there is no such line.
func Excerpt(contents []byte, line int) []ExcerptLine {
	return trimmed(linesAround(bytes.NewReader(contents), line))
}

func linesAround(source io.Reader, line int) []ExcerptLine {
	first := max(1, line-excerptBefore)
	var lines []ExcerptLine
	r := bufio.NewReader(source)
	for n := 1; n <= line+excerptAfter; n++ {
		text, err := r.ReadString('\n')
		if err != nil && (err != io.EOF || text == "") {
			break
		}
		if n >= first {
			lines = append(lines, ExcerptLine{n, strings.TrimRight(text, "\r\n")})
		}
	}
	if len(lines) > 0 && first+len(lines) == line { // just after the last line, where compilers report a missing bracket
		lines = append(lines, ExcerptLine{Number: line})
	}
	if line < 1 || len(lines) <= line-first {
		return nil
	}
	return lines
}

func trimmed(lines []ExcerptLine) []ExcerptLine {
	for i, l := range lines {
		lines[i].Text = trimWidth(l.Text, excerptWidth)
	}
	return lines
}

func trimWidth(text string, width int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	n := 0
	for i := range text {
		if n == width {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// Blames reports whether the problem is on this line.
func (p Problem) Blames(line ExcerptLine) bool { return line.Number == p.Line }

// Indent returns the blanks that put a caret under the problem's column: one for
// each character before it, with tabs kept as tabs.
func (p Problem) Indent(line ExcerptLine) string {
	var b strings.Builder
	column := 1
	for _, r := range line.Text {
		if column++; column > p.Column {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
