package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// fate is what became of a request, as its client saw it.
type fate int

const (
	answered  fate = iota
	refused        // no connection
	told           // another status than 200
	broken         // the connection ended before the answer did
	truncated      // the answer ended cleanly, but is not what the app meant
)

// kind is a sort of request.
type kind struct {
	name string
	long bool // it may outlast the drain time, and then be cut off
}

// event is one request.
type event struct {
	kind       kind
	fate       fate
	start, end time.Time
	cause      string
}

// tally counts. Its methods may be called from any goroutine.
type tally struct {
	mu      sync.Mutex
	events  map[string]int // answered ones by kind
	failed  []event
	kinds   []kind
	newest  int // version in an answer so far
	stale   int // answers by an older version than one that was known before the request
	longest []time.Duration
	deaths  []event // when a version crashed by itself
	gets    []event // answered GETs; any wait of theirs is devtool's
}

func newTally() *tally { return &tally{events: map[string]int{}, longest: []time.Duration{0}} }

// known is the newest version that has answered.
func (t *tally) known() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.newest
}

// version notes which version answered a request that began when known was the
// newest.
func (t *tally) version(got, known int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.newest = max(t.newest, got)
	if got < known {
		t.stale++
	}
}

func (t *tally) add(ev event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.kinds, ev.kind) {
		t.kinds = append(t.kinds, ev.kind)
	}
	if ev.fate == answered {
		t.events[ev.kind.name]++
		if ev.kind == getKind {
			t.gets = append(t.gets, ev)
		}
	} else {
		t.failed = append(t.failed, ev)
	}
	if !ev.kind.long {
		last := &t.longest[len(t.longest)-1]
		*last = max(*last, ev.end.Sub(ev.start))
	}
}

// replaced begins the count of the next replacement.
func (t *tally) replaced() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.longest = append(t.longest, 0)
}

// died notes when a version crashed by itself.
func (t *tally) died(from, to time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deaths = append(t.deaths, event{start: from, end: to})
}

// row is the counts of one kind.
type row struct {
	kind                                               kind
	asked, answered, refused, lost, cut, silent, death int
	cause                                              string // of the first that should not be
}

// rows sorts every failure into what it means.
func (t *tally) rows() []row {
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows []row
	for _, k := range t.kinds {
		r := row{kind: k, answered: t.events[k.name], asked: t.events[k.name]}
		for _, ev := range t.failed {
			if ev.kind == k {
				r.asked++
				t.sort(&r, ev)
			}
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.kind.name, b.kind.name) })
	return rows
}

func (t *tally) sort(r *row, ev event) {
	inFlight := slices.ContainsFunc(t.deaths, func(d event) bool {
		return !ev.start.After(d.end) && !ev.end.Before(d.start)
	})
	switch {
	case ev.fate == truncated:
		r.silent++
	case inFlight:
		r.death++
		return
	case ev.fate == refused:
		r.refused++
	case ev.kind.long:
		r.cut++
		return
	default:
		r.lost++
	}
	r.cause = cmp.Or(r.cause, ev.cause)
}

// holds are the longest that a short request took around each replacement,
// sorted.
func (t *tally) holds() []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(slices.Values(t.longest))
}

// report is what a soak has found.
type report struct {
	tool                         string
	replacements                 int
	rows                         []row
	resaved                      int // versions were not served until they were saved again
	duplicated, stale            int
	noted, unnoted               int // ids in the app's ledger; answered ones that are not
	holds                        []time.Duration
	excesses                     []time.Duration // over the steps that hold requests; of devtool
	before, early, loaded, after usage           // idle, under load after a tenth and at the end, idle again
	left                         []string
	goroutines, fresh            int
	took                         time.Duration
}

// bad counts what must not happen.
func (r *report) bad() int {
	n := r.resaved + r.duplicated + r.stale + r.unnoted + len(r.left)
	for _, row := range r.rows {
		n += row.lost + row.refused + row.silent
	}
	return n
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "### %s, %d replacements in %v\n\n", r.tool, r.replacements, r.took.Round(time.Second))
	fmt.Fprintln(w, "| | asked | answered | lost | refused | silently truncated | cut off, client told | died with a crash |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, row := range r.rows {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %d | %d |\n", row.kind.name,
			row.asked, row.answered, row.lost, row.refused, row.silent, row.cut, row.death)
	}
	fmt.Fprintf(w, "\nThe app noted %d POSTs, %d of them twice; %d were answered but not noted; %d answers came from an older version than one seen before.\n",
		r.noted, r.duplicated, r.unnoted, r.stale)
	if r.resaved > 0 {
		fmt.Fprintf(w, "%d times a version was not served within %v and had to be saved again.\n", r.resaved, patience)
	}
	fmt.Fprintf(w, "Longest wait of a short request around a replacement: median %v, p99 %v, worst %v.\n",
		round(at(r.holds, 0.5)), round(at(r.holds, 0.99)), round(at(r.holds, 1)))
	if len(r.excesses) > 0 {
		fmt.Fprintf(w, "Longest wait of a GET, less drain, stop and boot of its replacement: median %v, p99 %v, worst %v, of %d.\n",
			round(at(r.excesses, 0.5)), round(at(r.excesses, 0.99)), round(at(r.excesses, 1)), len(r.excesses))
	}
	fmt.Fprintf(w, "%s itself: %v at the start; under load %v after a tenth, %v at the end; idle again %v.", r.tool, r.before, r.early, r.loaded, r.after)
	if r.fresh > 0 {
		fmt.Fprintf(w, " Goroutines: %d in a fresh one, %d after.", r.fresh, r.goroutines)
	}
	fmt.Fprintf(w, " Processes left behind: %d.\n", len(r.left))
	for _, row := range r.rows {
		if row.cause != "" {
			fmt.Fprintf(w, "First of %s: %s\n", row.kind.name, strings.TrimSpace(row.cause))
		}
	}
	fmt.Fprintln(w)
}

// at returns the quantile of what is sorted.
func at(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
