package build

import (
	"bufio"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	excerptBefore = 2
	excerptAfter  = 1
	// A minified bundle is one line of a megabyte, which no overlay wants.
	excerptWidth = 240 // code points
)

// Excerpt reads the lines around line, counted from 1, trimmed to a width that
// can be shown. It is empty when the file cannot be read or has no such line.
func Excerpt(file string, line int) []ExcerptLine {
	first := max(1, line-excerptBefore)
	var lines []ExcerptLine
	for i, text := range Lines(file, first, line+excerptAfter) {
		lines = append(lines, ExcerptLine{Number: first + i, Text: trimWidth(text, excerptWidth)})
	}
	if len(lines) > 0 && first+len(lines) == line { // just after the last one, where compilers miss a bracket
		lines = append(lines, ExcerptLine{Number: line})
	}
	if line < 1 || len(lines) <= line-first {
		return nil
	}
	return lines
}

// Lines returns the lines first to last of file, without line endings:
// fewer when the file is shorter, none when it cannot be read.
func Lines(file string, first, last int) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()

	var lines []string
	r := bufio.NewReader(f)
	for n := 1; n <= last; n++ {
		text, err := r.ReadString('\n')
		if err != nil && (err != io.EOF || text == "") {
			break
		}
		if n >= first {
			lines = append(lines, strings.TrimRight(text, "\r\n"))
		}
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

// RuneColumn converts the column of a compiler, which counts bytes, into one
// that counts code points. Both start at 1. A column beyond the line, as some
// compilers give for its end, becomes the place just after the last code point.
func RuneColumn(line string, byteColumn int) int {
	if byteColumn < 1 {
		return 0
	}
	return utf8.RuneCountInString(line[:min(byteColumn-1, len(line))]) + 1
}
