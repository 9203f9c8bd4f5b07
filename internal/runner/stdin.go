package runner

import (
	"io"
	"os"
	"sync"
)

// standardInput passes devtool's input on to the running generation. An app that
// read the terminal itself would be stopped by the system, because it is not in
// the foreground; and what the old generation had read would be lost to the new
// one.
type standardInput struct {
	mu    sync.Mutex
	to    *os.File      // the running generation reads the other end; nil without one
	moved chan struct{} // closed when to is set
	ended bool          // nothing more will come
}

func newStandardInput() *standardInput { return &standardInput{moved: make(chan struct{})} }

// follow reads src to its end. Reading a terminal cannot be interrupted, so
// nobody waits for follow: it ends with the process.
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

// write blocks until generations have taken all of p.
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
		if err != nil && in.to == to { // the generation has ended; the next one gets the rest
			in.drop()
		}
		in.mu.Unlock()
	}
}

// drop ends the input of the generation.
func (in *standardInput) drop() {
	if in.to != nil {
		in.to.Close() // a write that waits for the reader fails then
		in.to = nil
	}
}

// connect ends the input of the previous generation and returns the file that the
// next one reads. The caller closes it once that has started.
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
