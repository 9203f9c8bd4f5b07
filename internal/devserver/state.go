package devserver

import (
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// lane is one side of a build.
type lane uint8

const (
	goLane lane = iota
	webLane
	generateLane // goes before the other two of its attempt
	lanes        // how many there are
)

// progress is how far an attempt has come in one lane.
type progress uint8

const (
	absent  progress = iota // the attempt does not need this lane
	queued                  // it waits for the lane to be free
	running                 //
	passed                  //
	broken                  // the user's code does not build
)

func (p progress) pending() bool { return p == queued || p == running }

// Phase is where the server stands, as shown to clients.
type Phase string

const (
	Building Phase = "building"
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Failed   Phase = "failed"
)

// binary is a compiled app. ID is equal for equal binaries.
type binary struct{ Path, ID string }

// delta is what a run of the web lane changed in its outputs.
type delta struct {
	CSS    []string // URL paths of changed sheets (also for changed images and fonts of theirs)
	Reload bool     // something else changed too: scripts, added or removed outputs
}

func (d delta) empty() bool { return len(d.CSS) == 0 && !d.Reload }

// attempt is one attempt to bring the outputs up to date with a batch.
type attempt struct {
	Build   int
	Files   []string
	First   time.Time
	Lanes   [lanes]progress
	Run     [lanes]int // the lane run this attempt waits for or has seen
	Held    bool       // slower changes of the same save are still to come
	Restart bool
	Reload  bool
	Swap    []string
	Delta   delta
	Binary  binary
	Stages  []Stage
	Cause   string // what it is for, if not for files
}

// reason is what pages are told.
func (a *attempt) reason() string {
	if a.Cause != "" {
		return a.Cause
	}
	return "changed: " + firstOf(a.Files)
}

// did adds stages that the attempt has behind it. Older states may share the
// array of those before.
func (a *attempt) did(stages ...Stage) { a.Stages = slices.Concat(a.Stages, stages) }

func (a *attempt) pending() bool {
	return a.Held || slices.ContainsFunc(a.Lanes[:], progress.pending)
}

func (a *attempt) lanesLeft() bool {
	return slices.ContainsFunc(a.Lanes[:], func(p progress) bool { return p != absent })
}

// laneState is what one lane is doing.
type laneState struct {
	Run     int // the run under way; 0 when idle
	Cancels int // runs cancelled since one last came to its end
}

// replacement is a generation on its way to readiness.
type replacement struct {
	Attempt    attempt
	Generation int
	Binary     binary
	Rollback   bool // it brings back the last good binary
	Crash      bool // it follows a crash, not a change
}

// app is what stands behind the gate.
type app struct {
	Generation int          // the last number given
	Running    int          // the generation that takes requests; 0 when none does
	Binary     binary       // what Running runs, or ran last
	Good       binary       // the last binary that became ready
	Newest     binary       // the last that was built, ready or not
	Replacing  *replacement // under way
	Next       *replacement // waits for Replacing to be abandoned
	Owed       bool         // a restart that a broken build has put off
	Exited     *appExited   // Replacing has ended already, as soon as it was ready
	Backoff    bool         // a restart after a crash is due
	Finished   bool         // it exited with 0 before it was ready
	Crashes    []time.Time  // recent ones
}

// state is all that the server knows. decide takes and returns it by value;
// slices are never changed in place.
type state struct {
	Build    int // the last number given
	Attempts []attempt
	Lanes    [lanes]laneState
	WebDirty []string // changed since the web lane last succeeded
	WebBuilt bool     // the web lane has succeeded before
	App      app
	Problems [origins][]problem.Problem
	Blocked  changed // what a failing generator keeps from being built

	Paused  bool    // changes are noticed, but wait
	Waiting changed // the changes that do

	Told      []problem.Problem // in outcomes, of those there are
	Thrown    []thrown          // by pages that are still open
	PageBuild int               // documents of builds before it are to be reloaded

	HasWeb   bool // there is a web lane at all
	WebFirst bool // Go embeds what the web lane writes, and nothing is there yet
	Rollback bool // going back to the last good binary is allowed
}

// source of problems: each one's set is replaced as a whole.
type source uint8

const (
	fromConfig source = iota
	fromGenerate
	fromGo
	fromWeb
	fromApp
	fromTypes
	origins // how many sources of problems there are
)

// problems returns every problem, in the order people should read them.
func (s *state) problems() []problem.Problem {
	return slices.Concat(s.Problems[fromConfig], s.ofBuild(), s.typesAlone())
}

// typesAlone returns the warnings about types on lines that nothing else is
// wrong with: what cannot be parsed or resolved has no type either.
func (s *state) typesAlone() []problem.Problem {
	return slices.DeleteFunc(slices.Clone(s.Problems[fromTypes]), func(t problem.Problem) bool {
		return slices.ContainsFunc(s.Problems[fromWeb], func(p problem.Problem) bool { return p.File == t.File && p.Line == t.Line })
	})
}

// ofBuild returns those that building and running have shown. Types are checked
// beside that.
func (s *state) ofBuild() []problem.Problem {
	return slices.Concat(s.Problems[fromGenerate], s.Problems[fromGo], s.Problems[fromWeb], s.Problems[fromApp])
}

// phase is derived, never stored.
func (s *state) phase() Phase {
	switch {
	case s.App.Replacing != nil, s.App.Backoff:
		return Starting
	case slices.ContainsFunc(s.Attempts, func(a attempt) bool { return a.pending() }):
		return Building
	case s.App.Running == 0 && !s.App.Finished, problem.AnyErrors(s.problems()):
		return Failed
	default:
		return Ready
	}
}

// builds are those that an outcome is still to come of.
func (s *state) builds() []int {
	var all []int
	for _, a := range s.Attempts {
		all = append(all, a.Build)
	}
	for _, r := range []*replacement{s.App.Replacing, s.App.Next} {
		if r != nil {
			all = append(all, r.Attempt.Build)
		}
	}
	return all
}

// down tells that no generation takes requests. One that is being replaced
// counts until its successor is ready or has failed: what it does not take is
// held.
func (s *state) down() bool { return s.App.Running == 0 }

// gate is what becomes of requests, derived from the state. While a
// replacement is under way the replacement itself moves the gate, because the
// order of its steps matters.
type gate uint8

const (
	gateOpen   gate = iota // an app takes them
	gateMoving             // a replacement decides
	gateShut               // they wait for an app that is being made
	gateFailed             // nothing will take them until a file changes
)

func (s *state) gate() gate {
	switch {
	case s.App.Replacing != nil:
		return gateMoving
	case s.App.Running != 0:
		return gateOpen
	case s.App.Backoff:
		return gateShut
	case slices.ContainsFunc(s.Attempts, func(a attempt) bool {
		return a.Lanes[goLane].pending() || a.Lanes[generateLane].pending()
	}):
		return gateShut
	default:
		return gateFailed
	}
}
