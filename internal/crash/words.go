package crash

import (
	"regexp"
	"strconv"
	"strings"
)

// Words are the last that a program wrote.
type Words struct {
	Text string // without the date and the place that a logger put before
	File string // as a logger gives the place: often only the file's name; empty if it gave none
	Line int    // from 1
}

var (
	dated  = regexp.MustCompile(`^\d{4}[/-]\d\d[/-]\d\d[T ]\d\d:\d\d:\d\d\S* `)
	placed = regexp.MustCompile(`^((?:[A-Za-z]:)?[^\s:]+\.go):(\d+): `)
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// longest is how much of a line fits into a headline, in bytes.
const longest = 500

// LastWords returns the last line of output that says anything. For a program
// that ended by log.Fatal, that is the reason.
func LastWords(output string) Words {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	text := colour.ReplaceAllString(strings.TrimSpace(lines[len(lines)-1]), "")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	w := Words{Text: strings.TrimPrefix(text, dated.FindString(text))}
	if at := placed.FindStringSubmatch(w.Text); at != nil {
		if line, err := strconv.Atoi(at[2]); err == nil && line > 0 {
			w.File, w.Line = at[1], line
			w.Text = w.Text[len(at[0]):]
		}
	}
	return w
}
