package policy

import (
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

const (
	backoffFirst = 250 * time.Millisecond
	backoffMost  = 8 * time.Second
	crashLimit   = 5 // crashes within crashWindow, then wait for a change
	crashWindow  = 30 * time.Second
)

// replacementFor returns the replacement that an attempt needs, and reports
// whether it needs one.
func (d *decision) replacementFor(a *attempt) (r replacement, needed bool) {
	r = replacement{Attempt: *a, Binary: a.Binary}
	switch {
	case a.Lanes[GoLane] == broken:
		d.App.Owed = d.App.Owed || a.Restart
		return r, false
	case a.Lanes[GoLane] == passed:
		healthy := d.App.Running != 0 && d.App.Replacing == nil
		same := healthy && a.Binary.ID != "" && a.Binary.ID == d.App.Binary.ID
		if same && !a.Restart && !d.App.Owed {
			d.found(a, fromApp, nil) // the change that failed or crashed was undone
			return r, false
		}
	case a.Restart:
		r.Binary = d.App.Newest
	default:
		return r, false
	}
	return r, r.Binary.Path != ""
}

// replace starts a replacement. If one is under way, replace abandons that first.
func (d *decision) replace(r replacement) {
	r.Attempt.Restart = r.Attempt.Restart || d.App.Owed
	d.App.Owed = false
	if d.App.Replacing != nil {
		if d.App.Next == nil {
			d.do(AbandonReplace{})
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
	d.started()
	d.do(ReplaceApp{
		Generation: r.Generation, Build: r.Attempt.Build, Binary: r.Binary,
		Overlap: d.Overlap && !d.Direct && d.App.Running != 0,
	})
}

func (ev Replaced) apply(d *decision) {
	d.now = ev.At
	r := d.App.Replacing
	if r == nil || r.Generation != ev.Generation {
		return
	}
	d.App.Replacing = nil
	d.App.Running, d.App.Binary, d.App.Good = ev.Generation, r.Binary, r.Binary
	d.Feedback.Ready = ev.At
	if d.Seed {
		d.Seed = false
		d.reports = append(d.reports, SeedApp{})
	}
	switch {
	case r.Crash:
		d.Problems[fromApp] = healed(d.Problems[fromApp])
	case !r.Rollback:
		d.Problems[fromApp] = nil
		d.App.Crashes = nil
	}
	if exited := d.App.Exited; exited != nil {
		d.App.Exited = nil
		defer exited.apply(d)
	}
	a := r.Attempt
	a.did(ev.Stages...)
	if d.next(a) {
		return
	}
	update := UpdateTabs{Build: a.Build, CSS: a.Delta.CSS, Reload: a.Delta.Reload || a.Reload, Reason: a.reason()}
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

func (ev ReplaceFailed) apply(d *decision) {
	d.now = ev.At
	r := d.App.Replacing
	if r == nil || r.Generation != ev.Generation {
		return
	}
	d.App.Replacing = nil
	kept := ev.Kept && d.App.Running != 0
	a := r.Attempt
	if kept {
		d.App.Owed = a.Restart // the running app has still not read it
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

// next starts the replacement that waited for ended, if there is one, and reports
// whether there was. The new replacement also does what ended was meant to do.
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

func (ev AppExited) apply(d *decision) {
	if r := d.App.Replacing; r != nil && r.Generation == ev.Generation {
		d.App.Exited = &ev // the event that it was ready has not arrived yet
		return
	}
	if ev.Generation != d.App.Running {
		return
	}
	d.App.Running = 0
	if d.App.Replacing != nil {
		return // its successor is on the way
	}
	d.crashed(ev.At, ev.Problems)
}

// crashed shows why the app ended. It restarts the app after a back-off, unless
// it has crashed too often.
func (d *decision) crashed(at time.Time, problems []problem.Problem) {
	d.Problems[fromApp] = repeated(d.Problems[fromApp], problems)
	recent := slices.DeleteFunc(slices.Clone(d.App.Crashes), func(t time.Time) bool {
		return at.Sub(t) > crashWindow
	})
	d.App.Crashes = append(recent, at)
	d.Reported = slices.Concat(d.Reported, d.Problems[fromApp])
	told := AppCrashed{Generation: d.App.Generation, Problems: d.Problems[fromApp]}
	if n := len(d.App.Crashes); n < crashLimit {
		d.App.Backoff = true
		told.After = Millis(backoff(n))
		d.do(RestartLater{Generation: d.App.Generation, After: backoff(n)})
	}
	d.tell(told)
}

// backoff returns how long to wait before restarting after the nth recent crash.
func backoff(n int) time.Duration {
	return min(backoffFirst<<(n-1), backoffMost)
}

func (ev RestartDue) apply(d *decision) {
	d.now = ev.At
	if d.App.Backoff && ev.Generation == d.App.Generation {
		d.App.Backoff = false
		d.replace(replacement{Binary: d.App.Binary, Crash: true, Attempt: attempt{Build: d.Build}})
	}
}

// healed turns the problems of a crash into warnings once the app runs again:
// they are still worth a look, but nothing is broken.
func healed(crash []problem.Problem) []problem.Problem {
	after := slices.Clone(crash)
	for i := range after {
		after[i] = after[i].AsWarning()
	}
	return after
}

// repeated returns after, with a count of how often in a row the app has ended
// this way.
func repeated(before, after []problem.Problem) []problem.Problem {
	if len(before) != 1 || len(after) != 1 {
		return after
	}
	was, is := before[0], after[0]
	if !was.Same(is) {
		return after
	}
	is.Repeated = max(was.Repeated, 1) + 1
	return []problem.Problem{is}
}
