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

// replacements reads those that took a step, such as the stop of a running app,
// from devtool's machine-readable stream, in which other lines may stand. One that
// crashed is started again after a pause, which is no step.
func replacements(log, step string) []replacement {
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
		r, taken := replacement{end: m.Time}, false
		for _, s := range m.Stages {
			switch s.Name {
			case "drain", "stop", "boot":
				r.steps += time.Duration(s.MS * float64(time.Millisecond))
				taken = taken || s.Name == step
			}
		}
		if taken {
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
		found = append(found, max(0, r.longest(requests)-r.steps))
	}
	slices.Sort(found)
	return found
}

// longest is how long the longest of the requests around r took.
func (r replacement) longest(requests []event) (d time.Duration) {
	for _, ev := range requests {
		if ev.start.Before(r.end) && ev.end.After(r.end.Add(-r.steps)) {
			d = max(d, ev.end.Sub(ev.start))
		}
	}
	return d
}
