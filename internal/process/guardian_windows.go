package process

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/windows"
)

// Guardian ensures that nothing outlives us. On Windows each command runs in a job
// object, which the kernel ends when our handle to it is closed, so no second
// process is needed. Untested: it only compiles.
type Guardian struct {
	self     string
	children sync.WaitGroup

	mu     sync.Mutex
	closed bool
	live   map[int]bool // leaders to end in Close
}

// StartGuardian returns a Guardian; it starts nothing on Windows, so nothing is
// ever lost.
func StartGuardian(self string, lost func(error)) (*Guardian, error) {
	return &Guardian{self: self, live: map[int]bool{}}, nil
}

// Register has the process ended by Close, until release is called.
func (g *Guardian) Register(pid int) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed { // Close came while it was starting
		endProcess(pid)
		return func() {}
	}
	g.live[pid] = true
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.live, pid)
	}
}

// Remove does nothing yet: after a forced end the directory stays.
func (g *Guardian) Remove(string) (release func(), err error) { return func() {}, nil }

// Close ends every command that is left and waits for it.
func (g *Guardian) Close() error {
	g.mu.Lock()
	g.closed = true
	for pid := range g.live {
		endProcess(pid)
	}
	g.mu.Unlock()
	g.children.Wait()
	return nil
}

func (g *Guardian) begin() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errors.New("guardian is closed")
	}
	g.children.Add(1)
	return nil
}

func endProcess(pid int) {
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return // gone already
	}
	defer windows.CloseHandle(h)
	_ = windows.TerminateProcess(h, 1)
}

func guardianMain(io.Reader) {}
