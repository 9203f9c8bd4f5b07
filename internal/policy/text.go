package policy

import "github.com/calendsync/devtool/internal/problem"

// textLane returns the lane that shows changed text: TextLane if the running app
// is up to date, else GoLane. A build under way may have read the old text, and
// the change may fix an error.
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

// apply lets the Go lane build what could not be shown.
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
