package policy

import "github.com/calendsync/devtool/internal/feedback"

// Ask is a request from the person at the terminal or from a script.
type Ask string

// The requests.
const (
	Restart Ask = "restart" // replace the app with one from the newest binary
	Rebuild Ask = "rebuild" // build everything again and replace the app
	Reload  Ask = "reload"  // have every tab reload
	Pause   Ask = "pause"   // hold changes back, or resume
	Recall  Ask = "recall"  // say again what is wrong
)

func (ev Asked) apply(d *decision) {
	d.now = ev.At
	c := Changed{At: ev.At, First: ev.At, Cause: string(ev.What) + " asked for"}
	switch ev.What {
	case Restart:
		c.Restart = true
		d.changed(c)
	case Rebuild:
		c.Generate, c.Go, c.Web, c.Restart = ev.Generate, true, ev.Web, true
		d.WebBuilt = false // all of it, whatever changed
		d.changed(c)
	case Reload:
		c.Reload = true
		d.changed(c)
	case Pause:
		d.pause()
	case Recall:
		d.tell(Standing{Problems: d.AllProblems()})
	}
}

// noticed acts on changed files, or holds them back.
func (d *decision) noticed(ev Changed) {
	d.now = ev.At
	if !d.hold(&ev) {
		d.notice(ev)
	}
}

func (d *decision) notice(ev Changed) {
	if len(d.Feedback.Held.Files) > 0 {
		ev = d.Feedback.Held.and(ev)
		d.Feedback.Held = Changed{}
	}
	if !d.Paused {
		d.changed(ev)
		return
	}
	d.Waiting = d.Waiting.and(ev)
	d.tell(Paused{Paused: true, Waiting: d.Waiting.Files})
}

func (d *decision) pause() {
	d.Paused = !d.Paused
	d.tell(Paused{Paused: d.Paused, Waiting: d.Waiting.Files})
	if waited := d.Waiting; !d.Paused && len(waited.Files) > 0 {
		d.Waiting = Changed{}
		d.changed(waited)
	}
}

// and combines two batches into one.
func (ev Changed) and(later Changed) Changed {
	if ev.First.IsZero() {
		ev.First = later.First
	}
	ev.At, ev.Held = later.At, later.Held
	ev.Files, ev.Web, ev.Swap = union(ev.Files, later.Files), union(ev.Web, later.Web), union(ev.Swap, later.Swap)
	ev.Generate = ev.Generate || later.Generate
	ev.Go = ev.Go || later.Go
	ev.Text = ev.Text || later.Text
	ev.Restart = ev.Restart || later.Restart
	ev.Reload = ev.Reload || later.Reload
	return ev
}

// apply adopts new settings. If they have problems, the old settings stay in
// force and the problems are shown until they are fixed.
func (ev Edited) apply(d *decision) {
	d.now = ev.At
	all, news := newsFirst(ev.Problems, d.Problems[fromConfig])
	d.Problems[fromConfig] = ev.Problems
	d.tell(SettingsRead{File: ev.File, Applied: ev.Applied, Later: ev.Later, Problems: all, News: news})
	if len(ev.Problems) > 0 {
		return
	}
	d.Rollback, d.Overlap, d.Hot = ev.Rollback, ev.Overlap, ev.Hot
	d.Feedback.Brake, d.Feedback.Wait = feedback.Brake{}, 0 // there may be a rule now
	if c := ev.Change; c.Go || c.Restart || len(c.Web) > 0 {
		c.At = ev.At
		d.noticed(c)
	}
}

// apply bundles again. The page that loads the script has already failed, so it
// is reloaded.
func (ev PackagesWhole) apply(d *decision) {
	d.changed(Changed{At: ev.At, First: ev.At, Files: []string{ev.Script}, Web: ev.Web})
}
