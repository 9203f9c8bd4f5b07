package watch

import "time"

const (
	defaultQuiet = 10 * time.Millisecond
	// A missing or empty file that was just touched is most likely half of a
	// save: JetBrains renames twice, others truncate before they write.
	emptyQuiet = 50 * time.Millisecond
	// So many files at once are a checkout or an install, which pauses longer
	// between two files than an editor does.
	stormPaths = 20
	stormQuiet = 50 * time.Millisecond
	// However busy the files are, nobody waits longer than this.
	maxWait = 500 * time.Millisecond
	// A lock is looked at this often while it holds a batch back.
	lockPause = 10 * time.Millisecond
)

// touched is a file that may have changed and was not yet read.
type touched struct {
	first, last time.Time     // its hints
	quiet       time.Duration // how long it must be quiet
	empty       bool          // missing or empty when last seen
}

// settle returns the pending files that have been quiet long enough to be read
// now, and how long to wait before asking again (0: no need, nothing remains).
// Files of equal quiet time wait for one another, so that a "save all" is one
// batch; after a storm all files do. held is when version control was last seen at
// work, which may be now: from then on there must be quiet, as it was busy until
// then and its last events may be on the way.
func settle(pending map[string]touched, now, held time.Time) (due []string, wait time.Duration) {
	if len(pending) == 0 {
		return nil, 0
	}
	if !held.Before(now) {
		return nil, lockPause
	}
	storm := len(pending) > stormPaths
	class := func(t touched) time.Duration {
		if storm {
			return stormQuiet
		}
		return t.quiet
	}
	deadlines := make(map[time.Duration]time.Time)
	caps := make(map[time.Duration]time.Time)
	for _, t := range pending {
		c := class(t)
		quiet := max(c, t.quiet)
		if t.empty {
			quiet = max(quiet, emptyQuiet)
		}
		if end := later(t.last, held).Add(quiet); end.After(deadlines[c]) {
			deadlines[c] = end
		}
		if limit := later(t.first, held).Add(maxWait); caps[c].IsZero() || limit.Before(caps[c]) {
			caps[c] = limit
		}
	}
	for path, t := range pending {
		c := class(t)
		left := min(deadlines[c].Sub(now), caps[c].Sub(now))
		if left <= 0 {
			due = append(due, path)
		} else if wait == 0 || left < wait {
			wait = left
		}
	}
	return due, wait
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
