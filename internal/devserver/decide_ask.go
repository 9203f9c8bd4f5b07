package devserver

// Ask is a wish of the person at the terminal, or of a script.
type Ask string

const (
	Restart Ask = "restart" // replace the app by the binary there is
	Rebuild Ask = "rebuild" // make everything anew, and replace the app
	Reload  Ask = "reload"  // have every tab reload
	Pause   Ask = "pause"   // let changes wait; again: take them up
	Recall  Ask = "recall"  // tell again what is wrong
)

func (d *decision) asked(ev asked) {
	c := changed{At: ev.At, First: ev.At, Cause: string(ev.What) + " asked for"}
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
		d.reports = append(d.reports, tellStanding{Problems: d.problems()})
	}
}

// noticed takes changed files up, or lets them wait.
func (d *decision) noticed(ev changed) {
	if !d.Paused {
		d.changed(ev)
		return
	}
	d.Waiting = d.Waiting.and(ev)
	d.reports = append(d.reports, tellPaused{Paused: true, Waiting: d.Waiting.Files})
}

func (d *decision) pause() {
	d.Paused = !d.Paused
	d.reports = append(d.reports, tellPaused{Paused: d.Paused, Waiting: d.Waiting.Files})
	if waited := d.Waiting; !d.Paused && len(waited.Files) > 0 {
		d.Waiting = changed{}
		d.changed(waited)
	}
}

// and is what two batches mean together.
func (c changed) and(later changed) changed {
	if c.First.IsZero() {
		c.First = later.First
	}
	c.At, c.Held = later.At, later.Held
	c.Files, c.Web, c.Swap = union(c.Files, later.Files), union(c.Web, later.Web), union(c.Swap, later.Swap)
	c.Generate = c.Generate || later.Generate
	c.Go = c.Go || later.Go
	c.Restart = c.Restart || later.Restart
	c.Reload = c.Reload || later.Reload
	return c
}
