package watch

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDueNow(t *testing.T) {
	t.Parallel()
	const (
		ms    = time.Millisecond
		never = -time.Hour
	)
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(first, last, quiet time.Duration, empty bool) pendingFile {
		return pendingFile{start.Add(first), start.Add(last), quiet, empty}
	}
	storm := make(map[string]pendingFile)
	for i := range stormPaths + 1 {
		storm["f"+strconv.Itoa(i)] = at(0, 0, 0, false)
	}
	tests := []struct {
		name    string
		pending map[string]pendingFile
		after   time.Duration
		held    time.Duration // after the start; negative: never
		due     []string
		wait    time.Duration
	}{
		{"nothing", nil, 0, never, nil, 0},
		{"web at once", map[string]pendingFile{"a.css": at(0, 0, 0, false)}, 0, never, []string{"a.css"}, 0},
		{"go waits", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false)}, 4 * ms, never, nil, 6 * ms},
		{"go is quiet", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false)}, 10 * ms, never, []string{"a.go"}, 0},
		{"web does not wait for go", map[string]pendingFile{"a.css": at(0, 0, 0, false), "a.go": at(0, 0, 10*ms, false)},
			0, never, []string{"a.css"}, 10 * ms},
		{"a kind waits for its last", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false), "b.go": at(8*ms, 8*ms, 10*ms, false)},
			12 * ms, never, nil, 6 * ms},
		{"empty web waits", map[string]pendingFile{"a.css": at(0, 0, 0, true)}, 0, never, nil, 50 * ms},
		{"empty go waits", map[string]pendingFile{"a.go": at(0, 0, 10*ms, true)}, 10 * ms, never, nil, 40 * ms},
		{"others wait for the empty", map[string]pendingFile{"a.css": at(0, 0, 0, true), "b.css": at(5*ms, 5*ms, 0, false)},
			5 * ms, never, nil, 45 * ms},
		{"never quiet", map[string]pendingFile{"a.go": at(0, 499*ms, 10*ms, false)}, 500 * ms, never, []string{"a.go"}, 0},
		{"never quiet, yet", map[string]pendingFile{"a.go": at(0, 495*ms, 10*ms, false)}, 496 * ms, never, nil, 4 * ms},
		{"locked", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false)}, time.Second, time.Second, nil, lockPause},
		{"just released", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false)}, 1000 * ms, 996 * ms, nil, 6 * ms},
		{"released and quiet", map[string]pendingFile{"a.go": at(0, 0, 10*ms, false)}, 1000 * ms, 990 * ms, []string{"a.go"}, 0},
		{"storm waits", storm, 20 * ms, never, nil, 30 * ms},
		{"storm is over", storm, 50 * ms, never, slices.Sorted(maps.Keys(storm)), 0},
	}
	for _, test := range tests {
		due, wait := dueNow(test.pending, start.Add(test.after), start.Add(test.held))
		slices.Sort(due)
		if diff := cmp.Diff(test.due, due); diff != "" {
			t.Errorf("%s: due (-want +got):\n%s", test.name, diff)
		}
		if wait != test.wait {
			t.Errorf("%s: wait %v, want %v", test.name, wait, test.wait)
		}
	}
}
