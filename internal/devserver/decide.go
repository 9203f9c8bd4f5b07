package devserver

import (
	"cmp"
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// maxCancels is how often in a row a run may be cancelled for a newer batch, so
// that a file saved every second cannot starve a lane.
const maxCancels = 2

// decide is the whole policy of the server. It reads no file, no clock and no
// process: given where things stand and what happened, it returns where they
// stand now and what to do, in order.
func decide(s state, ev event) (state, []action) {
	before := s
	d := decision{state: s}
	d.Attempts = slices.Clone(s.Attempts)

	switch ev := ev.(type) {
	case changed:
		d.noticed(ev)
	case heldEnough:
		d.heldEnough()
	case generated:
		d.generated(ev)
	case goBuilt:
		d.goBuilt(ev)
	case webBuilt:
		d.webBuilt(ev)
	case appReady:
		d.appReady(ev)
	case appFailed:
		d.appFailed(ev)
	case appExited:
		d.appExited(ev)
	case restartDue:
		d.restartDue(ev)
	case pageShown:
		d.pageShown(ev)
	case pageThrew:
		d.pageThrew(ev)
	case typesChecked:
		d.typesChecked(ev)
	case asked:
		d.asked(ev)
	case edited:
		d.edited(ev)
	}

	d.concludeAttempts()
	d.startQueued()
	d.tellDifference(&before)
	d.Told = common(d.Told, d.ofBuild())
	// Last: who hears of an outcome may look at once, and must find it.
	return d.state, append(d.actions, d.reports...)
}

// decision is a state being changed and the actions that follow from it.
type decision struct {
	state
	actions []action
	reports []action
}

func (d *decision) do(actions ...action) { d.actions = append(d.actions, actions...) }

// changed begins an attempt for a batch. The attempt takes over each lane it
// needs from older attempts, and the whole of one that was held for it.
func (d *decision) changed(ev changed) {
	d.Build++
	a := attempt{
		Build: d.Build, Files: ev.Files, First: ev.First, Held: ev.Held,
		Restart: ev.Restart, Reload: ev.Reload, Swap: ev.Swap, Cause: ev.Cause,
	}
	if ev.Go {
		a.Lanes[goLane] = queued
	}
	if len(ev.Web) > 0 && d.HasWeb {
		a.Lanes[webLane] = queued
		d.WebDirty = union(d.WebDirty, ev.Web)
	}
	if ev.Generate || ev.Go && problem.AnyErrors(d.Problems[fromGenerate]) {
		a.Lanes[generateLane] = queued
	}
	kept := d.absorb(&a, d.Attempts)
	d.Attempts = append(kept, a)
}

// absorb takes over from older attempts each lane that a needs, too, and the
// whole of those that were held for a or whose generators a has to await. It
// returns what is left of them.
func (d *decision) absorb(a *attempt, older []attempt) []attempt {
	kept := older[:0]
	for _, old := range older {
		whole := old.Held || d.awaits(a, &old)
		if whole {
			a.join(old)
		}
		for l := range lanes {
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

// join makes a the one attempt for what an earlier, held batch began.
func (a *attempt) join(old attempt) {
	for l := range lanes {
		if a.Lanes[l] == absent {
			a.Lanes[l], a.Run[l] = old.Lanes[l], old.Run[l]
			if l == goLane {
				a.Binary = old.Binary
			}
		}
	}
	a.Delta = merge(a.Delta, old.Delta)
	a.Stages = slices.Concat(old.Stages, a.Stages)
	a.inherit(old)
}

// inherit keeps what was asked of an attempt that has no lane left.
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

// takeOver moves a lane that both attempts need from the older to the newer,
// cancelling a run under way unless that was done too often already.
func (d *decision) takeOver(l lane, a, old *attempt) {
	if a.Lanes[l] != queued || old.Lanes[l] == absent {
		return
	}
	if old.Lanes[l] == running {
		if d.Lanes[l].Cancels >= maxCancels {
			return
		}
		d.Lanes[l].Cancels++
		d.do(cancelLane{Lane: l})
	}
	a.Delta = merge(a.Delta, old.Delta)
	old.Lanes[l] = absent
}

func (d *decision) heldEnough() {
	d.Waiting.Held = false
	for i := range d.Attempts {
		d.Attempts[i].Held = false
	}
}

func (d *decision) goBuilt(ev goBuilt) {
	a := d.finish(goLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	a.did(Stage{Name: "go", Took: ev.Took})
	a.Lanes[goLane] = passed
	if problem.AnyErrors(ev.Problems) {
		a.Lanes[goLane] = broken
	} else {
		d.App.Newest = ev.Binary
	}
	a.Binary = ev.Binary
	d.Problems[fromGo] = ev.Problems
}

func (d *decision) webBuilt(ev webBuilt) {
	a := d.finish(webLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	name := "web"
	if len(ev.Delta.CSS) > 0 && !ev.Delta.Reload {
		name = "css"
	}
	a.did(Stage{Name: name, Took: ev.Took})
	a.Lanes[webLane] = passed
	d.Problems[fromWeb] = ev.Problems
	if problem.AnyErrors(ev.Problems) {
		a.Lanes[webLane] = broken
		return
	}
	if d.WebFirst && !d.WebBuilt && problem.AnyErrors(d.Problems[fromGo]) {
		d.again(a, goLane) // what it embeds is there now
	}
	d.WebDirty, d.WebBuilt = nil, true
	a.Delta = merge(a.Delta, ev.Delta)
}

// finish frees the lane and returns the attempt that waited for this run, or
// nil if none does any more.
func (d *decision) finish(l lane, run int, canceled bool) *attempt {
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
	for l := range lanes {
		if d.Lanes[l].Run != 0 {
			continue
		}
		a := d.attempt(func(a *attempt) bool { return a.Lanes[l] == queued && !d.mustWait(l, a) })
		if a == nil {
			continue
		}
		a.Lanes[l], a.Run[l] = running, a.Build
		d.Lanes[l].Run = a.Build
		d.do(d.start(l, a.Build))
	}
}

// mustWait tells whether a lane of an attempt needs what another one writes.
func (d *decision) mustWait(l lane, a *attempt) bool {
	switch l {
	case generateLane:
		return false
	case goLane:
		first := d.WebFirst && !d.WebBuilt && a.Lanes[webLane].pending()
		return first || a.Lanes[generateLane].pending()
	default:
		return a.Lanes[generateLane].pending()
	}
}

func (d *decision) start(l lane, run int) action {
	switch {
	case l == generateLane:
		return startGenerate{Run: run}
	case l == goLane:
		return startGo{Run: run}
	case d.WebBuilt:
		return startWeb{Run: run, Files: d.WebDirty}
	default:
		return startWeb{Run: run}
	}
}

// concludeAttempts ends every attempt whose lanes are done: its outputs are
// served, the app is replaced if it has to be, and clients are told.
func (d *decision) concludeAttempts() {
	attempts := d.Attempts
	d.Attempts = nil
	for _, a := range attempts {
		if a.pending() {
			d.Attempts = append(d.Attempts, a)
			continue
		}
		if !a.Delta.empty() {
			d.do(publish{Build: a.Build})
		}
		if next, ok := d.replacementFor(a); ok {
			d.replace(next)
			continue
		}
		d.tellOutcome(a)
	}
}

// replacementFor tells whether an attempt needs a new generation of the app.
func (d *decision) replacementFor(a attempt) (replacement, bool) {
	r := replacement{Attempt: a, Binary: a.Binary}
	switch {
	case a.Lanes[goLane] == broken:
		d.App.Owed = d.App.Owed || a.Restart
		return r, false
	case a.Lanes[goLane] == passed:
		healthy := d.App.Running != 0 && d.App.Replacing == nil
		same := healthy && a.Binary.ID != "" && a.Binary.ID == d.App.Binary.ID
		if same && !a.Restart && !d.App.Owed {
			d.Problems[fromApp] = nil // what failed or crashed is undone
			return r, false
		}
	case a.Restart:
		r.Binary = d.App.Newest
	default:
		return r, false
	}
	return r, r.Binary.Path != ""
}
