package policy

import (
	"reflect"
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// union returns the sorted members of both. It changes neither.
func union(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// common returns the problems of a that are also in b.
func common(a, b []problem.Problem) []problem.Problem {
	return slices.DeleteFunc(slices.Clone(a), func(p problem.Problem) bool { return !slices.ContainsFunc(b, p.Same) })
}

// newsFirst returns problems with those not in known first, and those alone.
func newsFirst(problems, known []problem.Problem) (all, news []problem.Problem) {
	news = slices.DeleteFunc(slices.Clone(problems), func(p problem.Problem) bool { return slices.ContainsFunc(known, p.Same) })
	return slices.Concat(news, common(problems, known)), news
}

func equalProblems(a, b []problem.Problem) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}
