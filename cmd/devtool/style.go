package main

import (
	"os"

	"golang.org/x/term"
)

// style colours text, or leaves it alone.
type style bool

func (s style) sgr(code, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string   { return s.sgr("1", text) }
func (s style) dim(text string) string    { return s.sgr("2", text) }
func (s style) red(text string) string    { return s.sgr("31", text) }
func (s style) green(text string) string  { return s.sgr("32", text) }
func (s style) yellow(text string) string { return s.sgr("33", text) }
func (s style) cyan(text string) string   { return s.sgr("36", text) }

// colored decides about colour: --color, then a non-empty NO_COLOR, then
// FORCE_COLOR, of which 0 is a refusal, then CLICOLOR_FORCE, then whether this is
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
