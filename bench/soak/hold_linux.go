package main

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// replacement is one that devtool told of: how long the steps took during which
// it holds requests, and when they were over.
type replacement struct {
	steps time.Duration
	end   time.Time
}

// replacements reads those in which a running app was stopped for another one
// from devtool's machine-readable stream, in which other lines may stand. One that
// crashed is started again after a pause, which is no step.
func replacements(log string) []replacement {
	var found []replacement
	for line := range strings.Lines(log) {
		var m struct {
			Type   string
			Result string
			Time   time.Time
			Stages []struct {
				Name string
				MS   float64 `json:"ms"`
			}
		}
		if json.Unmarshal([]byte(line), &m) != nil || m.Type != "build-finished" || m.Result == "restarted" {
			continue
		}
		r, stopped := replacement{end: m.Time}, false
		for _, s := range m.Stages {
			switch s.Name {
			case "drain", "stop", "boot":
				r.steps += time.Duration(s.MS * float64(time.Millisecond))
				stopped = stopped || s.Name == "stop"
			}
		}
		if stopped {
			found = append(found, r)
		}
	}
	return found
}

// excesses is by how much the longest of the requests around each replacement
// took longer than its steps, sorted. The requests themselves take no time.
func excesses(all []replacement, requests []event) []time.Duration {
	var found []time.Duration
	for _, r := range all {
		var longest time.Duration
		for _, ev := range requests {
			if ev.start.Before(r.end) && ev.end.After(r.end.Add(-r.steps)) {
				longest = max(longest, ev.end.Sub(ev.start))
			}
		}
		found = append(found, max(0, longest-r.steps))
	}
	slices.Sort(found)
	return found
}
