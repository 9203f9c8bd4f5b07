package watch

import (
	"context"
	"time"
)

// source is what the batcher drives: the tree, or a fake in its tests. Only the
// batcher's goroutine calls its methods.
type source interface {
	wake() <-chan struct{}        // receives when hints are waiting
	absorb() []candidate          // takes the hints; returns the files to look at
	readAll([]string) []candidate // reads files and remembers which differ; returns those to read later
	changes() []Change            // what differs from what was delivered, sorted
	delivered()                   // the receiver has taken the changes
	locked(now time.Time) bool    // version control holds a lock, so the batch must wait
	chores(now time.Time)         // periodic checks; absorb returns what they find
	nextChore(now time.Time) time.Duration
}

// candidate is a file to be read: a hint named it, and its metadata do not prove
// that it is unchanged.
type candidate struct {
	path        string
	name        string // as the caller knows it
	first, last time.Time
	empty       bool
}

// batcher decides when to report changes. It does no I/O of its own.
type batcher struct {
	source source
	quiet  func(path string) time.Duration
	out    chan<- Batch
	calls  <-chan func()

	pending map[string]pendingFile
	first   time.Time // of the oldest file read but not delivered
	held    time.Time // when a lock was last seen
	owed    bool      // the last batch promised another
}

// run owns the tree until ctx is done.
func (b *batcher) run(ctx context.Context) error {
	b.pending = make(map[string]pendingFile)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		b.note(b.source.absorb())
		wait := b.advance(now)
		timer.Reset(wait)
		batch, ok := b.offer(now)
		out := b.out
		if !ok {
			out = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.source.wake():
		case call := <-b.calls:
			call()
		case out <- batch:
			b.source.delivered()
			b.first = time.Time{}
			b.owed = batch.More
		case <-timer.C:
			b.source.chores(time.Now())
		}
	}
}

// note adds candidates to the pending files.
func (b *batcher) note(candidates []candidate) {
	for _, t := range candidates {
		p, known := b.pending[t.path]
		if !known {
			p.first = t.first
		}
		if t.last.After(p.last) {
			p.last = t.last
		}
		p.quiet = b.quiet(t.name)
		p.empty = t.empty
		b.pending[t.path] = p
	}
}

// advance reads the files that are due, and returns how long until the next are.
func (b *batcher) advance(now time.Time) time.Duration {
	wait := b.source.nextChore(now)
	if len(b.pending) == 0 {
		return wait
	}
	if b.source.locked(now) {
		b.held = now
	}
	due, next := dueNow(b.pending, now, b.held)
	for _, path := range due {
		if first := b.pending[path].first; b.first.IsZero() || first.Before(b.first) {
			b.first = first
		}
		delete(b.pending, path)
	}
	if len(due) > 0 {
		if again := b.source.readAll(due); len(again) > 0 {
			b.note(again)
			wait = min(wait, emptyQuiet)
		}
	}
	if next > 0 {
		wait = min(wait, next)
	}
	return wait
}

// offer returns the batch that would be delivered now, if there is one.
func (b *batcher) offer(now time.Time) (Batch, bool) {
	batch := Batch{Changes: b.source.changes(), First: b.first, More: len(b.pending) > 0}
	if batch.First.IsZero() {
		batch.First = now // found without a hint
	}
	if len(batch.Changes) > 0 {
		return batch, true
	}
	if !b.owed || batch.More {
		b.first = time.Time{}
		return Batch{}, false
	}
	return batch, true // the previous batch promised another
}
