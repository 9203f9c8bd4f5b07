package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want Command // nil: refused
	}{
		{"", Command{}},
		{"make api", Command{"make", "api"}},
		{"  make\tapi  ", Command{"make", "api"}},
		{`npx vite --port ${PORT}`, Command{"npx", "vite", "--port", "${PORT}"}},
		{`echo "a $HOME b" '${PORT}'`, Command{"echo", "a $HOME b", "${PORT}"}},
		{`echo a\ b "c\"d\e" 'f\g'`, Command{"echo", "a b", `c"d\e`, `f\g`}},
		{`--addr=127.0.0.1:"${PORT}"`, Command{"--addr=127.0.0.1:${PORT}"}},
		{`a "" b`, Command{"a", "", "b"}},
		{"*.go ~ {a,b}", Command{"*.go", "~", "{a,b}"}},
		{"a; b", nil}, {"a | b", nil}, {"a && b", nil}, {"a > b", nil}, {"a &", nil},
		{"$(id)", nil}, {"`id`", nil}, {`"$(id)"`, nil}, {"$((1))", nil}, {`a "b`, nil},
	} {
		got, err := splitCommand(tt.in)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("splitCommand(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		} else if err == nil && !cmp.Equal(got, tt.want) {
			t.Errorf("splitCommand(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
