package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// appBacklog is how much output of the app may wait for its reader.
	appBacklog = 1 << 20
	// pieceSize is what is written at once.
	pieceSize = 64 << 10
	// stuckAfter is how long a reader may pause until it counts as stuck: far
	// longer than a terminal needs for a screen, shorter than people wait.
	stuckAfter = time.Second
)

// printer writes in order what many goroutines say, from a goroutine of its own:
// a reader that has stopped, by Ctrl-S or in a pager, holds up nobody. What
// devtool says waits without limit; it is little. The app's output waits up to
// appBacklog. Beyond it the app is slowed down to the pace of its reader, and
// while that is stuck, output is left out and the reader is told how much.
type printer struct {
	w    io.Writer
	done chan struct{}

	mu      sync.Mutex
	pending []byte
	left    int           // bytes left out after pending
	closed  bool          // nothing more comes
	stuck   bool          // the reader has not moved for stuckAfter
	more    chan struct{} // has a value when run has something to do
	moved   chan struct{} // closed when something was written; then a new one
}

// newPrinter starts a printer. Close ends it.
func newPrinter(w io.Writer) *printer {
	p := &printer{w: w, done: make(chan struct{}), more: make(chan struct{}, 1), moved: make(chan struct{})}
	go p.run()
	return p
}

// Write takes text and never waits.
func (p *printer) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(text)
	return len(text), nil
}

// appOutput is the app's way into a printer.
type appOutput struct{ *printer }

func (p appOutput) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.pending) > appBacklog && !p.stuck {
		moved := p.moved
		p.mu.Unlock()
		still := !within(stuckAfter, moved)
		p.mu.Lock()
		p.stuck = p.stuck || still && moved == p.moved
	}
	if len(p.pending) > appBacklog {
		p.left += len(text)
	} else {
		p.add(text)
	}
	return len(text), nil
}

// add needs the lock.
func (p *printer) add(text []byte) {
	if p.left > 0 {
		p.pending = fmt.Appendf(p.pending, "devtool: %d bytes of output are left out here: nobody read them\n", p.left)
		p.left = 0
	}
	p.pending = append(p.pending, text...)
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// run writes until Close. It alone writes to w.
func (p *printer) run() {
	defer p.move()
	defer close(p.done)
	for {
		p.mu.Lock()
		piece := p.pending[:min(len(p.pending), pieceSize)]
		p.pending = p.pending[len(piece):]
		closed := p.closed
		p.mu.Unlock()
		switch {
		case len(piece) > 0:
			_, _ = p.w.Write(piece) // a reader that is gone has made its choice
			p.move()
		case closed:
			return
		default:
			<-p.more
		}
	}
}

// move tells those who wait for the reader.
func (p *printer) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stuck = false
	close(p.moved)
	p.moved = make(chan struct{})
}

// Close returns when everything is written, or when the reader is stuck: then
// run ends with the process, for nothing can end a write.
func (p *printer) Close() {
	p.mu.Lock()
	p.closed = true
	p.add(nil)
	moved := p.moved
	p.mu.Unlock()
	for within(stuckAfter, moved) {
		select {
		case <-p.done:
			return
		default:
		}
		p.mu.Lock()
		moved = p.moved
		p.mu.Unlock()
	}
}

// within reports whether something happens in time.
func within(d time.Duration, something <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-something:
		return true
	case <-timer.C:
		return false
	}
}

// sameFile reports whether two writers end at one place, such as a terminal.
func sameFile(a, b io.Writer) bool {
	one, ok1 := a.(*os.File)
	two, ok2 := b.(*os.File)
	if !ok1 || !ok2 {
		return a == b
	}
	info1, err1 := one.Stat()
	info2, err2 := two.Stat()
	return err1 == nil && err2 == nil && os.SameFile(info1, info2)
}
