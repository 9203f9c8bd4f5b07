package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// TestOutcomeLines checks that the line of a save says what still stands.
func TestOutcomeLines(t *testing.T) {
	t.Parallel()
	one := []problem.Problem{{Severity: problem.Error, Text: "no"}}
	for _, tt := range []struct {
		outcome policy.Outcome
		tabs    int
		want    string
	}{
		{policy.Outcome{Result: policy.Reloaded}, 1, "↻ 1 tab"},
		{policy.Outcome{Result: policy.Reloaded, Standing: 1}, 1, "↻ 1 tab ✗ 1 problem"},
		{policy.Outcome{Result: policy.Reloaded, Obstacle: "store.ts has no accepting importer"}, 3, "↻ 3 tabs: store.ts has no accepting importer"},
		{policy.Outcome{Result: policy.Reloaded, Obstacle: "store.ts has no accepting importer"}, 0, "↻"},
		{policy.Outcome{Result: policy.Patched}, 3, "✓ hot 3 tabs"},
		{policy.Outcome{Result: policy.Patched, Standing: 1}, 1, "✓ hot 1 tab ✗ 1 problem"},
		{policy.Outcome{Result: policy.Swapped, Standing: 2}, 2, "✓ swapped 2 tabs ✗ 2 problems"},
		{policy.Outcome{Result: policy.Nothing}, 1, "= nothing changed"},
		{policy.Outcome{Result: policy.Nothing, Standing: 1}, 1, "= nothing changed ✗ 1 problem"},
		{policy.Outcome{Result: policy.Fixed}, 1, "✓ fixed"},
		{policy.Outcome{Result: policy.Fixed, Standing: 1}, 1, "✓ fixed ✗ 1 problem"},
		{policy.Outcome{Result: policy.Broken, Problems: one, Standing: 1, Serving: 1}, 1, "✗ 1 problem; the running app keeps serving"},
	} {
		if got := resultText(policy.BuildFinished{Outcome: tt.outcome, Tabs: tt.tabs}, style{}); got != tt.want {
			t.Errorf("%s, %d errors: %q, want %q", tt.outcome.Result, tt.outcome.Standing, got, tt.want)
		}
	}
}

// TestHotLine checks that the line of a hot update counts to what was painted, not
// to the bundles, which nobody waits for.
func TestHotLine(t *testing.T) {
	t.Parallel()
	ms := func(n int) policy.Millis { return policy.Millis(time.Duration(n) * time.Millisecond) }
	saved := time.Now()
	m := policy.BuildFinished{Outcome: policy.Outcome{
		Build: 2, Result: policy.Patched, First: saved, Stages: []policy.Stage{{Name: "hot", Took: ms(4)}, {Name: "web", Took: ms(70)}},
	}, Took: ms(90)}
	got := shownAt(m, policy.Painted{Build: 2, Took: ms(12)}, saved.Add(30*time.Millisecond))
	if text := stagesText(got.Stages); text != "hot 4 · paint 12 · web 70 ms" || got.Took != ms(30) {
		t.Errorf("got %s, %v", text, got.Took)
	}
	if len(m.Stages) != 2 {
		t.Error("the outcome was changed")
	}
}

// TestNoTrailingBlanks checks that lines of the start end in a word.
func TestNoTrailingBlanks(t *testing.T) {
	t.Parallel()
	for _, m := range []policy.Message{
		policy.Assumed{What: "config", Value: "none"},
		policy.Assumed{What: "config", Value: "devtool.toml", Why: "found"},
		policy.Assumed{What: "app", Setting: "app.package", Value: "./cmd/app"},
	} {
		var out bytes.Buffer
		(&terminal{out: &out}).Tell(m)
		if line := strings.TrimSuffix(out.String(), "\n"); line == "" || line != strings.TrimRight(line, " ") {
			t.Errorf("%+v: %q", m, line)
		}
	}
}

// TestCauses checks how the line of a save names its files.
func TestCauses(t *testing.T) {
	t.Parallel()
	for want, files := range map[string][]string{
		"app":                          nil,
		"main.go":                      {"main.go"},
		"main.go +1":                   {"main.go", "a.go"},
		"npm install":                  {"node_modules/.package-lock.json", "node_modules/a/index.js"},
		"pnpm install":                 {"web/node_modules/a", "web/node_modules/.modules.yaml"},
		"yarn install":                 {"node_modules/.yarn-integrity"},
		"node_modules/a/.modules.yaml": {"node_modules/a/.modules.yaml"},
	} {
		if got := causeText(policy.BuildFinished{Outcome: policy.Outcome{Files: files}}); got != want {
			t.Errorf("%q: %q, want %q", files, got, want)
		}
	}
}
