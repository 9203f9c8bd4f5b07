// Package feedback notices a program that writes watched files and is restarted
// for it, over and over.
//
// A [Brake] hears of every start and every change. A file that changes shortly
// after each of several starts in a row is written by the program, as far as
// anyone can tell from outside: no person saves the same file within a second of
// five restarts, nor five times after the same number of seconds. From then on
// the file restarts the program only after a while without a change, so that an
// edit by hand still counts. That while doubles each time the program writes it
// again.
//
// The package is pure: it reads no clock and no file. Other packages may import it;
// it imports none of ours.
package feedback

import (
	"maps"
	"path"
	"slices"
	"time"
)

const (
	// rounds is how many starts in a row the file must follow.
	rounds = 5
	// window is how long after a start a change may still be the program's.
	window = 10 * time.Second
	// fast is a delay that no person keeps to for so many rounds.
	fast = time.Second
	// jitter is how much the delays of a slow program may differ, in addition to
	// a quarter.
	jitter = 50 * time.Millisecond
)

// Brake is what is known about one program. The zero value is for a program that
// has never been started. A Brake is a value: its methods return a new one and do
// not change it.
type Brake struct {
	started time.Time
	known   map[string]history // by file, or by pattern for files whose names keep changing
}

// history is what is known about a file or a pattern.
type history struct {
	delays []time.Duration // the last ones, between starts in a row and the first change after each
	seen   bool            // it changed since the last start
	last   time.Time       // when it changed
	// quiet is how long it must not change before it counts again; 0 if it was
	// never caught. again says that it has counted once since then.
	quiet time.Duration
	again bool
}

// Verdict is what follows from a change.
type Verdict struct {
	Count []string // the files that may restart the program
	// Caught are files, or patterns such as "logs/*.log", that the program was
	// just found to write. People should be told.
	Caught []string
}

// Started returns b with the program started at the given time.
func (b Brake) Started(at time.Time) Brake {
	next := Brake{started: at, known: make(map[string]history, len(b.known))}
	for name, h := range b.known {
		if !h.seen {
			h.delays = nil // not in a row
		}
		if h.seen || h.quiet > 0 {
			h.seen = false
			next.known[name] = h
		}
	}
	return next
}

// Changed returns b with the files changed at the given time. Names have slashes.
func (b Brake) Changed(files []string, at time.Time) (next Brake, v Verdict) {
	next = Brake{started: b.started, known: maps.Clone(b.known)}
	if next.known == nil {
		next.known = make(map[string]history)
	}
	held := make(map[string]bool)
	note := func(name string) {
		if _, noted := held[name]; noted {
			return
		}
		h, caught := next.known[name].changed(b.started, at)
		next.known[name] = h
		held[name] = caught || h.holds(b.started, at, b.known[name])
		if caught {
			v.Caught = append(v.Caught, name)
		}
	}
	for _, file := range files {
		note(file)
		if next.known[file].quiet == 0 {
			note(pattern(file)) // its next one may have another name
		}
	}
	for _, file := range files {
		if !held[file] && !held[pattern(file)] {
			v.Count = append(v.Count, file)
		}
	}
	return next, v
}

// pattern returns the pattern for files of the same kind in the same directory.
func pattern(file string) string { return path.Join(path.Dir(file), "*"+path.Ext(file)) }

// soon reports whether a change follows a start soon enough to be the program's.
func soon(started, at time.Time) bool { return !started.IsZero() && at.Sub(started) <= window }

// changed returns h after a change, and reports whether the change proves that
// the program writes the file.
func (h history) changed(started, at time.Time) (next history, caught bool) {
	h.last = at
	if !soon(started, at) {
		h.delays = nil
		h.again = h.quiet > 0
		return h, false
	}
	if !h.seen {
		h.seen = true
		h.delays = append(slices.Clone(h.delays), at.Sub(started))
		h.delays = h.delays[max(0, len(h.delays)-rounds):]
	}
	switch {
	case h.quiet > 0 && h.again:
		h.quiet, h.again = 2*h.quiet, false
	case h.quiet == 0 && telling(h.delays):
		h.quiet = window
		return h, true
	}
	return h, false
}

// holds reports whether the change that turned before into h must not count.
func (h history) holds(started, at time.Time, before history) bool {
	return before.quiet > 0 && (soon(started, at) || at.Sub(before.last) < before.quiet)
}

// telling reports whether the delays are too regular for a person who saves a
// file.
func telling(delays []time.Duration) bool {
	if len(delays) < rounds {
		return false
	}
	least, most := slices.Min(delays), slices.Max(delays)
	return most <= fast || most-least <= most/4+jitter
}
