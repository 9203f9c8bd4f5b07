package devserver

import (
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/proxy"
)

// page is what a document is shown while no app answers: what is being done,
// and what keeps it from being done.
func (s *server) page() proxy.Page {
	title, detail := pageText(&s.state)
	if detail == "" && s.state.phase() == Building {
		detail = "go build " + s.cfg.Go.Package
	}
	return proxy.Page{
		Phase: string(s.state.phase()), Title: title, Detail: detail, Since: s.phaseSince,
		Problems: problem.Public(s.state.problems()), Output: lastOutput(s.state.problems()),
	}
}

func pageText(s *state) (title, detail string) {
	switch s.phase() {
	case Building:
		return "Building the app", ""
	case Starting:
		return "Starting the app", ""
	case Ready:
		if s.App.Finished {
			return "The app has finished", "It exited with 0 before it answered anything. It is started again after a change; for a worker or a bot set app.ready = \"started\"."
		}
		return "The app is ready", ""
	}
	switch {
	case problem.AnyErrors(s.Problems[fromGo]):
		return "The app does not build", ""
	case len(s.App.Crashes) >= crashLimit:
		return "The app keeps crashing", "It is started again after a change."
	case problem.AnyErrors(s.Problems[fromApp]):
		return "The app did not start", ""
	default:
		return "There is no app", ""
	}
}

func lastOutput(problems []problem.Problem) string {
	for _, p := range problems {
		if p.Output != "" {
			return p.Output
		}
	}
	return ""
}
