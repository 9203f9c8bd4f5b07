package main

import (
	"io"
	"os"
	"testing"
	"time"
)

// smallMix is the whole load in little.
var smallMix = mix{
	short: 2, long: 1, streams: 5,
	upload: 400 * time.Millisecond, handler: 600 * time.Millisecond, download: 700 * time.Millisecond,
	pace: 20 * time.Millisecond, afterCompileError: 500 * time.Millisecond, settled: time.Second,
	settings: []string{"DEVTOOL_APP_DRAIN_TIMEOUT=500ms", "DEVTOOL_APP_STOP_TIMEOUT=500ms"},
}

// TestSoak replaces the app with every fault once.
func TestSoak(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs for a quarter of a minute; run without -short")
	}
	bin := t.TempDir()
	if err := install(t.Context(), bin, "devtool"); err != nil {
		t.Fatal(err)
	}
	s := &soak{tool: "devtool", bin: bin, replacements: 8, mix: smallMix, progress: io.Discard}
	r, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.bad() > 0 {
		t.Error("something was lost, refused, truncated, repeated, stale or left behind")
	}
	if len(r.excesses) < s.replacements {
		t.Errorf("%d replacements were told of, want %d at least", len(r.excesses), s.replacements)
	}
	for _, row := range r.rows {
		if row.answered == 0 {
			t.Errorf("no %s was answered", row.kind.name)
		}
	}
	if t.Failed() || testing.Verbose() {
		r.print(os.Stdout)
	}
}

// TestOverlap replaces an app that boots slowly: nobody waits for a boot.
func TestOverlap(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	bin := t.TempDir()
	if err := install(t.Context(), bin, "devtool"); err != nil {
		t.Fatal(err)
	}
	s := &soak{tool: "devtool", bin: bin, replacements: 3, mix: overlapMix, progress: io.Discard}
	app, control, err := s.overlap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(app) != 3 || app[0] == 0 || control[0] == 0 {
		t.Errorf("longest GETs %v, of the other server %v; want 3 each", app, control)
	}
}
