package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// report writes the results as a Markdown table, with ratios of the medians.
func report(w io.Writer, title string, results []result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", title)
	b.WriteString("| | median | fastest | slowest | of the floor | of air tuned | of air as installed | failed requests | CPU |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %d ms | %d ms | %d ms |", r.name,
			median(r.took).Milliseconds(), slices.Min(r.took).Milliseconds(), slices.Max(r.took).Milliseconds())
		for _, name := range []string{floor, airTuned, airInstalled} {
			fmt.Fprintf(&b, " %s |", ratio(r, results, name))
		}
		fmt.Fprintf(&b, " %s | %s |\n", failures(r), cpu(r))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// ratio compares the medians of r and of the result of that name.
func ratio(r result, all []result, name string) string {
	for _, other := range all {
		if other.name == name {
			return fmt.Sprintf("%.2f", float64(median(r.took))/float64(median(other.took)))
		}
	}
	return "–"
}

func failures(r result) string {
	if r.requests == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d", r.failed, r.requests)
}

// cpu is the CPU time of one edit.
func cpu(r result) string {
	if r.cpu == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f s", r.cpu.Seconds()/float64(len(r.took)))
}

// median is the middle of the durations, or the mean of the two middle ones.
func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
