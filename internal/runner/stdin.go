package runner

import (
	"io"
	"os"
	"sync"
)

// standardInput passes what devtool reads on to the generation that runs. An
// app that read the terminal itself would be stopped for it, because it is not
// in the foreground; and what the old one would read the new one could not.
type standardInput struct {
	mu    sync.Mutex
	to    *os.File      // the running generation reads the other end; nil if none does
	moved chan struct{} // closed when to is set
	ended bool          // nothing more will come
}

func newStandardInput() *standardInput { return &standardInput{moved: make(chan struct{})} }

// follow reads src to its end. A read of a terminal cannot be interrupted, so
// this ends with the process and nobody waits for it.
func (in *standardInput) follow(src io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		in.write(buf[:n])
		if err != nil {
			break
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended = true
	in.drop()
}

// write waits for a generation that takes all of p.
func (in *standardInput) write(p []byte) {
	for len(p) > 0 {
		in.mu.Lock()
		to, moved := in.to, in.moved
		in.mu.Unlock()
		if to == nil {
			<-moved
			continue
		}
		n, err := to.Write(p)
		p = p[n:]
		in.mu.Lock()
		if err != nil && in.to == to { // it has ended; the next one gets the rest
			in.drop()
		}
		in.mu.Unlock()
	}
}

// drop lets the generation see the end of its input.
func (in *standardInput) drop() {
	if in.to != nil {
		in.to.Close() // a write that waits for the reader fails
		in.to = nil
	}
}

// connect returns what the next generation reads, to be closed when it has been
// started. The one before sees the end of its input.
func (in *standardInput) connect() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.drop()
	if in.ended {
		w.Close()
		return r, nil
	}
	in.to = w
	close(in.moved)
	in.moved = make(chan struct{})
	return r, nil
}
