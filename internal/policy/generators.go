package policy

import "github.com/calendsync/devtool/internal/problem"

// awaits reports whether a needs a lane that old has not finished because its
// generators have yet to end. One outcome then answers both. Generators that have
// been cancelled too often are left to finish.
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

// apply continues the attempt with what the generators wrote. If they failed, it
// ends the attempt, because nothing may be built from stale output; the attempt
// in which they succeed does what this one would have done.
func (ev Generated) apply(d *decision) {
	d.now = ev.At
	a := d.finish(GenerateLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	a.did(ev.Stages...)
	a.Files = union(a.Files, ev.Changed.Files)
	d.found(a, fromGenerate, ev.Problems)
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

// want adds to an attempt what the changes require.
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
		d.WebDirty, d.WebLater = union(d.WebDirty, ev.Web), union(d.WebLater, ev.Web)
	}
	a.Restart = a.Restart || ev.Restart
	a.Reload = a.Reload || ev.Reload
	a.Swap = union(a.Swap, ev.Swap)
}

// again queues a lane even if the attempt has already run it or is running it.
func (d *decision) again(a *attempt, l Lane) {
	if a.Lanes[l] == running {
		d.do(CancelLane{Lane: l})
	}
	a.Lanes[l] = queued
}

// block removes from an attempt everything that has not begun.
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

// takeOverOlder takes lanes over from older attempts, for an attempt that has
// just learnt which lanes it needs.
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
