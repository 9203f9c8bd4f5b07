package problem

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnder checks that what tools say no longer reveals where the project is.
func TestUnder(t *testing.T) {
	t.Parallel()
	root := filepath.Join(string(filepath.Separator), "home", "me", "app")
	entry := filepath.Join(root, "web", "main.ts")
	notes := []string{entry + " is gone"}
	p := Problem{File: entry, Text: fmt.Sprintf("Could not resolve %q", entry), Notes: notes}.Under(root)
	want := Problem{
		File: "web/main.ts", Path: entry, Text: fmt.Sprintf("Could not resolve %q", filepath.Join("web", "main.ts")),
		Notes: []string{filepath.Join("web", "main.ts") + " is gone"},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := p.Under(root); !cmp.Equal(p, again) {
		t.Errorf("applied twice: %s", cmp.Diff(p, again))
	}
	if notes[0] != entry+" is gone" {
		t.Error("the original changed")
	}
	outside := filepath.Join(filepath.Dir(root), "lib", "a.go")
	if p := (Problem{File: outside}).Under(root); p.File != outside || p.Path != outside {
		t.Errorf("outside the project: %+v", p)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"api/month.go":                         "api/month.go",
		"":                                     "",
		"/usr/local/go/src/net/http/server.go": "net/http/server.go",
		"/home/me/go/pkg/mod/github.com/x/y@v1/z.go": "github.com/x/y@v1/z.go",
		"/home/me/other/lib/a.go":                    "lib/a.go",
		"C:/Users/me/lib/a.go":                       "lib/a.go",
	} {
		p := Problem{File: file, Path: "/home/me/secret", Frames: []Frame{{File: file, Path: "/home/me/secret"}}}
		public := p.Public()
		if public.File != want || public.Frames[0].File != want {
			t.Errorf("%q is shown as %+v, want %q", file, public, want)
		}
		if text, err := json.Marshal(Public([]Problem{p})); err != nil || strings.Contains(string(text), "/me") {
			t.Errorf("a browser is told %s (%v)", text, err)
		}
		if p.Frames[0].File != file {
			t.Error("the original changed")
		}
	}
	if p := (Problem{Notes: []string{"a"}, Repeated: 3}).Public(); !cmp.Equal(p.Notes, []string{"a", "repeated 3 times"}) {
		t.Errorf("notes %q", p.Notes)
	}
	if text, _ := json.Marshal(Public(nil)); string(text) != "[]" {
		t.Errorf("no problems are %s", text)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Problem{
		"":         {Line: 3},
		"a.go":     {File: "a.go", Column: 2},
		"a.go:3":   {File: "a.go", Line: 3},
		"a.go:3:2": {File: "a.go", Line: 3, Column: 2},
	} {
		if got := p.Place(); got != want {
			t.Errorf("%+v is at %q, want %q", p, got, want)
		}
	}
}
