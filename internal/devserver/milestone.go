package devserver

import (
	"context"
	"sync"
)

// milestone is the highest number that something has reached. The zero value has
// reached 0. It is safe for concurrent use.
type milestone struct {
	mu      sync.Mutex
	reached int
	further chan struct{} // closed when it reaches a higher number; nil while nobody waits
}

// reach notes a number and reports whether it is the highest so far.
func (m *milestone) reach(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n <= m.reached {
		return false
	}
	m.reached = n
	if m.further != nil {
		close(m.further)
		m.further = nil
	}
	return true
}

// await waits until n is reached, and returns the number that is: a lower one if
// ctx ends first.
func (m *milestone) await(ctx context.Context, n int) int {
	for {
		m.mu.Lock()
		if m.further == nil {
			m.further = make(chan struct{})
		}
		reached, further := m.reached, m.further
		m.mu.Unlock()
		if reached >= n {
			return reached
		}
		select {
		case <-further:
		case <-ctx.Done():
			return reached
		}
	}
}
