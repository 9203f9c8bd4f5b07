package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStreamSchema describes every message there is, and no other. That the
// messages are as described is found in e2e, where each line is checked.
func TestStreamSchema(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../internal/policy/message.go")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"log"} // of the app
	for _, found := range regexp.MustCompile(`\) Type\(\) string +\{ return "(.*)" \}`).FindAllSubmatch(source, -1) {
		want = append(want, string(found[1]))
	}
	var schema struct {
		Properties struct{ Type struct{ Enum []string } }
		AllOf      []struct {
			If struct {
				Properties struct{ Type struct{ Const string } }
			}
			Then struct {
				Required   []string
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(streamSchema), &schema); err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, rule := range schema.AllOf {
		kind := rule.If.Properties.Type.Const
		described = append(described, kind)
		for _, field := range rule.Then.Required {
			if !slices.Contains(slices.Collect(maps.Keys(rule.Then.Properties)), field) {
				t.Errorf("%s: %s is required and not described", kind, field)
			}
		}
	}
	for _, got := range [][]string{schema.Properties.Type.Enum, described} {
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("types (-said +described):\n%s", diff)
		}
	}
}
