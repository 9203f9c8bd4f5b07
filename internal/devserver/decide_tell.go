package devserver

import "slices"

// tellOutcome tells clients and the terminal what came of an attempt that
// leaves the running app untouched.
func (d *decision) tellOutcome(a attempt) {
	update := tellUpdate{
		Build:  a.Build,
		CSS:    union(a.Delta.CSS, a.Swap),
		Reload: a.Delta.Reload || a.Reload,
		Reason: a.reason(),
	}
	result := Nothing
	switch {
	case slices.Contains(a.Lanes[:], broken):
		result = Broken
	case update.Reload:
		result = Reloaded
	case len(update.CSS) > 0:
		result = Swapped
	}
	d.update(update)
	d.reportOutcome(a, result)
}

func (d *decision) update(u tellUpdate) {
	if u.Reload {
		d.pagesReload(u.Build)
	}
	if u.Reload || len(u.CSS) > 0 {
		d.do(u)
	}
}

func (d *decision) reportOutcome(a attempt, result Result) {
	o := Outcome{
		Build: a.Build, Files: a.Files, First: a.First, Stages: a.Stages,
		Result: result, Serving: d.App.Running, Cause: a.Cause,
	}
	halfBroken := a.Lanes[goLane] == broken || a.Lanes[webLane] == broken
	if result == Broken || result == Crashed || result == Restored || halfBroken {
		o.Problems, o.News = newsFirst(d.ofBuild(), d.Told)
		d.Told = o.Problems
	}
	d.reports = append(d.reports, report{Outcome: o})
}

// tellDifference tells the clients and the gate what the event changed for
// them. Both are derived from the state, so that neither can be forgotten.
func (d *decision) tellDifference(before *state) {
	if !equalProblems(before.shown(), d.shown()) {
		d.do(tellProblems{Problems: d.shown()})
	}
	if was, is := before.gate(), d.gate(); was != is {
		switch is {
		case gateShut:
			d.do(expectApp{})
		case gateFailed:
			d.do(giveUp{})
		}
	}
	if before.phase() != d.phase() || before.down() != d.down() {
		d.do(tellPhase{Phase: d.phase(), Build: d.Build, Down: d.down()})
	}
}
