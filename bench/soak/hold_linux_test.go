package main

import (
	"slices"
	"testing"
	"time"
)

func TestExcesses(t *testing.T) {
	t.Parallel()
	log := `{"type":"build-finished","time":"2026-01-02T03:04:10.000Z","stages":[{"name":"go","ms":900},{"name":"drain","ms":100},{"name":"stop","ms":50},{"name":"boot","ms":50}]}
goroutine 1 [running]:
{"type":"build-finished","time":"2026-01-02T03:04:12.000Z","stages":[{"name":"go","ms":900}]}
{"type":"build-finished","time":"2026-01-02T03:04:13.000Z","stages":[{"name":"boot","ms":40}]}
{"type":"build-finished","result":"restarted","time":"2026-01-02T03:04:15.000Z","stages":[{"name":"drain","ms":1},{"name":"stop","ms":1},{"name":"boot","ms":8}]}
{"type":"build-finished","time":"2026-01-02T03:04:20.000Z","stages":[{"name":"drain","ms":1},{"name":"stop","ms":1},{"name":"boot","ms":8}]}
`
	all := replacements(log, "stop")
	if len(all) != 2 || all[0].steps != 200*time.Millisecond || all[1].steps != 10*time.Millisecond {
		t.Fatalf("replacements %+v, want those of 200 and 10 ms", all)
	}
	took := func(end time.Time, d time.Duration) event { return event{start: end.Add(-d), end: end} }
	requests := []event{
		took(all[0].end.Add(-time.Second), 900*time.Millisecond), // before it
		took(all[0].end.Add(time.Millisecond), 215*time.Millisecond),
		took(all[0].end.Add(2*time.Millisecond), 100*time.Millisecond),
		took(all[1].end, 4*time.Millisecond),
	}
	if got, want := excesses(all, requests), []time.Duration{0, 15 * time.Millisecond}; !slices.Equal(got, want) {
		t.Errorf("excesses %v, want %v", got, want)
	}
}
