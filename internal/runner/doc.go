// Package runner runs one app: generation after generation of it, behind one
// gate.
//
// A [Runner] has at most two generations at a time. Alone, one takes requests.
// A replacement brings the next, in one of two orders:
//
//	in turn:     shut the gate, drain, stop the old, boot the new, open the gate
//	overlapping: boot the new, turn the gate to it, drain and stop the old
//
// In turn, the old generation is gone whatever becomes of the new one.
// Overlapping, a new one that fails changes nothing; the old one that has to
// go retires while its successor serves, and the next replacement waits until
// it is gone.
//
// There is one replacement at a time. Its end is reported to [Events] as Ready
// or Failed; later, if a generation ends that nobody stopped, Exited. What is to
// be done about either is for the caller to decide.
//
// Read runner.go, then replace.go and overlap.go. A caller may have several
// runners, each with a gate of its own.
package runner
