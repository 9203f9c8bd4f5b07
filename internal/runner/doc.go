// Package runner runs one app, generation after generation, behind one gate.
//
// A [Runner] has at most two generations at a time, and one of them takes requests.
// A replacement starts the next, in one of two orders:
//
//	in turn:     shut the gate, drain, stop the old, boot the new, open the gate
//	overlapping: boot the new, turn the gate to it, drain and stop the old
//
// In turn, the old generation is gone even if the new one fails. Overlapping, a
// new generation that fails changes nothing; otherwise the old one retires while
// its successor serves, and the next replacement waits until it is gone.
//
// There is one replacement at a time. [Events] hears of its end as Ready or
// Failed, and later as Exited if the generation ends although nobody stopped it.
// The caller decides what to do about either.
//
// Read runner.go, then replace.go and overlap.go. A caller may have several
// runners, each with a gate of its own.
package runner
