package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// overlapMix is visitors who have nothing slow to do.
var overlapMix = mix{short: 4, pace: 5 * time.Millisecond, settings: []string{"DEVTOOL_APP_RESTART=overlap"}}

// leaving is how long after the switch the old app may still disturb.
const leaving = 100 * time.Millisecond

// runOverlap prints how long GETs take around n replacements of an app that boots
// for 150 ms, and around the same moments from a server that nobody replaces:
// the longest of these is the machine's doing.
func runOverlap(ctx context.Context, n int, stdout, progress io.Writer) error {
	bin, err := os.MkdirTemp("", "soak-bin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	if err := install(ctx, bin, "devtool"); err != nil {
		return err
	}
	s := &soak{tool: "devtool", bin: bin, replacements: n, mix: overlapMix, progress: progress}
	app, control, err := s.overlap(ctx)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		name  string
		waits []time.Duration
	}{{"the app", app}, {"a server that stays", control}} {
		_, err = fmt.Fprintf(stdout, "Longest GET of %s around each of %d replacements: median %.1f ms, 9 of 10 within %.1f ms, worst %.1f ms.\n",
			side.name, len(side.waits), ms(at(side.waits, 0.5)), ms(at(side.waits, 0.9)), ms(at(side.waits, 1)))
	}
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// overlap replaces the app under load and returns the longest that a GET took
// around each replacement, sorted; and the same of another server. That a
// request fails is an error.
func (s *soak) overlap(ctx context.Context) (app, control []time.Duration, err error) {
	temp, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(temp)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, 0) })}
	go srv.Serve(ln) // until it is closed
	defer srv.Close()
	if err := s.start(ctx, filepath.Join(temp, "soaked")); err != nil {
		return nil, nil, err
	}
	defer s.stop()
	seen, beside := newTally(), newTally()
	l, other := startLoad(s.url(), s.mix, seen), newLoad("http://"+ln.Addr().String(), s.mix, beside)
	for range s.mix.short {
		other.client(getKind, s.mix.pace, other.get)
	}
	for n := 0; n < s.replacements && err == nil; n++ {
		err = s.next(ctx, `habit = "slow"`)
		fmt.Fprintf(s.progress, "\roverlap: %d of %d ", n+1, s.replacements)
	}
	fmt.Fprintln(s.progress)
	pause(ctx, leaving)
	l.stop()
	other.stop()
	if err == nil && len(seen.failed) > 0 {
		err = fmt.Errorf("%d requests failed, the first, %s, with %s", len(seen.failed), seen.failed[0].kind.name, seen.failed[0].cause)
	}
	if err != nil {
		return nil, nil, err
	}
	said, err := os.ReadFile(s.log)
	if err != nil {
		return nil, nil, err
	}
	all := replacements(string(said), "boot")
	for _, r := range all[max(0, len(all)-s.replacements):] { // not those before the load
		r.steps, r.end = r.steps+leaving, r.end.Add(leaving)
		app, control = append(app, r.longest(seen.gets)), append(control, r.longest(beside.gets))
	}
	slices.Sort(app)
	slices.Sort(control)
	return app, control, nil
}
