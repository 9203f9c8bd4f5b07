package policy

import "time"

// Decide is the whole policy of the server. Given the state and an event, it
// returns the new state and the actions to perform, in order.
func Decide(s State, ev Event) (State, []Action) {
	before := s
	d := decision{State: s}
	d.Attempts = append([]attempt(nil), s.Attempts...)

	ev.apply(&d)

	d.concludeAttempts()
	d.startQueued()
	d.tellDifference(&before)
	d.tellBuilds()
	d.tidy()
	d.Reported = common(d.Reported, d.ofBuild())
	// Reports come last: whoever hears of an outcome may look at the page at once
	// and must find the new version.
	return d.State, append(d.actions, d.reports...)
}

// decision is a state being changed and the actions that follow from it.
type decision struct {
	State
	actions []Action
	reports []Action
	goRan   bool      // the outcome of a Go build was reported
	now     time.Time // of the event, if it has one
}

func (d *decision) do(actions ...Action) { d.actions = append(d.actions, actions...) }

func (d *decision) tell(m Message) { d.reports = append(d.reports, Tell{m}) }
