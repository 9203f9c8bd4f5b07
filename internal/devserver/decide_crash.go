package devserver

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

func (d *decision) appExited(ev appExited) {
	if r := d.App.Replacing; r != nil && r.Generation == ev.Generation {
		d.App.Exited = &ev // the word that it was ready is still on its way
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

// crashed shows why the app ended, and restarts it after a back-off unless that
// happened too often.
func (d *decision) crashed(at time.Time, problems []problem.Problem) {
	d.Problems[fromApp] = repeated(d.Problems[fromApp], problems)
	recent := slices.DeleteFunc(slices.Clone(d.App.Crashes), func(t time.Time) bool {
		return at.Sub(t) > crashWindow
	})
	d.App.Crashes = append(recent, at)
	d.Told = append(slices.Clip(d.Told), d.Problems[fromApp]...)
	told := tellCrash{Generation: d.App.Generation, Problems: d.Problems[fromApp]}
	if n := len(d.App.Crashes); n < crashLimit {
		d.App.Backoff = true
		told.After = backoff(n)
		d.do(restartLater{Generation: d.App.Generation, After: told.After})
	}
	d.reports = append(d.reports, told)
}

// backoff is how long to wait before the restart after the nth recent crash.
func backoff(n int) time.Duration {
	return min(backoffFirst<<(n-1), backoffMost)
}

func (d *decision) restartDue(ev restartDue) {
	if d.App.Backoff && ev.Generation == d.App.Generation {
		d.App.Backoff = false
		d.replace(replacement{Binary: d.App.Binary, Crash: true, Attempt: attempt{Build: d.Build}})
	}
}

// healed are the problems of an app that runs again after its crash: still
// worth a look, but nothing is broken any more.
func healed(crash []problem.Problem) []problem.Problem {
	after := slices.Clone(crash)
	for i := range after {
		after[i] = after[i].AsWarning()
	}
	return after
}

// repeated counts how often in a row the app has ended in the same way.
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
