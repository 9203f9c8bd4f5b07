package devserver

import "github.com/calendsync/devtool/internal/problem"

// problems returns the diagnostics of a build with paths relative to the project,
// and the failure, if devtool could not build at all.
func (s locator) problems(diagnostics []problem.Problem, failure error) []problem.Problem {
	var out []problem.Problem
	if failure != nil {
		out = append(out, failureProblem(problem.Go, failure))
	}
	for _, d := range diagnostics {
		out = append(out, d.Under(s.root))
	}
	return out
}

// failureProblem turns an error of devtool's own into a problem, to be shown with
// the user's.
func failureProblem(source problem.Source, err error) problem.Problem {
	p := problem.Problem{Source: source, Severity: problem.Error, Text: err.Error()}
	if hint := Hint(err); hint != "" {
		p.Notes = []string{hint}
	}
	return p
}
