package generate

import "slices"

// order returns, for each generator, which earlier ones must end before it may
// begin. Their order in the settings is taken to be right; generators run at the
// same time only if they provably do not affect one another.
func order(dir string, generators []Generator) [][]int {
	before := make([][]int, len(generators))
	for i, g := range generators {
		for j, earlier := range generators[:i] {
			if related(dir, earlier, g) {
				before[i] = append(before[i], j)
			}
		}
	}
	return before
}

// related reports whether one generator may write what the other reads or writes.
func related(dir string, a, b Generator) bool {
	if len(a.Outputs) == 0 || len(b.Outputs) == 0 {
		return true
	}
	reads := func(g Generator, outputs []string) bool {
		return slices.ContainsFunc(outputs, func(output string) bool {
			return isDir(output) || g.Reads(relative(dir, output))
		})
	}
	return reads(a, b.Outputs) || reads(b, a.Outputs) ||
		slices.ContainsFunc(a.Outputs, func(output string) bool { return slices.Contains(b.Outputs, output) })
}
