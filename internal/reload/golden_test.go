package reload

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/problem"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "web", "overlay", "testdata", "messages", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGoldenFrames drives a hub to send one of each message and compares them
// with those that the client's tests read.
func TestGoldenFrames(t *testing.T) {
	t.Parallel()
	h := New(Options{Server: "run-1", Token: "t", Features: everything})
	h.state = state{
		outputs: outputs{
			progress: progress{Phase: Failed, Attempt: 13},
			Build:    12, App: "go-build-id", PageSeq: 3, CSSSeq: 5,
			CSS: map[string]string{"/assets/app.css": "c1"},
			JS:  map[string]string{"/assets/main.js": "j1"},
		},
		Errors: entries([]problem.Problem{{
			Source: problem.Go, Severity: problem.Error, File: "api/month.go", Line: 41, Column: 7,
			Path:   "/home/me/api/month.go",
			Text:   "undefined: monthStart",
			Notes:  []string{"did you mean monthsStart?"},
			Output: "listening\nlast words",
			Excerpt: []problem.ExcerptLine{
				{Number: 40, Text: "func month(w http.ResponseWriter, r *http.Request) {"}, {Number: 41, Text: "\tt := monthStart(r)"},
			},
			Frames: []problem.Frame{{Function: "main.month", File: "api/month.go", Path: "/home/me/api/month.go", Line: 41}},
		}}),
	}
	h.seq = 7
	tab := joinHub(t, h, serveHub(t, h))

	tab.expect(t, "hello")
	h.Down(Building, 14)
	tab.expect(t, "phase")
	h.Errors([]problem.Problem{{
		Source: problem.ESBuild, Severity: problem.Warning, File: "web/main.ts", Line: 3, Column: 1, Text: "<b>not markup</b>",
	}})
	tab.expect(t, "errors")
	h.Errors(nil)
	tab.expect(t, "errors-cleared")
	h.Update(Update{
		Build: 14, Phase: Ready, Reason: "web/app.css",
		CSS: []Sheet{{URL: "/assets/app.css", Hash: "c2", Source: "body{color:red}"}},
	})
	tab.expect(t, "update")
	h.Update(Update{
		Build: 15, Reason: "web/store.ts",
		Patches: []Patch{{
			Build: 15, Script: []byte("patch()"), Map: []byte("{}"),
			Modules: []Module{{ID: "web/store.ts", Version: "v2"}, {ID: "web/App.tsx", Version: "v1", Boundary: "react"}},
			Accepts: []Acceptance{{By: "web/main.ts", Dep: "web/store.ts", Specifier: "./store"}},
		}},
	})
	tab.expect(t, "update-patch")
	h.Update(Update{
		Build: 16, Phase: Ready, Reason: "api/month.go", Reload: true, App: "go-build-id-2",
		JSHashes: map[string]string{"/assets/main.js": "j2"},
	})
	tab.expect(t, "update-reload")
}

func TestGoldenClientMessages(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]clientMessage{
		"client-hello":   {Type: "hello", Tab: "t1", Page: "p1", Build: 12, URL: "http://localhost:3000/"},
		"client-ack":     {Type: "ack", Build: 14, MS: 21.5},
		"client-patched": {Type: "patched", Page: "p1.3"},
		"client-doubt":   {Type: "doubt", Reason: "web/App.tsx: its export x is not a component"},
		"client-runtime": {Type: "runtime", Name: "TypeError", Message: "x is not a function", Stack: "TypeError: x is not a function\n    at main.js:1:2"},
	} {
		var got clientMessage
		if err := json.Unmarshal(golden(t, name), &got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func (tab *testTab) expect(t *testing.T, name string) {
	t.Helper()
	var got, want any
	if err := json.Unmarshal(tab.next(t), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden(t, name), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-golden +sent):\n%s", name, diff)
	}
}
