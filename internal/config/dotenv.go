package config

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// envText is the state of the parser of env files. Many programs read such files,
// each a little differently, and nobody writes them for devtool: where the
// readers differ, a line means what it means to most of them, and text that has
// no special meaning stays as it is.
type envText struct {
	lines  []string
	next   int // the line to read next, from 0
	known  func(name string) (value string, ok bool)
	vars   map[string]string
	faults []envFault
}

// envFault is a line that has no meaning, or not the obvious one. It never quotes
// the line, which may contain a secret.
type envFault struct {
	line int // from 1
	text string
}

const (
	faultForm  = "not NAME=value; skipped"
	faultNUL   = "holds a NUL byte; skipped; is the file text in UTF-8?"
	faultQuote = "begins with a quote that does not end the value; taken as it is written"
)

// parseEnvFile reads the variables of an env file. known is asked for names
// that the file has not set above; a variable of the environment wins over
// those, because that is the value the app will see.
//
// A line is NAME=value, export NAME=value, NAME: value, a comment, or a bare
// NAME, which leaves the variable to the environment. Values may be quoted by
// ", ' or `, and then span lines. In values that are bare or in double quotes,
// $NAME and ${NAME} stand for variables that are known; any other dollar sign
// stands for itself.
func parseEnvFile(data []byte, environment map[string]string, known func(string) (string, bool)) (map[string]string, []envFault) {
	t := &envText{lines: strings.Split(plainText(data), "\n"), vars: map[string]string{}}
	t.known = func(name string) (string, bool) {
		if v, ok := environment[name]; ok {
			return v, true
		}
		if v, ok := t.vars[name]; ok {
			return v, true
		}
		return known(name)
	}
	for t.next < len(t.lines) {
		t.statement()
	}
	return t.vars, t.faults
}

// plainText decodes what editors save: UTF-8 with a byte order mark or without,
// UTF-16 with one (Notepad, and > in PowerShell), and line ends of any system.
func plainText(data []byte) string {
	var text string
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		text = decodeUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		text = decodeUTF16(data[2:], binary.BigEndian)
	default:
		text = string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

func decodeUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

const blank = " \t\v\f"

var (
	envExport = regexp.MustCompile(`^export[ \t]+`)
	envBare   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*([ \t]+#.*)?$`)
)

// statement reads one line, and those over which its value goes on.
func (t *envText) statement() {
	line := strings.Trim(t.lines[t.next], blank)
	t.next++
	if line == "" || line[0] == '#' {
		return
	}
	if strings.ContainsRune(line, 0) {
		t.fault(faultNUL)
		return
	}
	line = envExport.ReplaceAllString(line, "")
	name, value, ok := cutEnv(line)
	switch {
	case ok && name != "" && !strings.ContainsAny(name, blank+"\"'`#$"):
		t.vars[name] = t.value(value)
	case ok || !envBare.MatchString(line):
		t.fault(faultForm)
	}
}

// cutEnv cuts a line at its equals sign, or at a colon as YAML has it.
func cutEnv(line string) (name, value string, ok bool) {
	for i := range len(line) {
		last := i+1 == len(line)
		if line[i] == '=' || line[i] == ':' && (last || strings.IndexByte(blank, line[i+1]) >= 0) {
			return strings.TrimRight(line[:i], blank), line[i+1:], true
		}
	}
	return "", "", false
}

// value reads the value whose first line is text.
func (t *envText) value(text string) string {
	trimmed := strings.TrimLeft(text, blank)
	if trimmed == "" || !strings.ContainsRune("\"'`", rune(trimmed[0])) {
		bare := cutComment(text)
		return t.expand(envBareEscape, strings.Trim(bare, blank))
	}
	quote := trimmed[0]
	inner, lines, ok := quoted(quote, trimmed[1:], t.lines[t.next:])
	if !ok {
		bare := cutComment(text)
		bare = strings.Trim(bare, blank)
		if n := len(bare); n > 1 && bare[n-1] == quote {
			return bare[1 : n-1] // "C:\dir\"
		}
		t.fault(faultQuote)
		return t.expand(envBareEscape, bare)
	}
	t.next += lines
	if quote != '"' {
		return inner
	}
	return t.expand(envQuotedEscape, inner)
}

// quoted returns the text up to the closing quote, after which only a comment
// may stand, and on how many of the lines that follow it goes on.
func quoted(quote byte, first string, following []string) (inner string, lines int, ok bool) {
	var b strings.Builder
	for line := first; ; line = following[lines-1] {
		if strings.ContainsRune(line, 0) {
			return "", 0, false
		}
		for i := 0; i < len(line); i++ {
			escaped := line[i] == '\\' && i+1 < len(line) && (quote == '"' || line[i+1] == quote)
			ends := func(i int) bool {
				rest := strings.TrimLeft(line[i+1:], blank)
				return rest == "" || rest[0] == '#'
			}
			switch {
			case escaped && quote != '"' && ends(i+1): // 'C:\dir\'
				return b.String() + line[:i+1], lines, true
			case escaped:
				i++
			case line[i] == quote:
				return b.String() + line[:i], lines, ends(i)
			}
		}
		if lines == len(following) {
			return "", 0, false
		}
		b.WriteString(line + "\n")
		lines++
	}
}

// cutComment cuts a bare value before a # that stands after a blank: that of
// COLOR=#fff belongs to the value.
func cutComment(text string) string {
	for i := 1; i < len(text); i++ {
		if text[i] == '#' && strings.IndexByte(blank, text[i-1]) >= 0 {
			return text[:i]
		}
	}
	return text
}

const envReference = `|\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$[A-Za-z_][A-Za-z0-9_]*`

var (
	envBareEscape   = regexp.MustCompile(`\\\$` + envReference)
	envQuotedEscape = regexp.MustCompile(`\\[\\$"nr]` + envReference)
)

// expand fills in the variables that are known, and resolves the escapes. A
// password such as $2y$12$… holds neither, and stays as it is.
func (t *envText) expand(special *regexp.Regexp, value string) string {
	return special.ReplaceAllStringFunc(value, func(found string) string {
		switch {
		case found == `\n`:
			return "\n"
		case found == `\r`:
			return "\r"
		case found[0] == '\\':
			return found[1:]
		}
		if v, ok := t.known(strings.Trim(found, "${}")); ok {
			return v
		}
		return found
	})
}

func (t *envText) fault(text string) {
	if text == faultNUL && slices.ContainsFunc(t.faults, func(f envFault) bool { return f.text == text }) {
		return // it holds for the whole file
	}
	t.faults = append(t.faults, envFault{t.next, text})
}
