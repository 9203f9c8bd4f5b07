package devserver

import (
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/proxy"
)

// page returns what to show in place of a document while no app answers: what is
// happening, and what prevents it.
func (l *loop) page() proxy.Page {
	title, detail := l.state.Explain()
	if hint := l.cfg.FinishedHint(); hint != "" && l.state.App.Finished {
		detail += " What may be wrong: " + hint + "."
	}
	if detail == "" && l.state.Phase() == policy.Building {
		detail = "go build " + l.cfg.Go.Package
	}
	return proxy.Page{
		Phase: string(l.state.Phase()), Title: title, Detail: detail, Since: l.phaseSince,
		Problems: problem.Public(l.state.AllProblems()), Output: lastOutput(l.state.AllProblems()),
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
