package policy

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// maxCancels is how often in a row a run may be cancelled for a newer batch, so
// that a file saved every second cannot starve a lane.
const maxCancels = 2

func (ev Changed) apply(d *decision) { d.noticed(ev) }

// changed begins an attempt for a batch. The attempt takes over the lanes it
// needs from older attempts, and absorbs an attempt that was held for it.
func (d *decision) changed(ev Changed) {
	d.Build++
	a := attempt{
		Build: d.Build, Files: ev.Files, First: ev.First, Held: ev.Held,
		Restart: ev.Restart, Reload: ev.Reload, Swap: ev.Swap, Cause: ev.Cause,
	}
	if ev.Go {
		a.Lanes[GoLane] = queued
	}
	if ev.Text {
		a.Lanes[d.textLane()] = queued
		a.Reload = true
	}
	if len(ev.Web) > 0 && d.HasWeb {
		a.Lanes[WebLane] = queued
		d.WebDirty, d.WebLater = union(d.WebDirty, ev.Web), union(d.WebLater, ev.Web)
	}
	if ev.Generate || (ev.Go || ev.Text) && problem.AnyErrors(d.Problems[fromGenerate]) {
		a.Lanes[GenerateLane] = queued
	}
	kept := d.absorb(&a, d.Attempts)
	d.Attempts = append(kept, a)
}

// absorb merges older attempts into a. It takes over each lane that both need; it
// takes over everything if the older one was held for a, or if a waits for its
// generators. It returns the remaining attempts, reusing the array of older.
func (d *decision) absorb(a *attempt, older []attempt) []attempt {
	kept := older[:0]
	for _, old := range older {
		whole := old.Held || d.awaits(a, &old)
		if whole {
			a.join(old)
		}
		for l := range Lanes {
			d.takeOver(l, a, &old)
		}
		if old.lanesLeft() && !whole {
			kept = append(kept, old)
		} else if !whole {
			a.inherit(old)
		}
	}
	return kept
}

// join makes a finish what old, an attempt for an earlier batch, began.
func (a *attempt) join(old attempt) {
	for l := range Lanes {
		if a.Lanes[l] == absent {
			a.Lanes[l], a.Run[l] = old.Lanes[l], old.Run[l]
			if l == GoLane {
				a.Binary = old.Binary
			}
		}
	}
	a.Delta = a.Delta.and(old.Delta)
	a.Obstacle, a.Patched = cmp.Or(a.Obstacle, old.Obstacle), a.Patched || old.Patched
	a.GoRan = a.GoRan || old.GoRan
	a.Fixed = a.Fixed || old.Fixed
	a.Stages = slices.Concat(old.Stages, a.Stages)
	a.inherit(old)
}

// inherit keeps what an attempt without remaining lanes was asked to do.
func (a *attempt) inherit(old attempt) {
	a.Files = union(old.Files, a.Files)
	a.Cause = cmp.Or(a.Cause, old.Cause)
	if old.First.Before(a.First) {
		a.First = old.First
	}
	a.Restart = a.Restart || old.Restart
	a.Reload = a.Reload || old.Reload
	a.Swap = union(old.Swap, a.Swap)
}

// takeOver moves a lane that both attempts need from the older to the newer. It
// cancels a run under way, unless runs have been cancelled too often already.
func (d *decision) takeOver(l Lane, a, old *attempt) {
	if a.Lanes[l] != queued || old.Lanes[l] == absent {
		return
	}
	if old.Lanes[l] == running {
		if d.Lanes[l].Cancels >= maxCancels {
			return
		}
		d.Lanes[l].Cancels++
		d.do(CancelLane{Lane: l})
	}
	a.Delta = a.Delta.and(old.Delta)
	a.Obstacle, a.Patched = cmp.Or(a.Obstacle, old.Obstacle), a.Patched || old.Patched
	old.Lanes[l] = absent
}

func (NothingFollowed) apply(d *decision) {
	d.Waiting.Held = false
	for i := range d.Attempts {
		d.Attempts[i].Held = false
	}
}

func (ev GoBuilt) apply(d *decision) {
	d.now = ev.At
	a := d.finish(GoLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	stage := Stage{Name: "go", Took: Millis(ev.Took)}
	if ev.Fast {
		stage.Note = "fast"
	}
	a.did(stage)
	a.GoRan = true
	a.Lanes[GoLane] = passed
	if problem.AnyErrors(ev.Problems) {
		a.Lanes[GoLane] = broken
	} else {
		d.App.Newest = ev.Binary
	}
	a.Binary = ev.Binary
	d.found(a, fromGo, ev.Problems)
}

// apply tells tabs at once, also when the run was superseded: later patches build
// on this one.
func (ev WebPatched) apply(d *decision) {
	d.now = ev.At
	if a := d.attempt(func(a *attempt) bool { return a.Lanes[WebLane] == running && a.Run[WebLane] == ev.Run }); a != nil {
		a.did(Stage{Name: "hot", Took: Millis(ev.Took)})
		a.Patched = true
	}
	d.Doubted = ""
	d.do(PatchTabs{Run: ev.Run})
}

func (ev WebBuilt) apply(d *decision) {
	d.now = ev.At
	a := d.finish(WebLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	a.did(Stage{Name: d.webStage(ev), Took: Millis(ev.Took)})
	a.Lanes[WebLane] = passed
	d.found(a, fromWeb, ev.Problems)
	if problem.AnyErrors(ev.Problems) {
		a.Lanes[WebLane] = broken
		return
	}
	if d.WebFirst && !d.WebBuilt && problem.AnyErrors(d.Problems[fromGo]) {
		d.again(a, GoLane) // what it embeds exists now
	}
	d.WebDirty, d.WebBuilt = d.WebLater, true
	if ev.Patched {
		ev.Delta.Hot, ev.Delta.Reload = a.Patched || ev.Delta.Reload, false
	}
	a.Delta = a.Delta.and(ev.Delta)
	a.Obstacle = ev.Obstacle
}

// webStage names the stage of a run of the web lane by what was built: style
// sheets alone, or more.
func (d *decision) webStage(ev WebBuilt) string {
	script := func(file string) bool { return filepath.Ext(file) != ".css" }
	if len(d.WebDirty) == 0 || ev.Delta.Reload || slices.ContainsFunc(d.WebDirty, script) {
		return "web"
	}
	return "css"
}

// found replaces the problems of one origin with what an attempt found there.
func (d *decision) found(a *attempt, o origin, problems []problem.Problem) {
	a.Fixed = a.Fixed || problem.AnyErrors(d.Problems[o]) && !problem.AnyErrors(problems)
	d.Problems[o] = problems
}

// finish frees the lane and returns the attempt that waited for this run, or nil
// if none does.
func (d *decision) finish(l Lane, run int, canceled bool) *attempt {
	d.Lanes[l].Run = 0
	if !canceled {
		d.Lanes[l].Cancels = 0
	}
	a := d.attempt(func(a *attempt) bool { return a.Lanes[l] == running && a.Run[l] == run })
	if a != nil && canceled { // cancelled, but wanted after all: run it again
		a.Lanes[l] = queued
		return nil
	}
	return a
}

func (d *decision) attempt(is func(*attempt) bool) *attempt {
	for i := range d.Attempts {
		if is(&d.Attempts[i]) {
			return &d.Attempts[i]
		}
	}
	return nil
}

// startQueued starts the oldest attempt that waits for each idle lane.
func (d *decision) startQueued() {
	for l := range Lanes {
		if d.Lanes[l].Run != 0 {
			continue
		}
		a := d.attempt(func(a *attempt) bool { return a.Lanes[l] == queued && !d.mustWait(l, a) })
		if a == nil {
			continue
		}
		a.Lanes[l], a.Run[l] = running, a.Build
		d.Lanes[l].Run = a.Build
		d.announceBuilds()
		d.do(d.start(l, a))
	}
}

// mustWait reports whether a lane of an attempt needs what another lane has yet
// to write.
func (d *decision) mustWait(l Lane, a *attempt) bool {
	switch l {
	case GenerateLane:
		return false
	case GoLane:
		first := d.WebFirst && !d.WebBuilt && a.Lanes[WebLane].pending()
		return first || a.Lanes[GenerateLane].pending()
	default:
		return a.Lanes[GenerateLane].pending()
	}
}

func (d *decision) start(l Lane, a *attempt) Action {
	run := a.Build
	switch {
	case l == GenerateLane:
		return StartGenerate{Run: run}
	case l == GoLane:
		return StartGo{Run: run}
	case l == TextLane:
		return StartText{Run: run, Binary: d.App.Binary}
	case d.WebBuilt:
		d.WebLater = nil
		return StartWeb{Run: run, Files: d.WebDirty, Hot: d.Hot && a.webAlone()}
	default:
		d.WebLater = nil
		return StartWeb{Run: run}
	}
}

// webAlone reports whether the web lane decides alone what becomes of the pages.
func (a *attempt) webAlone() bool {
	return a.Lanes[GoLane] == absent && a.Lanes[TextLane] == absent && !a.Restart && !a.Reload && !a.Delta.Reload
}

// concludeAttempts ends every attempt whose lanes are done: it serves the
// outputs, replaces the app if necessary and informs clients.
func (d *decision) concludeAttempts() {
	attempts := d.Attempts
	d.Attempts = nil
	for _, a := range attempts {
		if a.pending() {
			d.Attempts = append(d.Attempts, a)
			continue
		}
		if !a.Delta.empty() {
			d.do(Publish{})
		}
		if next, ok := d.replacementFor(&a); ok {
			d.replace(next)
			continue
		}
		d.tellOutcome(a)
	}
}
