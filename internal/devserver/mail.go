package devserver

import "github.com/calendsync/devtool/internal/policy"

// mail is what other goroutines send to the loop, which opens it: it completes
// what the sender could not know, and decides about it.
type mail interface{ open(*server) }

// happened is an event that is complete as it is.
type happened struct{ policy.Event }

func (m happened) open(s *server) { s.happen(m.Event) }

// send puts mail before the loop, unless the server stops: then outcomes no
// longer matter.
func (s *server) send(m mail) {
	select {
	case s.mail <- m:
	case <-s.stop.Done():
	}
}

// report sends an event.
func (s *server) report(ev policy.Event) { s.send(happened{ev}) }
