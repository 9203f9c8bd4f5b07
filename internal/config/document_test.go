package config

import (
	"errors"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "[server]\nport = 1\n", "[[rule]]\npaths = [\"a\"]\n[[rule]]\n", "a = {b = [1, {c = 2}]}\n",
		"[a]\n[[a.b]]\n[a.b.c]\nd=1\n[[a.b]]\n", "x = \"\"\"\na\n", "\xef\xbb\xbf", "a.b.c = 1\r\n", "app.args = \"'\"\n",
		"[server]\n\"\" = 1\n", "[app.env]\n\"a.b\" = 1\n", "a=1\na=2", "\x00", "[web]\nmounts = {\"/ä\" = \"x\"}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Default()
		problems, err := c.apply("/devtool.toml", data)
		var e *Error
		if errors.As(err, &e) {
			problems = append(problems, e)
		} else if err != nil {
			t.Fatalf("apply = %v, want an *Error", err)
		}
		if len(problems) == 0 {
			problems = c.check()
			c.Root = "/"
			c.absolute()
		}
		lines := strings.Split(strings.TrimPrefix(string(data), "\xef\xbb\xbf"), "\n")
		for _, p := range problems {
			if p.Text == "" || p.Line < 1 || p.Line > len(lines) {
				t.Fatalf("error %q at line %d of %d", p.Text, p.Line, len(lines))
			}
			if width := len([]rune(lines[p.Line-1])); p.Column < 1 || p.Column > width+1 {
				t.Fatalf("error %q at column %d of %d", p.Text, p.Column, width)
			}
		}
	})
}
