package devserver

import "github.com/calendsync/devtool/internal/problem"

// problems shows the diagnostics of a build as people of the project know them,
// and a failure of ours to build at all.
func (s sources) problems(diagnostics []problem.Problem, failure error) []problem.Problem {
	var out []problem.Problem
	if failure != nil {
		out = append(out, failureProblem(problem.Go, failure))
	}
	for _, d := range diagnostics {
		out = append(out, d.Under(s.root))
	}
	return out
}

// failureProblem shows an error of ours where the user's errors are shown.
func failureProblem(source problem.Source, err error) problem.Problem {
	p := problem.Problem{Source: source, Severity: problem.Error, Text: err.Error()}
	if hint := Hint(err); hint != "" {
		p.Notes = []string{hint}
	}
	return p
}
