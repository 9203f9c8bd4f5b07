package policy

import (
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Lane is one side of a build.
type Lane uint8

// The lanes. Generators run before the other two lanes of their attempt.
const (
	GoLane Lane = iota
	WebLane
	GenerateLane
	TextLane // the text of templates in the running app
	Lanes    // how many there are
)

// progress is how far an attempt has come in one lane.
type progress uint8

const (
	absent  progress = iota // the attempt does not need this lane
	queued                  // it waits until the lane is free
	running                 //
	passed                  //
	broken                  // the user's code does not build
)

func (p progress) pending() bool { return p == queued || p == running }

// Phase is what the server is doing, as shown to clients.
type Phase string

// The phases.
const (
	Building Phase = "building"
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Failed   Phase = "failed"
)

// Binary is a compiled app. Equal binaries have equal IDs.
type Binary struct{ Path, ID string }

// Delta is what a run of the web lane changed in its outputs.
type Delta struct {
	CSS    []string // URL paths of style sheets that changed, or whose images or fonts did
	Reload bool     // something else changed too: scripts, added or removed outputs
	Hot    bool     // something else changed too, which patches have shown already
}

func (d Delta) empty() bool { return len(d.CSS) == 0 && !d.Reload && !d.Hot }

func (d Delta) and(e Delta) Delta {
	return Delta{CSS: union(d.CSS, e.CSS), Reload: d.Reload || e.Reload, Hot: d.Hot || e.Hot}
}

// attempt is an attempt to bring the outputs up to date with a batch.
type attempt struct {
	Build    int
	Files    []string
	First    time.Time
	Lanes    [Lanes]progress
	Run      [Lanes]int // the lane run this attempt waits for or has seen
	Held     bool       // the rest of the same save is still to come
	Restart  bool
	Reload   bool
	Swap     []string
	Delta    Delta
	Binary   Binary
	GoRan    bool // the Go lane has run to its end for this attempt
	Fixed    bool // errors of a lane, or of the app, are gone
	Stages   []Stage
	Cause    string // the reason, if it was not files
	Obstacle string // what kept the web lane from patching pages
	Patched  bool   // pages were told of patches that no served script holds
}

// reason says, for pages, why they reload.
func (a *attempt) reason() string {
	switch {
	case a.Cause != "":
		return a.Cause
	case len(a.Files) == 0:
		return "changed: ?"
	default:
		return "changed: " + a.Files[0]
	}
}

// did adds completed stages. It copies, because older states may share the array.
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
	Cancels int // runs cancelled since one last ended by itself
}

// replacement is a generation on its way to readiness.
type replacement struct {
	Attempt    attempt
	Generation int
	Binary     Binary
	Rollback   bool // it brings back the last good binary
	Crash      bool // it follows a crash, not a change
}

// app is the app behind the gate.
type app struct {
	Generation int          // the last number used
	Running    int          // the generation that takes requests; 0 when none does
	Binary     Binary       // what Running runs, or ran last
	Good       Binary       // the last binary that became ready
	Newest     Binary       // the last that was built, ready or not
	Replacing  *replacement // under way
	Next       *replacement // waits for Replacing to be abandoned
	Owed       bool         // a broken build has put off a restart
	Exited     *AppExited   // Replacing exited before its Replaced event arrived
	Backoff    bool         // a restart after a crash is scheduled
	Finished   bool         // it exited with 0 before it was ready
	Crashes    []time.Time  // recent ones
}

// Facts come from the settings and the project. They change only when those are
// edited.
type Facts struct {
	HasWeb   bool // there is a web lane at all
	WebFirst bool // Go embeds what the web lane writes, and nothing is there yet
	Rollback bool // a failed app may be replaced with the last good binary
	Overlap  bool // two generations may run at once
	Direct   bool // the app serves the public address itself: tabs cannot swap style sheets
	Seed     bool // run app.seed once the app is ready
	Hot      bool // open pages take patches
	Types    bool // check types once the first outcome was reported
}

// State is everything that decisions depend on. [Decide] takes and returns it by
// value and never changes slices in place. The zero value, with its Facts, is the
// state of a server that has just started.
type State struct {
	Facts

	Build    int // the last number used
	Attempts []attempt
	Lanes    [Lanes]laneState
	WebDirty []string // changed since the web lane last succeeded
	WebLater []string // of those, changed since its run under way began
	WebBuilt bool     // the web lane has succeeded before
	App      app
	Problems [origins][]problem.Problem
	Blocked  Changed // changes that wait until a failing generator is fixed

	Paused  bool    // changes are noticed but held back
	Waiting Changed // those changes

	Reported  []problem.Problem // current problems that an outcome has shown
	Thrown    []thrown          // errors of pages that are still open
	PageBuild int               // documents of earlier builds are about to reload
	Doubted   string            // about the newest patches, the last reason that was reported

	Announced int   // the last announced build
	Begun     []int // announced builds that have no outcome yet

	Feedback feedbackState
}

// origin is where problems come from. The problems of one origin are always
// replaced together.
type origin uint8

const (
	fromConfig origin = iota
	fromGenerate
	fromGo
	fromWeb
	fromApp
	fromTypes
	origins // how many there are
)

// AllProblems returns every problem of the project, in the order in which people
// should read them.
func (s *State) AllProblems() []problem.Problem {
	return slices.Concat(s.Problems[fromConfig], s.ofBuild(), s.typesAlone())
}

// typesAlone returns type warnings, except on lines where the bundler found a
// problem: what cannot be parsed or resolved has no type either.
func (s *State) typesAlone() []problem.Problem {
	return slices.DeleteFunc(slices.Clone(s.Problems[fromTypes]), func(t problem.Problem) bool {
		return slices.ContainsFunc(s.Problems[fromWeb], func(p problem.Problem) bool { return p.File == t.File && p.Line == t.Line })
	})
}

// ofBuild returns the problems found by building and running the project, without
// those of the type checker.
func (s *State) ofBuild() []problem.Problem {
	return slices.Concat(s.Problems[fromGenerate], s.Problems[fromGo], s.Problems[fromWeb], s.Problems[fromApp])
}

// Phase returns the current phase. It is derived, never stored.
func (s *State) Phase() Phase {
	switch {
	case s.App.Replacing != nil, s.App.Backoff:
		return Starting
	case slices.ContainsFunc(s.Attempts, func(a attempt) bool { return a.pending() }):
		return Building
	case s.App.Running == 0 && !s.App.Finished, problem.AnyErrors(s.AllProblems()):
		return Failed
	default:
		return Ready
	}
}

// Down reports whether no generation takes requests. A generation that is being
// replaced counts as running until its successor is ready or has failed: requests
// wait meanwhile.
func (s *State) Down() bool { return s.App.Running == 0 }

// Idle reports whether nothing is being built or started.
func (s *State) Idle() bool { return len(s.Attempts) == 0 && s.App.Replacing == nil }

// Works reports whether the project builds and its app runs or has finished.
func (s *State) Works() bool {
	return (s.App.Running != 0 || s.App.Finished) && !problem.AnyErrors(s.AllProblems())
}

// Busy reports whether a run of the lane is under way.
func (s *State) Busy(l Lane) bool { return s.Lanes[l].Run != 0 }

// Queued reports whether an attempt waits for the lane.
func (s *State) Queued(l Lane) bool {
	return slices.ContainsFunc(s.Attempts, func(a attempt) bool { return a.Lanes[l] == queued })
}

// unanswered returns the builds that have no outcome yet.
func (s *State) unanswered() []int {
	var all []int
	for _, a := range s.Attempts {
		all = append(all, a.Build)
	}
	for _, r := range s.replacements() {
		all = append(all, r.Attempt.Build)
	}
	return all
}

func (s *State) replacements() []*replacement {
	return slices.DeleteFunc([]*replacement{s.App.Replacing, s.App.Next}, func(r *replacement) bool { return r == nil })
}

// binaries returns the paths of the binaries that run or may run again.
func (s *State) binaries() []string {
	all := []string{s.App.Binary.Path, s.App.Good.Path, s.App.Newest.Path}
	for _, r := range s.replacements() {
		all = append(all, r.Binary.Path)
	}
	for _, a := range s.Attempts {
		all = append(all, a.Binary.Path)
	}
	slices.Sort(all)
	return slices.Compact(slices.DeleteFunc(all, func(path string) bool { return path == "" }))
}

// gate is what happens to requests, derived from the state. While a replacement
// is under way, the runner moves the gate, because the order of its steps
// matters.
type gate uint8

const (
	gateOpen   gate = iota // the app takes them
	gateMoving             // the runner decides
	gateShut               // they wait for an app that is being built or started
	gateFailed             // nothing will take them until a file changes
)

func (s *State) gate() gate {
	switch {
	case s.App.Replacing != nil:
		return gateMoving
	case s.App.Running != 0:
		return gateOpen
	case s.App.Backoff:
		return gateShut
	case slices.ContainsFunc(s.Attempts, func(a attempt) bool {
		return a.Lanes[GoLane].pending() || a.Lanes[GenerateLane].pending()
	}):
		return gateShut
	default:
		return gateFailed
	}
}
