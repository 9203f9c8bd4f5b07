package devserver

// replace starts a replacement, or abandons the one under way in its favour.
func (d *decision) replace(r replacement) {
	r.Attempt.Restart = r.Attempt.Restart || d.App.Owed
	d.App.Owed = false
	if old := d.App.Replacing; old != nil {
		if d.App.Next == nil {
			d.do(cancelReplace{})
		} else {
			r.Attempt.join(d.App.Next.Attempt)
		}
		d.App.Next = &r
		return
	}
	d.App.Generation++
	r.Generation = d.App.Generation
	d.App.Replacing = &r
	d.App.Backoff, d.App.Finished = false, false
	d.do(replaceApp{Generation: r.Generation, Build: r.Attempt.Build, Binary: r.Binary})
}

func (d *decision) appReady(ev appReady) {
	r := d.App.Replacing
	if r == nil || r.Generation != ev.Generation {
		return
	}
	d.App.Replacing = nil
	d.App.Running, d.App.Binary, d.App.Good = ev.Generation, r.Binary, r.Binary
	switch {
	case r.Crash:
		d.Problems[fromApp] = healed(d.Problems[fromApp])
	case !r.Rollback:
		d.Problems[fromApp] = nil
		d.App.Crashes = nil
	}
	if exited := d.App.Exited; exited != nil {
		d.App.Exited = nil
		defer d.appExited(*exited)
	}
	a := r.Attempt
	a.did(ev.Stages...)
	if d.next(a) {
		return
	}
	update := tellUpdate{Build: a.Build, CSS: a.Delta.CSS, Reload: a.Delta.Reload || a.Reload, Reason: a.reason()}
	switch {
	case r.Rollback:
		d.reportOutcome(a, Restored)
	case r.Crash:
		d.reportOutcome(a, Restarted)
	default:
		update.Reload = true
		d.reportOutcome(a, Reloaded)
	}
	d.update(update)
}

func (d *decision) appFailed(ev appFailed) {
	r := d.App.Replacing
	if r == nil || r.Generation != ev.Generation {
		return
	}
	d.App.Replacing = nil
	kept := ev.Kept && d.App.Running != 0
	a := r.Attempt
	if kept {
		d.App.Owed = a.Restart // what it reads at start is still not what runs
	} else {
		d.App.Running, d.App.Binary = 0, r.Binary
	}
	a.did(ev.Stages...)
	if ev.Canceled && d.App.Next == nil {
		return // the server is stopping
	}
	if d.next(a) {
		return
	}
	if ev.Finished {
		d.Problems[fromApp] = nil
		d.App.Finished = !kept
		d.reportOutcome(a, Finished)
		return
	}
	if r.Crash {
		d.crashed(ev.At, ev.Problems)
		return
	}
	d.Problems[fromApp] = ev.Problems
	if good := d.App.Good; !kept && d.Rollback && !r.Rollback && good.Path != "" && good != r.Binary {
		d.replace(replacement{Attempt: a, Binary: good, Rollback: true})
		return
	}
	d.reportOutcome(a, Crashed)
}

// next starts the replacement that waited for the one that just ended, if
// there is one. What the ended one was for becomes part of it.
func (d *decision) next(ended attempt) bool {
	r := d.App.Next
	if r == nil {
		return false
	}
	d.App.Next = nil
	next := *r
	next.Attempt.join(ended)
	d.replace(next)
	return true
}
