package problem

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Unit is what a tool counts columns in.
type Unit uint8

const (
	CodePoints Unit = iota // devtool
	Bytes                  // the Go tools, C compilers, esbuild (which begins at 0)
	UTF16                  // TypeScript, browsers, source maps
)

// Column converts a column of a line from u to code points. Columns count from 1;
// one below 1 is unknown and becomes 0. A column beyond the line, which some
// tools report for its end, becomes the place just after the last code point.
func (u Unit) Column(line string, column int) int {
	if column < 1 {
		return 0
	}
	left := column - 1
	points := 0
	for rest := line; left > 0 && rest != ""; points++ {
		r, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		switch u {
		case CodePoints:
			left--
		case Bytes:
			left -= size
		case UTF16:
			left -= max(1, utf16.RuneLen(r))
		}
	}
	return points + 1
}
