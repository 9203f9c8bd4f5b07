package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// side is one of those that are compared.
type side struct {
	name, url string
	p50       []time.Duration // over one connection
	perSecond []float64       // requests over 32
}

// measure runs wrk once over one connection and once over many.
func (s *side) measure(ctx context.Context, took time.Duration) error {
	p50, _, err := wrk(ctx, s.url, 1, 1, took)
	if err != nil {
		return err
	}
	_, perSecond, err := wrk(ctx, s.url, 2, 32, took)
	s.p50, s.perSecond = append(s.p50, p50), append(s.perSecond, perSecond)
	return err
}

func wrk(ctx context.Context, url string, threads, connections int, took time.Duration) (p50 time.Duration, perSecond float64, err error) {
	args := []string{"--latency", "-t", strconv.Itoa(threads), "-c", strconv.Itoa(connections), "-d", fmt.Sprintf("%ds", int(took.Seconds())), url}
	out, err := exec.CommandContext(ctx, "wrk", args...).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("wrk %v: %w\n%s", args, err, out)
	}
	return parse(string(out))
}

var (
	latencyLine = regexp.MustCompile(`50%\s+([0-9.]+)(us|ms|s)`)
	rateLine    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	faultLine   = regexp.MustCompile(`(Socket errors:.*|Non-2xx.*)`)
)

// parse reads what wrk prints. Answers that are none make it worthless.
func parse(out string) (p50 time.Duration, perSecond float64, err error) {
	latency, rate := latencyLine.FindStringSubmatch(out), rateLine.FindStringSubmatch(out)
	if fault := faultLine.FindString(out); fault != "" {
		return 0, 0, fmt.Errorf("wrk: %s", fault)
	}
	if latency == nil || rate == nil {
		return 0, 0, fmt.Errorf("wrk printed something else:\n%s", out)
	}
	if p50, err = time.ParseDuration(latency[1] + latency[2]); err != nil {
		return 0, 0, err
	}
	perSecond, err = strconv.ParseFloat(rate[1], 64)
	return p50, perSecond, err
}

// printTable compares medians. The bare proxy is the second side.
func printTable(w io.Writer, sides []*side) {
	bare := sides[1]
	fmt.Fprintln(w, "| | p50, one connection | added to the bare proxy | requests/s, 32 connections | of the bare proxy |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for _, s := range sides {
		p50, rate := median(s.p50), median(s.perSecond)
		fmt.Fprintf(w, "| %s | %v | %v | %.0f | %.2f |\n", s.name, p50, p50-median(bare.p50), rate, rate/median(bare.perSecond))
	}
}

func median[T time.Duration | float64](all []T) T {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}
