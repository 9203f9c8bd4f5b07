package bundle

import (
	"regexp"
	"strings"
)

// parseArguments reads the arguments of a call at the start of text, which must
// be literals as esbuild prints them. length is that of the parentheses and
// what is in them.
func parseArguments(text string) (values []any, length int, err error) {
	if !strings.HasPrefix(text, "(") {
		return nil, 0, errGlobLiteral
	}
	l := &literals{text: text, at: 1}
	values, ok := l.list(')')
	if !ok {
		return nil, 0, errGlobLiteral
	}
	return values, l.at, nil
}

// literals reads strings, booleans, arrays and objects. Its methods report
// whether there was what they read.
type literals struct {
	text string
	at   int
}

var (
	literalString = regexp.MustCompile("^(?:\"[^\"\\\\]*\"|'[^'\\\\]*'|`[^`\\\\$]*`)")
	literalWord   = regexp.MustCompile(`^[\w$]+`)
	literalBlank  = regexp.MustCompile(`^\s+`)
)

// take returns what of the pattern is next, after blanks.
func (l *literals) take(pattern *regexp.Regexp) string {
	l.at += len(literalBlank.FindString(l.text[l.at:]))
	found := pattern.FindString(l.text[l.at:])
	l.at += len(found)
	return found
}

// sign takes one character if it is next.
func (l *literals) sign(c byte) bool {
	l.at += len(literalBlank.FindString(l.text[l.at:]))
	if l.at < len(l.text) && l.text[l.at] == c {
		l.at++
		return true
	}
	return false
}

func (l *literals) list(end byte) ([]any, bool) {
	var values []any
	for !l.sign(end) {
		value, ok := l.value()
		if !ok {
			return nil, false
		}
		values = append(values, value)
		if !l.sign(',') && (l.at >= len(l.text) || l.text[l.at] != end) {
			return nil, false
		}
	}
	return values, true
}

func (l *literals) value() (any, bool) {
	if text := l.take(literalString); text != "" {
		return text[1 : len(text)-1], true
	}
	switch {
	case l.sign('['):
		return l.list(']')
	case l.sign('{'):
		return l.object()
	}
	switch l.take(literalWord) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return nil, false
}

func (l *literals) object() (map[string]any, bool) {
	values := make(map[string]any)
	for !l.sign('}') {
		name := l.take(literalWord)
		if quoted := l.take(literalString); quoted != "" && name == "" {
			name = quoted[1 : len(quoted)-1]
		}
		if name == "" || !l.sign(':') {
			return nil, false
		}
		value, ok := l.value()
		if !ok {
			return nil, false
		}
		values[name] = value
		if !l.sign(',') && (l.at >= len(l.text) || l.text[l.at] != '}') {
			return nil, false
		}
	}
	return values, true
}
