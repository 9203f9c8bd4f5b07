package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// value is a setting with a notation of its own. Its argument is what the TOML
// decoder gives for one value, or a string from a variable or flag.
type value interface {
	set(v any) error
	want() string // what the notation is, for "must be …"
}

var errType = errors.New("wrong type")

// Duration is a time span, written as "500ms", "2s" or "1m30s".
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes d as it is read.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Duration) want() string { return `a time such as "500ms" or "2s"` }

func (d *Duration) set(v any) error {
	s, ok := v.(string)
	if !ok {
		return errType
	}
	t, err := time.ParseDuration(s)
	if err != nil {
		return errType
	}
	*d = Duration(t)
	return nil
}

// Open is the path to open in the browser; empty opens nothing. It is written
// as that path, or as a boolean: true is "/".
type Open string

func (o *Open) want() string { return `true, false or a path such as "/admin"` }

func (o *Open) set(v any) error {
	switch v := v.(type) {
	case bool:
		*o = ""
		if v {
			*o = "/"
		}
		return nil
	case string:
		switch v {
		case "true":
			*o = "/"
		case "false", "":
			*o = ""
		default:
			if !strings.HasPrefix(v, "/") {
				return errType
			}
			*o = Open(v)
		}
		return nil
	}
	return errType
}

// Command is a program and its arguments. It is written as an array, or as a
// string that is split into words as a POSIX shell splits them.
type Command []string

func (c *Command) want() string { return `an array of strings, or a string such as "make api"` }

func (c *Command) set(v any) error {
	switch v := v.(type) {
	case string:
		words, err := splitCommand(v)
		if err != nil {
			return err
		}
		*c = words
		return nil
	case []any:
		words := make(Command, 0, len(v))
		for _, w := range v {
			s, ok := w.(string)
			if !ok {
				return errType
			}
			words = append(words, s)
		}
		*c = words
		return nil
	}
	return errType
}

// splitCommand splits s into words as a POSIX shell would, and does nothing
// else a shell does: ${NAME} stays as it is written, for the few names that are
// filled in later, and whatever would need a running shell is refused rather
// than passed on as an argument.
func splitCommand(s string) (Command, error) {
	words := Command{}
	parser := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	for w, err := range parser.WordsSeq(strings.NewReader(s)) {
		if err != nil {
			return nil, fmt.Errorf("is not a simple command (%s)", reason(err))
		}
		var b strings.Builder
		if err := appendParts(&b, w.Parts, s); err != nil {
			return nil, err
		}
		words = append(words, b.String())
	}
	return words, nil
}

func reason(err error) string {
	var parse syntax.ParseError
	if errors.As(err, &parse) {
		return parse.Text
	}
	return err.Error()
}

func appendParts(b *strings.Builder, parts []syntax.WordPart, source string) error {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, in := range p.Parts {
				if lit, ok := in.(*syntax.Lit); ok {
					b.WriteString(unescapeQuoted(lit.Value))
				} else if err := appendParts(b, []syntax.WordPart{in}, source); err != nil {
					return err
				}
			}
		case *syntax.ParamExp:
			b.WriteString(source[p.Pos().Offset():p.End().Offset()])
		default:
			return errors.New("is not a simple command (it needs a shell)")
		}
	}
	return nil
}

// unescape removes the backslashes of an unquoted word. An escaped line end
// joins two lines.
func unescape(s string) string {
	return dropBackslashes(s, func(byte) bool { return true })
}

// unescapeQuoted does so within double quotes, where a backslash only escapes
// what is special there.
func unescapeQuoted(s string) string {
	return dropBackslashes(s, func(c byte) bool { return strings.IndexByte("$`\"\\\n", c) >= 0 })
}

func dropBackslashes(s string, special func(byte) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && special(s[i+1]) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
