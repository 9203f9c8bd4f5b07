package main

import "sync"

// signals wakes its listeners. A signal says that something changed, not what:
// each looks for itself, so that a slow one misses nothing and holds
// nobody up. The zero value is ready.
type signals struct {
	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
}

// listen returns a channel that receives after each raise, and how to stop.
func (s *signals) listen() (raised <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		s.listeners = map[chan struct{}]struct{}{}
	}
	s.listeners[ch] = struct{}{}
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, ch)
	}
}

func (s *signals) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.listeners {
		select {
		case ch <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// count is how many listen.
func (s *signals) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.listeners)
}
