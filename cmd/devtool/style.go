package main

import (
	"crypto/rand"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// style colours text. Its zero value leaves text alone. What it writes are marks,
// which render makes into escape sequences: a text by somebody else can hold an
// escape sequence, but not the key of a mark.
type style struct{ key string }

func newStyle(colours bool) style {
	if !colours {
		return style{}
	}
	return style{"\x1b" + rand.Text()}
}

func (s style) sgr(code, text string) string {
	if s.key == "" || text == "" {
		return text
	}
	on, off := s.key+code+"m", s.key+"0m"
	return on + strings.ReplaceAll(text, "\n", off+"\n"+on) + off // lines are printed one by one
}

// render returns a line of text as a terminal may have it: of what commands a
// terminal, only the colours of s are left.
func (s style) render(line string) string {
	if s.key == "" {
		return printable(line)
	}
	before, marks, _ := strings.Cut(line, s.key)
	var b strings.Builder
	b.WriteString(printable(before))
	for marks != "" {
		mark, rest, _ := strings.Cut(marks, s.key)
		code, text, _ := strings.Cut(mark, "m")
		b.WriteString("\x1b[" + code + "m" + printable(text))
		marks = rest
	}
	return b.String()
}

// longestText is in bytes: more than people write, less than scripts of a page can.
const longestText = 4 << 10

// printable replaces what a terminal obeys instead of showing it: control
// characters, line breaks among them, and those that change the direction of
// writing. Tabs stay, and vast texts are cut.
func printable(line string) string {
	if len(line) > longestText {
		line = strings.ToValidUTF8(line[:longestText], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}

// printableLines makes text printable line by line. Each line but the first
// follows lead, so that none can pass for a message of its own.
func printableLines(text, lead string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(strings.TrimSuffix(line, "\r"))
	}
	return strings.Join(lines, "\n"+lead)
}

func (s style) bold(text string) string   { return s.sgr("1", text) }
func (s style) dim(text string) string    { return s.sgr("2", text) }
func (s style) red(text string) string    { return s.sgr("31", text) }
func (s style) green(text string) string  { return s.sgr("32", text) }
func (s style) yellow(text string) string { return s.sgr("33", text) }
func (s style) cyan(text string) string   { return s.sgr("36", text) }

// colored decides about colour: --color, then a non-empty NO_COLOR, then
// FORCE_COLOR, where 0 means no colour, then CLICOLOR_FORCE, then whether this is
// a terminal for which CLICOLOR=0 and TERM=dumb do not refuse it.
func colored(flag string, tty bool, getenv func(string) string) bool {
	switch {
	case flag == "always":
		return true
	case flag == "never":
		return false
	case getenv("NO_COLOR") != "":
		return false
	case getenv("FORCE_COLOR") != "":
		return getenv("FORCE_COLOR") != "0"
	case getenv("CLICOLOR_FORCE") != "" && getenv("CLICOLOR_FORCE") != "0":
		return true
	default:
		return tty && getenv("TERM") != "dumb" && getenv("CLICOLOR") != "0"
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
