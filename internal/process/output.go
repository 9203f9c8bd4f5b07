package process

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// promptDelay is how long the beginning of a line waits for its end: long
	// enough that lines do not tear, short enough for a prompt.
	promptDelay = 50 * time.Millisecond
	// longLine is passed on in pieces.
	longLine = 64 << 10
)

// lineWriter passes one stream of the app on to dst in whole lines, so that the
// streams of several programs do not mix within a line, and to tail.
type lineWriter struct {
	dst  io.Writer
	tail *tail

	mu    sync.Mutex
	held  []byte // the beginning of a line
	timer *time.Timer
}

func newLineWriter(dst io.Writer, t *tail) *lineWriter {
	if dst == nil {
		dst = io.Discard
	}
	w := &lineWriter{dst: dst, tail: t}
	w.timer = time.AfterFunc(time.Hour, w.flush)
	w.timer.Stop()
	return w
}

// Write never fails: that our own output is gone is no reason to break the app.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.held = append(w.held, p...)
	end := bytes.LastIndexByte(w.held, '\n') + 1
	if len(w.held)-end > longLine {
		end = len(w.held)
	}
	w.pass(end)
	if len(w.held) > 0 {
		w.timer.Reset(promptDelay)
	}
	return len(p), nil
}

// flush passes on the beginning of a line that got no end.
func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pass(len(w.held))
}

func (w *lineWriter) close() {
	w.timer.Stop()
	w.flush()
}

// pass passes n held bytes on.
func (w *lineWriter) pass(n int) {
	if n == 0 {
		return
	}
	w.tail.write(w.held[:n])
	_, _ = w.dst.Write(w.held[:n])
	w.held = append(w.held[:0], w.held[n:]...)
}

// sameWriter compares as os/exec does: one writer for both streams keeps their order.
func sameWriter(a, b io.Writer) bool {
	defer func() { _ = recover() }() // of a type that cannot be compared
	return a == b
}
