package crash

import (
	"regexp"
	"strconv"
	"strings"
)

// Words are the last words of a program.
type Words struct {
	Text string // without the date and the place that a logger put in front
	File string // as a logger or a template names it: often without its directory; empty if neither did
	Line int    // from 1
}

var (
	dated  = regexp.MustCompile(`^\d{4}[/-]\d\d[/-]\d\d[T ]\d\d:\d\d:\d\d\S* `)
	placed = regexp.MustCompile(`^((?:[A-Za-z]:)?[^\s:]+\.go):(\d+): `)
	parsed = regexp.MustCompile(`\btemplate: ?([^\s:]+\.\w+):(\d+):`) // by text/template and html/template
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// longest is the limit of a headline, in bytes.
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
	if at := placed.FindStringSubmatch(w.Text); w.place(at) {
		w.Text = w.Text[len(at[0]):]
	} else {
		w.place(parsed.FindStringSubmatch(w.Text))
	}
	return w
}

// TemplateIn returns text with the place of the template that it complains of, if
// there is one, such as that of a panic in template.Must.
func TemplateIn(text string) Words {
	w := Words{Text: text}
	w.place(parsed.FindStringSubmatch(text))
	return w
}

// place sets File and Line from what was found and reports whether it could.
func (w *Words) place(found []string) bool {
	if found == nil {
		return false
	}
	line, err := strconv.Atoi(found[2])
	if err != nil || line < 1 {
		return false
	}
	w.File, w.Line = found[1], line
	return true
}
