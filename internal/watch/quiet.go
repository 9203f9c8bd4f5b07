package watch

import "time"

const (
	defaultQuiet = 10 * time.Millisecond
	// A file that is suddenly missing or empty is most likely half of a save:
	// JetBrains renames twice, others truncate before they write.
	emptyQuiet = 50 * time.Millisecond
	// This many files at once are a checkout or an install, which pauses longer
	// between files than an editor does.
	stormPaths = 20
	stormQuiet = 50 * time.Millisecond
	// However busy the files are, no batch waits longer than this.
	maxWait = 500 * time.Millisecond
	// A lock is looked at this often while it holds a batch back.
	lockPause = 10 * time.Millisecond
)

// pendingFile is a file that may have changed and has not been read yet.
type pendingFile struct {
	first, last time.Time     // its hints
	quiet       time.Duration // how long it must be quiet
	empty       bool          // missing or empty when last seen
}

// dueNow returns the pending files that have been quiet long enough to be read
// now, and how long to wait before asking again, or 0 if none remain. Files with
// the same quiet time wait for one another, so that a "save all" is one batch; in
// a storm all files do. held is when version control was last seen at work,
// perhaps now. The quiet time begins no earlier, because its last events may
// still be on the way.
func dueNow(pending map[string]pendingFile, now, held time.Time) (due []string, wait time.Duration) {
	if len(pending) == 0 {
		return nil, 0
	}
	if !held.Before(now) {
		return nil, lockPause
	}
	storm := len(pending) > stormPaths
	class := func(t pendingFile) time.Duration {
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
