package watch

import (
	"sync"
	"time"
)

// maxHints bounds the set: beyond it, comparing the tree is cheaper.
const maxHints = 100_000

// hint says that something happened at a path.
type hint struct {
	first, last time.Time
	moved       bool // an entry appeared or vanished there, not only its content changed
	written     bool // the content was written, not only the mode or times set
}

// happening is what a backend knows about an event.
type happening struct{ moved, written bool }

// sink is where backends leave their hints. It never blocks for long.
type sink interface {
	hint(path string, what happening)
	// rescan says that hints were lost; why is empty if nothing went wrong.
	rescan(why string)
}

// hints is the set of paths that the backends have reported since it was last
// taken. It exists so that the backends' goroutines do nothing but fill it: a
// reader that did more would lose events when the kernel's queue overflows.
type hints struct {
	mu    sync.Mutex
	paths map[string]hint
	lost  bool
	why   string
	poke  chan struct{} // capacity 1
}

func newHints() *hints {
	return &hints{paths: make(map[string]hint), poke: make(chan struct{}, 1)}
}

func (h *hints) hint(path string, what happening) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	old, known := h.paths[path]
	if !known {
		old.first = now
	}
	h.paths[path] = hint{first: old.first, last: now, moved: what.moved || old.moved, written: what.written || old.written}
	if len(h.paths) > maxHints {
		clear(h.paths)
		h.lost = true
	}
	h.wakeLocked()
}

func (h *hints) rescan(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = true
	if why != "" {
		h.why = why
	}
	h.wakeLocked()
}

func (h *hints) wakeLocked() {
	select {
	case h.poke <- struct{}{}:
	default:
	}
}

// wake returns a channel that receives when there are hints.
func (h *hints) wake() <-chan struct{} { return h.poke }

// take empties the set. If lost is set, the whole tree must be compared; why says
// what went wrong, if anything.
func (h *hints) take() (paths map[string]hint, lost bool, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	paths, lost, why = h.paths, h.lost, h.why
	h.paths, h.lost, h.why = make(map[string]hint), false, ""
	return paths, lost, why
}
