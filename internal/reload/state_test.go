package reload

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
)

func TestStateHasNoNulls(t *testing.T) {
	t.Parallel()
	s := state{Errors: entries([]problem.Problem{{Text: "x"}})}
	text, err := json.Marshal(s.clone())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "null") {
		t.Errorf("the client would meet a null: %s", text)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	s := state{
		outputs: outputs{CSS: map[string]string{"/a.css": "1"}},
		Errors:  entries([]problem.Problem{{Text: "a"}}),
	}
	c := s.clone()
	c.Errors[0], c.CSS["/a.css"] = entry{}, "9"
	if s.Errors[0].Text != "a" || s.CSS["/a.css"] != "1" {
		t.Errorf("a change of the copy reached the original: %+v", s)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	set := []problem.Problem{
		{Text: "same", Path: "/p"},
		{Text: "same", Path: "/p"},
		{Text: "other", Path: "/p", Frames: []problem.Frame{{Function: "f", Path: "/p"}, {Function: "f", Path: "/p"}}},
		{Text: "last", Path: "/p"},
	}
	first, second := entries(set), entries(set)
	seen := map[string]bool{}
	for i, d := range first {
		if d.ID == "" || d.ID != second[i].ID {
			t.Errorf("problem %d has ids %q and %q, want the same twice", i, d.ID, second[i].ID)
		}
		for _, id := range append(frameIDs(d), d.ID) {
			if seen[id] {
				t.Errorf("id %q is used twice", id)
			}
			seen[id] = true
			if at, ok := (state{Errors: first}).find(id); !ok || at.ID != id || at.Path != "/p" {
				t.Errorf("id %q leads to %+v", id, at)
			}
		}
	}
	for _, id := range []string{"", "/p", "../../etc/passwd"} {
		if at, ok := (state{Errors: first}).find(id); ok {
			t.Errorf("id %q, which nobody made, leads to %+v", id, at)
		}
	}
	for i, d := range entries(set[1:]) {
		if want := first[[]int{0, 2, 3}[i]].ID; d.ID != want {
			t.Errorf("without the first, %q has id %s, want still %s", d.Text, d.ID, want)
		}
	}
}

func frameIDs(d entry) []string {
	var ids []string
	for _, f := range d.Frames {
		ids = append(ids, f.ID)
	}
	return ids
}
