package policy

import "github.com/calendsync/devtool/internal/problem"

// awaits reports whether a needs a lane that an older attempt has not come to the
// end of because its generators are still to run or running. Then one outcome
// answers both. Generators that were cancelled too often already are let finish.
func (d *decision) awaits(a, old *attempt) bool {
	before := old.Lanes[GenerateLane]
	if !before.pending() {
		return false
	}
	if before == running && a.Lanes[GenerateLane] == queued && d.Lanes[GenerateLane].Cancels >= maxCancels {
		return false
	}
	for l := range Lanes {
		if a.Lanes[l] == queued && old.Lanes[l].pending() {
			return true
		}
	}
	return false
}

// apply lets the attempt go on with what the generators wrote, or ends it:
// nothing is built from stale output. What it would have done is then owed to
// the attempt in which they succeed.
func (ev Generated) apply(d *decision) {
	d.now = ev.At
	a := d.finish(GenerateLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	a.did(ev.Stages...)
	a.Files = union(a.Files, ev.Changed.Files)
	d.Problems[fromGenerate] = ev.Problems
	owed := d.Blocked
	d.Blocked = Changed{}
	d.want(a, ev.Changed)
	d.want(a, owed)
	if problem.AnyErrors(ev.Problems) {
		a.Lanes[GenerateLane] = broken
		d.block(a)
		return
	}
	a.Lanes[GenerateLane] = passed
	d.takeOverOlder(a)
}

// want adds to an attempt what changes ask for.
func (d *decision) want(a *attempt, ev Changed) {
	if ev.Go {
		d.again(a, GoLane)
	}
	if ev.Text {
		d.again(a, d.textLane())
		a.Reload = true
	}
	if len(ev.Web) > 0 && d.HasWeb {
		d.again(a, WebLane)
		d.WebDirty = union(d.WebDirty, ev.Web)
	}
	a.Restart = a.Restart || ev.Restart
	a.Reload = a.Reload || ev.Reload
	a.Swap = union(a.Swap, ev.Swap)
}

// again queues a lane, although the attempt may have it behind it or under way.
func (d *decision) again(a *attempt, l Lane) {
	if a.Lanes[l] == running {
		d.do(CancelLane{Lane: l})
	}
	a.Lanes[l] = queued
}

// block takes from an attempt all that it has not begun.
func (d *decision) block(a *attempt) {
	d.Blocked = Changed{Go: a.Lanes[GoLane] == queued, Text: a.Lanes[TextLane] == queued, Restart: a.Restart, Reload: a.Reload, Swap: a.Swap}
	if a.Lanes[WebLane] == queued {
		d.Blocked.Web = d.WebDirty
	}
	for _, l := range []Lane{GoLane, WebLane, TextLane} {
		if a.Lanes[l] == queued {
			a.Lanes[l] = absent
		}
	}
	a.Restart, a.Reload, a.Swap = false, false, nil
}

// takeOverOlder lets an attempt that has just learnt which lanes it needs have
// those of older ones.
func (d *decision) takeOverOlder(a *attempt) {
	whole, older, found := *a, []attempt{}, false
	var newer []attempt
	for _, other := range d.Attempts {
		switch {
		case other.Build == whole.Build:
			found = true
		case found:
			newer = append(newer, other)
		default:
			older = append(older, other)
		}
	}
	d.Attempts = append(append(d.absorb(&whole, older), whole), newer...)
}
