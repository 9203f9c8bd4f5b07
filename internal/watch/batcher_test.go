package watch

import (
	"context"
	"path"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scripted is a source without a disk: the test says what each file turns out to
// be.
type scripted struct {
	poke    chan struct{}
	waiting []candidate
	same    map[string]bool // paths that turn out unchanged
	lock    time.Time       // locked until then
	changed []Change
}

func (s *scripted) wake() <-chan struct{} { return s.poke }

func (s *scripted) absorb() []candidate {
	candidates := s.waiting
	s.waiting = nil
	return candidates
}

func (s *scripted) readAll(paths []string) []candidate {
	for _, p := range paths {
		known := slices.ContainsFunc(s.changed, func(c Change) bool { return c.Path == p })
		if !s.same[p] && !known {
			s.changed = append(s.changed, Change{p, Modified})
		}
	}
	slices.SortFunc(s.changed, func(a, b Change) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return nil
}

func (s *scripted) changes() []Change                     { return slices.Clone(s.changed) }
func (s *scripted) delivered()                            { s.changed = nil }
func (s *scripted) locked(now time.Time) bool             { return now.Before(s.lock) }
func (s *scripted) chores(time.Time)                      {}
func (s *scripted) nextChore(now time.Time) time.Duration { return time.Hour }

// bench runs a batcher on a fake clock.
type bench struct {
	t     *testing.T
	src   *scripted
	out   chan Batch
	calls chan func()
	start time.Time
}

func onBench(t *testing.T, test func(b *bench)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{
			t: t, out: make(chan Batch), calls: make(chan func()), start: time.Now(),
			src: &scripted{poke: make(chan struct{}, 1), same: make(map[string]bool)},
		}
		quiet := func(p string) time.Duration {
			if path.Ext(p) == ".go" {
				return 10 * time.Millisecond
			}
			return 0
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			(&batcher{source: b.src, quiet: quiet, out: b.out, calls: b.calls}).run(ctx)
		}()
		synctest.Wait()
		test(b)
		cancel()
		<-ended
	})
}

// touch gives the batcher files at a time after the start.
func (b *bench) touch(at time.Duration, paths ...string) {
	<-time.After(at - time.Since(b.start)) // on the fake clock
	done := make(chan struct{})
	b.calls <- func() {
		for _, p := range paths {
			b.src.waiting = append(b.src.waiting, candidate{path: p, name: p, first: time.Now(), last: time.Now()})
		}
		close(done)
	}
	<-done
	synctest.Wait()
}

// want receives a batch and checks when it came and what is in it.
func (b *bench) want(at time.Duration, more bool, first time.Duration, paths ...string) {
	b.t.Helper()
	batch := <-b.out
	var got []string
	for _, c := range batch.Changes {
		got = append(got, c.Path)
	}
	if diff := cmp.Diff(paths, got); diff != "" {
		b.t.Errorf("paths (-want +got):\n%s", diff)
	}
	if since := time.Since(b.start); since != at {
		b.t.Errorf("batch of %v came after %v, want %v", got, since, at)
	}
	if batch.More != more {
		b.t.Errorf("batch of %v has More %v, want %v", got, batch.More, more)
	}
	if since := batch.First.Sub(b.start); since != first {
		b.t.Errorf("batch of %v began after %v, want %v", got, since, first)
	}
	synctest.Wait()
}

func (b *bench) wantNone() {
	b.t.Helper()
	select {
	case batch := <-b.out:
		b.t.Errorf("unexpected batch %v", batch)
	case <-time.After(time.Minute):
	}
}

const ms = time.Millisecond

func TestBatcherWaitsForQuiet(t *testing.T) {
	onBench(t, func(b *bench) {
		b.touch(0, "a.go")
		b.touch(6*ms, "b.go")
		b.want(16*ms, false, 0, "a.go", "b.go")
		b.wantNone()
	})
}

func TestBatcherSplitsByQuietTime(t *testing.T) {
	onBench(t, func(b *bench) {
		b.touch(0, "a.css", "a.go")
		b.want(0, true, 0, "a.css")
		b.want(10*ms, false, 0, "a.go")
	})
}

func TestBatcherKeepsThePromiseOfMore(t *testing.T) {
	onBench(t, func(b *bench) {
		b.src.same["a.go"] = true
		b.touch(0, "a.css", "a.go")
		b.want(0, true, 0, "a.css")
		b.want(10*ms, false, 0)
		b.wantNone()
	})
}

func TestBatcherCapsTheWait(t *testing.T) {
	onBench(t, func(b *bench) {
		for at := time.Duration(0); at < 500*ms; at += 5 * ms {
			b.touch(at, "a.go")
		}
		b.want(500*ms, false, 0, "a.go")
	})
}

func TestBatcherMergesWhileTheReceiverIsBusy(t *testing.T) {
	onBench(t, func(b *bench) {
		b.touch(0, "a.go")
		b.touch(100*ms, "b.css")
		b.touch(200*ms, "a.go")
		b.touch(201*ms, "c.css")
		b.want(201*ms, true, 0, "a.go", "b.css", "c.css")
		b.want(210*ms, false, 200*ms, "a.go")
	})
}

func TestBatcherWaitsForTheLock(t *testing.T) {
	onBench(t, func(b *bench) {
		b.src.lock = b.start.Add(3 * time.Second)
		b.touch(0, "a.css", "a.go")
		b.touch(2*time.Second, "b.css")
		b.want(3*time.Second, false, 0, "a.css", "a.go", "b.css")
	})
}
