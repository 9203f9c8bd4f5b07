package sourcemap

import (
	"slices"
	"strings"
	"testing"
)

func TestParseStack(t *testing.T) {
	t.Parallel()
	call := func(function, url string, line, column int) Call {
		return Call{Function: function, URL: url, Position: Position{line, column}}
	}
	const main = "http://localhost:3000/assets/main.js"
	for name, c := range map[string]struct {
		stack string
		want  []Call
	}{
		"Chromium": {
			"TypeError: x is not a function\n    at Calendar.show (" + main + "?v=1:10:20)\n    at async load (" + main + ":3:4)\n    at new Day (" + main + ":5:6)\n    at Object.get [as days] (" + main + ":7:8)\n    at " + main + ":9:1\n    at Array.map (<anonymous>)\n    at <anonymous>",
			[]Call{
				call("Calendar.show", main+"?v=1", 10, 20), call("load", main, 3, 4), call("new Day", main, 5, 6),
				call("Object.get [as days]", main, 7, 8), call("", main, 9, 1),
			},
		},
		"Firefox": {
			"show@" + main + ":10:20\nasync*load@" + main + ":3:4\n@" + main + ":9:1\n",
			[]Call{call("show", main, 10, 20), call("async*load", main, 3, 4), call("", main, 9, 1)},
		},
		"Safari": {
			"show@" + main + ":10:20\n[native code]\nglobal code@" + main + ":9:1\nhttps://localhost/x.js:1:2",
			[]Call{call("show", main, 10, 20), call("global code", main, 9, 1), call("", "https://localhost/x.js", 1, 2)},
		},
		"an IPv6 address": {"    at f (http://[::1]:3000/a.js:1:2)", []Call{call("f", "http://[::1]:3000/a.js", 1, 2)}},
		"no addresses":    {"Error: at home\n  at work (file:///etc/passwd:1:2)\n  at night:1:2\n", nil},
		"too large":       {"    at f (" + main + ":99999999999999:1)", nil},
		"endless":         {strings.Repeat("f@"+main+":1:2\n", 1000), slices.Repeat([]Call{call("f", main, 1, 2)}, 50)},
	} {
		if got := ParseStack(c.stack); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func FuzzParseStack(f *testing.F) {
	f.Add("    at f (http://h/a.js:1:2)\n@http://h/b.js:3:4")
	f.Fuzz(func(t *testing.T, stack string) {
		for _, c := range ParseStack(stack) {
			if c.Line < 0 || c.Column < 0 || !strings.HasPrefix(c.URL, "http") {
				t.Errorf("%q gives %+v", stack, c)
			}
		}
	})
}
