package reload

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStateHasNoNulls(t *testing.T) {
	t.Parallel()
	s := State{Errors: []Diagnostic{{Text: "x"}}}
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
	s := State{
		Errors: []Diagnostic{{ID: "1", Notes: []string{"a"}, Frames: []Frame{{ID: "2"}}}},
		CSS:    map[string]string{"/a.css": "1"},
	}
	c := s.clone()
	c.Errors[0].Notes[0], c.Errors[0].Frames[0].ID, c.CSS["/a.css"] = "b", "9", "9"
	if s.Errors[0].Notes[0] != "a" || s.Errors[0].Frames[0].ID != "2" || s.CSS["/a.css"] != "1" {
		t.Errorf("a change of the copy reached the original: %+v", s)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	set := []Diagnostic{
		{Text: "same"},
		{Text: "same"},
		{Text: "other", Frames: []Frame{{Function: "f"}, {Function: "f"}}},
		{ID: "given"},
	}
	first, second := completed(set), completed(set)
	seen := map[string]bool{}
	for i, d := range first {
		if d.ID == "" || d.ID != second[i].ID {
			t.Errorf("diagnostic %d has ids %q and %q, want the same twice", i, d.ID, second[i].ID)
		}
		for _, id := range append(frameIDs(d), d.ID) {
			if seen[id] {
				t.Errorf("id %q is used twice", id)
			}
			seen[id] = true
			if !(State{Errors: first}).knows(id) {
				t.Errorf("the state does not know id %q", id)
			}
		}
	}
	if first[3].ID != "given" {
		t.Errorf("got id %q, want the given one kept", first[3].ID)
	}
	if (State{Errors: first}).knows("") || (State{Errors: first}).knows("../../etc/passwd") {
		t.Error("the state knows ids that nobody made")
	}
}

func frameIDs(d Diagnostic) []string {
	var ids []string
	for _, f := range d.Frames {
		ids = append(ids, f.ID)
	}
	return ids
}
