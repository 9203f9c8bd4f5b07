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
// A program may give its files another name each time, or put them into another
// directory. So the brake also counts patterns: "logs/*.log", and "out/**/*.html"
// for every directory above a file. It names the narrowest that the program wrote
// each time.
//
// The package is pure: it reads no clock and no file. Other packages may import it;
// it imports none of ours.
package feedback

import (
	"maps"
	"path"
	"slices"
	"strings"
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
	// a part of them.
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
	// Caught are files, or patterns such as "logs/*.log" and "out/**/*.html", that
	// the program was just found to write. People should be told.
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

// Proof is what shows that a program writes a file which keeps changing after its
// starts.
type Proof int

// The proofs.
const (
	// Short is a delay that is short each time, or the same each time.
	Short Proof = iota
	// Steady is a delay that is the same each time. It is for files that tools
	// may also write as soon as they can.
	Steady
)

// Changed returns b with the files changed at the given time. Names have slashes.
func (b Brake) Changed(files []string, at time.Time, proof Proof) (next Brake, v Verdict) {
	next = Brake{started: b.started, known: maps.Clone(b.known)}
	if next.known == nil {
		next.known = make(map[string]history)
	}
	held := make(map[string]bool)
	note := func(name string) {
		if _, noted := held[name]; noted {
			return
		}
		h, caught := next.known[name].changed(b.started, at, func(delays []time.Duration) bool { return proof.telling(delays, tolerance(name)) })
		next.known[name] = h
		held[name] = caught || h.holds(b.started, at, b.known[name])
		if caught {
			v.Caught = append(v.Caught, name)
		}
	}
	for _, file := range files {
		counts := true
		for _, name := range names(file) {
			note(name)
			counts = counts && !held[name]
			if next.known[name].quiet > 0 {
				break // the wider patterns would blame the program for more than it writes
			}
		}
		if counts {
			v.Count = append(v.Count, file)
		}
	}
	return next, v
}

// names returns the file and the patterns that match it, the narrowest first: its
// next one may have another name, or be in another directory.
func names(file string) []string {
	dir, base := path.Dir(file), "*"+extension(file)
	all := []string{file, path.Join(dir, base)}
	for {
		all = append(all, path.Join(dir, "**", base))
		if dir == "." || dir == "/" || path.Base(dir) == ".." {
			return all
		}
		dir = path.Dir(dir)
	}
}

// extension returns the extension of a file, unless that is a number, which says
// nothing about its kind: "log.1764000000".
func extension(file string) string {
	ext := path.Ext(file)
	if strings.Trim(ext, ".0123456789") == "" {
		return ""
	}
	return ext
}

// soon reports whether a change follows a start soon enough to be the program's.
func soon(started, at time.Time) bool { return !started.IsZero() && at.Sub(started) <= window }

// changed returns h after a change, and reports whether the change proves that
// the program writes the file; telling decides that from the delays.
func (h history) changed(started, at time.Time, telling func([]time.Duration) bool) (next history, caught bool) {
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
func (p Proof) telling(delays []time.Duration, tolerance time.Duration) bool {
	if len(delays) < rounds {
		return false
	}
	least, most := slices.Min(delays), slices.Max(delays)
	return p == Short && most <= fast || most-least <= most/tolerance+jitter
}

// tolerance returns what part of the delays their differences may make up, as its
// divisor. Somebody who edits one file after another keeps a rhythm, too.
func tolerance(name string) time.Duration {
	if strings.Contains(name, "**") {
		return 20
	}
	return 4
}
