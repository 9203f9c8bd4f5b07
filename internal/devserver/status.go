package devserver

import (
	"maps"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// Status is the state of the server, for scripts: the document at
// /__devtool/status.
type Status struct {
	Build      int               `json:"build"`
	Phase      policy.Phase      `json:"phase"`
	Generation *Generation       `json:"generation,omitempty"` // absent while no app runs
	Problems   []problem.Problem `json:"problems"`
	Outputs    []string          `json:"outputs"` // URL paths of the bundles
	Clients    int               `json:"clients"`
	Last       *StatusOutcome    `json:"last,omitempty"`
	Requests   Requests          `json:"requests"`
	Paused     bool              `json:"paused"`
	URL        string            `json:"url"`
	Started    time.Time         `json:"started"`
}

// Generation is the process that takes requests.
type Generation struct {
	Number int       `json:"number"`
	PID    int       `json:"pid"`
	Since  time.Time `json:"since"`
}

// Requests counts what the app's gate has done and is doing.
type Requests struct {
	InFlight    int     `json:"in_flight"`
	Streams     int     `json:"streams"` // websockets and event streams
	Held        int     `json:"held"`
	Served      uint64  `json:"served"`
	WorstHoldMS float64 `json:"worst_hold_ms"`
}

// StatusOutcome is the outcome of the last batch.
type StatusOutcome struct {
	Build  int                       `json:"build"`
	Files  []string                  `json:"files"`
	Result policy.Result             `json:"result"`
	Stages policy.List[policy.Stage] `json:"stages"`
}

// publishStatus updates what currentStatus returns.
func (l *loop) publishStatus() {
	st := &Status{
		Build:    l.state.Build,
		Phase:    l.state.Phase(),
		Problems: append([]problem.Problem{}, l.state.Shown()...),
		Outputs:  append([]string{}, slices.Sorted(maps.Keys(l.web.served))...),
		Started:  l.started,
		Paused:   l.state.Paused,
		URL:      l.opts.URL,
	}
	if app := l.app.Current(); app != nil && l.state.App.Running != 0 {
		st.Generation = &Generation{Number: l.state.App.Running, PID: app.PID(), Since: app.Since()}
	}
	if o := l.last; o != nil {
		st.Last = &StatusOutcome{Build: o.Build, Files: append([]string{}, o.Files...), Result: o.Result, Stages: o.Stages}
	}
	l.views.status.Store(st)
	l.views.news.spread()
	l.direct.announce(l.state.App.Running)
}

// currentStatus returns the newest status. It may be called from any goroutine.
func (s *server) currentStatus() Status {
	st := *s.views.status.Load()
	st.Clients = s.hub.Clients()
	c := s.proxy.Counts()
	st.Requests = Requests{c.InFlight, c.Streams, c.Held, c.Served, float64(c.WorstHold.Microseconds()) / 1000}
	return st
}
