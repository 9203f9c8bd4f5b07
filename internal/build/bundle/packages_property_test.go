//go:build !race

package bundle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackagesEqualOneBundle edits generated programs, which import packages of
// every kind, at random: split off or not, packages must behave the same and
// give the same sheets. Not with the race detector, which stops
// at esbuild 0.28's own renamer of symbols.
func TestPackagesEqualOneBundle(t *testing.T) {
	t.Parallel()
	const programs, edits = 8, 5
	for seed := range programs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, uint64(seed)+1000)
			p.packages = true
			for name, text := range fakePackages() {
				write(t, p.dir, name, text)
			}
			for _, script := range p.scripts {
				p.fillScript(script)
			}
			splitOptions, wholeOptions := servedFrom(t, p.options()), servedFrom(t, p.options())
			splitOptions.SplitPackages = true
			split, whole := newBundler(t, splitOptions), newBundler(t, wholeOptions)
			what, changed := "nothing", []string(nil)
			for range edits {
				got := split.Build(context.Background(), changed)
				want := whole.Build(context.Background(), changed)
				if got.Whole != "" {
					t.Fatalf("after %s not split: %s", what, got.Whole)
				}
				compareBehaviour(t, what, splitOptions, wholeOptions, got, want)
				if t.Failed() {
					t.Fatalf("program: %q", p.files)
				}
				var file string
				what, file = p.edit()
				changed = []string{file}
			}
		})
	}
}

func compareBehaviour(t *testing.T, what string, splitOptions, wholeOptions Options, got, want Result) {
	t.Helper()
	if got.Outputs == nil || want.Outputs == nil {
		if (got.Outputs == nil) != (want.Outputs == nil) {
			t.Errorf("after %s: failed split %+v, whole %+v", what, got.Diagnostics, want.Diagnostics)
		}
		return
	}
	lines := func(result Result) []string {
		scripts := slices.DeleteFunc(slices.Clone(result.Entries), func(e Entry) bool { return strings.HasSuffix(e.URL, ".css") })
		// What is imported dynamically runs in any order.
		return slices.Sorted(strings.SplitSeq(runInNode(t, result.Outputs, scripts), "\n"))
	}
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("after %s printed (-whole +split):\n%s", what, diff)
	}
	for i, entry := range want.Entries {
		if len(entry.sheets()) != len(got.Entries[i].sheets()) {
			t.Errorf("after %s: %s has sheets %q, want %q", what, entry.Name, got.Entries[i].sheets(), entry.sheets())
			continue
		}
		for j, url := range entry.sheets() {
			wantText := strings.ReplaceAll(string(want.Outputs[url].Contents), wholeOptions.PublicPath, "")
			gotText := strings.ReplaceAll(string(got.Outputs[got.Entries[i].sheets()[j]].Contents), splitOptions.PublicPath, "")
			if diff := cmp.Diff(wantText, gotText); diff != "" {
				t.Errorf("after %s: sheet of %s (-whole +split):\n%s", what, entry.Name, diff)
			}
		}
	}
}
