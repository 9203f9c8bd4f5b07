package devserver

import (
	"reflect"
	"slices"
)

// union returns the sorted members of both, without changing either.
func union(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func merge(a, b delta) delta {
	return delta{CSS: union(a.CSS, b.CSS), Reload: a.Reload || b.Reload}
}

func firstOf(files []string) string {
	if len(files) == 0 {
		return "?"
	}
	return files[0]
}

func equalProblems(a, b []Problem) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}
