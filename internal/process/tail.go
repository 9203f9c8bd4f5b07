package process

import (
	"bytes"
	"fmt"
	"sync"
)

// tail keeps the end of an output within a limit of bytes. A panic is worth its
// first lines, which a dump of many goroutines would push out, so half of the
// limit stays with the newest one.
type tail struct {
	limit int

	mu      sync.Mutex
	written int    // bytes in all
	recent  []byte // the last bytes, more than limit of them if there were that many
	panic   []byte // the first limit/2 bytes from where the newest panic began
	began   int    // value of written at the start of panic
	filling bool   // panic has begun and is not full
}

// write takes whole lines, or what is left of one at the end.
func (t *tail) write(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := panicLine(p); at >= 0 && !t.filling {
		t.panic, t.began, t.filling = nil, t.written+at, true
		t.keepPanic(p[at:])
	} else {
		t.keepPanic(p)
	}
	t.written += len(p)
	t.recent = append(t.recent, p...)
	if len(t.recent) > 2*t.limit {
		t.recent = append([]byte(nil), t.recent[len(t.recent)-t.limit-1:]...)
	}
}

func (t *tail) keepPanic(p []byte) {
	if !t.filling {
		return
	}
	room := t.limit/2 - len(t.panic)
	t.panic = append(t.panic, p[:min(room, len(p))]...)
	t.filling = len(p) < room
}

// String returns what was kept, from the start of a line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.panic) > 0 && t.began < t.written-t.limit {
		end := lastLines(t.recent, t.limit-len(t.panic))
		left := t.written - len(end) - t.began - len(t.panic)
		return fmt.Sprintf("%s\n[%d bytes left out]\n%s", t.panic, left, end)
	}
	return string(lastLines(t.recent, t.limit))
}

// lastLines returns at most n last bytes of p, from the start of a line if they
// contain one.
func lastLines(p []byte, n int) []byte {
	if len(p) <= n {
		return p
	}
	cut := p[len(p)-n:]
	if p[len(p)-n-1] == '\n' {
		return cut
	}
	if i := bytes.IndexByte(cut, '\n'); i >= 0 && i+1 < len(cut) {
		return cut[i+1:]
	}
	return cut
}

// panicLine returns where the runtime began to report the end of a Go program.
func panicLine(p []byte) int {
	for at := 0; at < len(p); {
		line := p[at:]
		if bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) {
			return at
		}
		next := bytes.IndexByte(line, '\n')
		if next < 0 {
			return -1
		}
		at += next + 1
	}
	return -1
}
