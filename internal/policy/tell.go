package policy

import (
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// tellOutcome reports the outcome of an attempt that leaves the running app
// alone.
func (d *decision) tellOutcome(a attempt) {
	update := UpdateTabs{
		Build:  a.Build,
		CSS:    union(a.Delta.CSS, a.Swap),
		Reload: a.Delta.Reload || a.Reload,
		Hot:    a.Delta.Hot,
		Reason: a.reason(),
	}
	result := Nothing
	switch {
	case slices.Contains(a.Lanes[:], broken):
		result = Broken
	case update.Reload:
		result = Reloaded
	case update.Hot:
		result = Patched
	case len(update.CSS) > 0:
		result = Swapped
	case a.Fixed:
		result = Fixed
	}
	if update.any() {
		d.started()
	}
	d.update(update)
	d.reportOutcome(a, result)
}

func (d *decision) update(u UpdateTabs) {
	if u.Reload {
		d.pagesReload(u.Build)
	}
	if d.Direct && len(u.CSS) > 0 {
		u.Reload = true // a page can only swap style sheets of its own origin
	}
	if u.any() {
		d.do(u)
	}
}

func (u UpdateTabs) any() bool { return u.Reload || u.Hot || len(u.CSS) > 0 }

func (d *decision) reportOutcome(a attempt, result Result) {
	o := Outcome{
		Build: a.Build, Files: a.Files, First: a.First, Stages: a.Stages,
		Result: result, Standing: problem.CountErrors(d.AllProblems()), Serving: d.App.Running, Cause: a.Cause,
	}
	if result == Reloaded && a.Lanes[GoLane] == absent && !a.Reload {
		o.Obstacle = a.Obstacle
	}
	halfBroken := a.Lanes[GoLane] == broken || a.Lanes[WebLane] == broken
	if result == Broken || result == Crashed || result == Restored || halfBroken {
		o.Problems, o.News = newsFirst(d.ofBuild(), d.Reported)
		d.Reported = o.Problems
	}
	d.Begun = without(d.Begun, a.Build)
	d.reports = append(d.reports, Report{Outcome: o})
	d.goRan = d.goRan || a.GoRan
	if d.Types {
		d.Types = false
		d.reports = append(d.reports, CheckTypes{})
	}
}

// tidy cleans up after a Go build whose outcome was reported.
func (d *decision) tidy() {
	if !d.goRan {
		return
	}
	d.reports = append(d.reports, LoadGraph{})
	if !d.Busy(GoLane) { // a build under way writes a binary that is not known yet
		d.reports = append(d.reports, PruneBinaries{Keep: d.binaries()})
	}
}

// apply shows problems with types as warnings, and reports them if they have
// changed.
func (ev TypesFound) apply(d *decision) {
	if equalProblems(d.Problems[fromTypes], ev.Problems) {
		return
	}
	all, news := newsFirst(ev.Problems, d.Problems[fromTypes])
	d.tell(TypesChecked{Problems: all, News: news})
	d.Problems[fromTypes] = ev.Problems
}

// announceBuilds announces each build once.
func (d *decision) announceBuilds() {
	for _, a := range d.Attempts {
		if a.Build > d.Announced {
			d.Announced = a.Build
			d.Begun = append(slices.Clip(d.Begun), a.Build)
			d.do(Tell{BuildStarted{Build: a.Build, Files: a.Files}})
		}
	}
}

// tellBuilds reports announced builds that will have no outcome of their own.
func (d *decision) tellBuilds() {
	unanswered := d.unanswered()
	for _, build := range d.Begun {
		if !slices.Contains(unanswered, build) {
			d.Begun = without(d.Begun, build)
			d.tell(BuildSuperseded{Build: build})
		}
	}
}

func without(builds []int, build int) []int {
	return slices.DeleteFunc(slices.Clone(builds), func(b int) bool { return b == build })
}

// tellDifference tells clients and the gate what the event changed for them. It
// compares the states, so no handler of an event can forget to.
func (d *decision) tellDifference(before *State) {
	if !equalProblems(before.Shown(), d.Shown()) {
		d.do(ShowProblems{Problems: d.Shown()})
	}
	if was, is := before.gate(), d.gate(); was != is {
		switch is {
		case gateShut:
			d.do(ExpectApp{})
		case gateFailed:
			d.do(GiveUp{})
		}
	}
	phase := d.Phase()
	if before.Phase() != phase || before.Down() != d.Down() {
		d.do(ShowPhase{Phase: phase, Build: d.Build, Down: d.Down()})
	}
	for i, action := range d.actions {
		if u, ok := action.(UpdateTabs); ok {
			u.App = d.App.Binary.ID
			if phase == Ready || phase == Failed {
				u.Phase, u.Down = phase, d.Down() // in one message, or waiting pages would reload twice
			}
			d.actions[i] = u
		}
	}
}
