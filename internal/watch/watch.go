package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Op is what happened to a file since it was last reported.
type Op uint8

// A file that was deleted and written again between two batches is Modified.
const (
	Created Op = iota + 1
	Modified
	Removed
)

// String returns the operation in lower case.
func (o Op) String() string {
	switch o {
	case Created:
		return "created"
	case Modified:
		return "modified"
	case Removed:
		return "removed"
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// Change is one file whose content differs from what was last reported.
type Change struct {
	Path string // absolute and clean, below the root as the caller named it
	Op   Op
}

// Batch is what changed since the previous batch.
type Batch struct {
	Changes []Change  // sorted by path, each path once
	First   time.Time // when the first event that led to this batch was seen

	// More says that files with a longer quiet time are still pending. Another
	// batch then follows in any case, without changes if the files turn out to be
	// unchanged.
	More bool
}

// Notice reports a degraded mode or something else that the user should know.
type Notice struct {
	Text string // one sentence without a full stop
	Hint string // what to do about it; may be empty
}

// Options say what to watch and how. The functions are called from Run's
// goroutine, so they must not block or call the Watcher.
type Options struct {
	// Roots are absolute directories, watched with everything below them. A
	// root may be a symbolic link; paths are reported below the name given here.
	Roots []string
	// Ignore reports whether to ignore a file or directory that git does not. It
	// is not called for anything below an ignored directory. May be nil.
	Ignore func(path string, dir bool) bool
	// Quiet returns how long a file must be quiet before it is reported: 0
	// reports it at once. Nil means 10 ms for all.
	Quiet func(path string) time.Duration
	// Notice takes what the user should know. May be nil.
	Notice func(Notice)
	// Poll, if positive, compares the trees at this interval instead of
	// listening for events.
	Poll time.Duration
}

// stats are counts since Run began.
type stats struct {
	Dirs     int // directories watched
	Files    int // files in the index
	Polled   int // directories polled because they have no events
	Rescans  int // comparisons of the whole tree
	Overflow int // times the event queue overflowed or failed
	Unheard  int // changes that raised no event
}

// Watcher watches file trees. Its methods may be called from any goroutine.
type Watcher struct {
	opts    Options
	roots   []root
	open    func(sink) (backend, error) // the event backend; nil when polling is forced
	audit   time.Duration               // how often followed files are checked without an event
	ready   chan struct{}
	stopped chan struct{}
	batches chan Batch
	calls   chan func() // run by Run's goroutine, which owns tree
	tree    *tree

	mu      sync.Mutex
	started bool
	early   Following // before Run
}

// root is a watched directory: as the caller named it and as it really is.
type root struct{ named, real string }

// New checks the roots and starts nothing. It fails if a root is not an absolute
// path of a readable directory.
func New(opts Options) (*Watcher, error) {
	if len(opts.Roots) == 0 {
		return nil, errors.New("watch: no roots given")
	}
	w := &Watcher{
		opts:    opts,
		open:    openNotify,
		audit:   auditInterval,
		ready:   make(chan struct{}),
		stopped: make(chan struct{}),
		batches: make(chan Batch),
		calls:   make(chan func()),
	}
	if opts.Poll > 0 {
		w.open = nil
	}
	for _, dir := range opts.Roots {
		r, err := checkRoot(dir)
		if err != nil {
			return nil, err
		}
		w.roots = append(w.roots, r)
	}
	w.tree = newTree(w.roots, opts)
	return w, nil
}

func checkRoot(dir string) (root, error) {
	if !filepath.IsAbs(dir) {
		return root{}, fmt.Errorf("watch root %q: not an absolute path", dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return root{}, fmt.Errorf("watch root: %w", err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return root{}, fmt.Errorf("watch root: %w", err)
	}
	if !info.IsDir() {
		return root{}, fmt.Errorf("watch root %s: not a directory", dir)
	}
	f, err := os.Open(real)
	if err != nil {
		return root{}, fmt.Errorf("watch root: %w; make the directory readable", err)
	}
	defer f.Close()
	return root{named: filepath.Clean(dir), real: real}, nil
}

// Run crawls the roots, then watches them until ctx is done, and returns ctx's
// error once every goroutine it started has ended. It may be called once.
func (w *Watcher) Run(ctx context.Context) error {
	w.mu.Lock()
	if w.started {
		w.mu.Unlock()
		return errors.New("watch: Run was called before")
	}
	w.started = true
	early := w.early
	w.mu.Unlock()
	defer close(w.stopped)

	t := w.tree
	t.back = openMixed(w.open, t.hints, w.opts.Poll, t.notice)
	defer t.back.Close()
	t.auditEvery = w.audit
	t.halted = func() bool { return ctx.Err() != nil }
	t.crawl()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.follow(early)
	close(w.ready)
	b := batcher{source: t, quiet: w.quiet, out: w.batches, calls: w.calls}
	return b.run(ctx)
}

// Ready returns a channel that is closed when the first crawl is done. Changes
// during and after the crawl are reported.
func (w *Watcher) Ready() <-chan struct{} { return w.ready }

// Batches returns the channel of changes. It is unbuffered: while nobody
// receives, the pending batch keeps growing, and files that change back leave it
// again. It is never closed.
func (w *Watcher) Batches() <-chan Batch { return w.batches }

// Follow replaces what counts wherever it is. Existing files are hashed before
// Follow returns, so that a later touch is known to be no change. Changes carry
// the paths as given here.
//
// A file in the roots that changed since it was last reported is still reported,
// however late it is followed; for other files [Following.Since] decides. The
// caller must not change the slices in what afterwards.
func (w *Watcher) Follow(what Following) {
	w.mu.Lock()
	if !w.started {
		w.early = what
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	w.do(func() { w.tree.follow(what) })
}

// rescan compares the whole tree with the disk, as after an overflow.
func (w *Watcher) rescan() { w.tree.hints.rescan("") }

// stats returns the counts so far; zeros when Run is not running.
func (w *Watcher) stats() (s stats) {
	w.mu.Lock()
	started := w.started
	w.mu.Unlock()
	if started {
		w.do(func() { s = w.tree.stats() })
	}
	return s
}

// do runs f on Run's goroutine and waits for it.
func (w *Watcher) do(f func()) {
	done := make(chan struct{})
	select {
	case w.calls <- func() { defer close(done); f() }:
		<-done
	case <-w.stopped:
	}
}

func (w *Watcher) quiet(path string) time.Duration {
	if w.opts.Quiet == nil {
		return defaultQuiet
	}
	return max(0, w.opts.Quiet(path))
}
