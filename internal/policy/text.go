package policy

import "github.com/calendsync/devtool/internal/problem"

// textLane returns the lane that shows text which changed: that of its name if the app
// that runs is all that was built and asked for, else that of Go. What is being built may
// have been read before the change, and an error may be undone by it.
func (d *decision) textLane() Lane {
	app := &d.App
	switch {
	case app.Running == 0, app.Replacing != nil, app.Owed, app.Newest.ID != app.Binary.ID,
		d.Busy(GoLane), d.Queued(GoLane), d.Blocked.Go,
		problem.AnyErrors(d.Problems[fromGo]), problem.AnyErrors(d.Problems[fromApp]):
		return GoLane
	}
	return TextLane
}

// apply has Go build what could not be shown.
func (ev TextShown) apply(d *decision) {
	d.now = ev.At
	a := d.finish(TextLane, ev.Run, ev.Canceled)
	if a == nil {
		return
	}
	a.Lanes[TextLane] = passed
	if ev.Failed {
		d.again(a, GoLane)
		return
	}
	a.did(Stage{Name: "text", Took: Millis(ev.Took)})
}
