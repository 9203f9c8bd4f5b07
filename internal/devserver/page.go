package devserver

import (
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/proxy"
)

// page is what a document is shown while no app answers: what is being done,
// and what keeps it from being done.
func (s *server) page() proxy.Page {
	title, detail := s.state.Explain()
	if hint := s.cfg.FinishedHint(); hint != "" && s.state.App.Finished {
		detail += " What may be wrong: " + hint + "."
	}
	if detail == "" && s.state.Phase() == policy.Building {
		detail = "go build " + s.cfg.Go.Package
	}
	return proxy.Page{
		Phase: string(s.state.Phase()), Title: title, Detail: detail, Since: s.phaseSince,
		Problems: problem.Public(s.state.AllProblems()), Output: lastOutput(s.state.AllProblems()),
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
