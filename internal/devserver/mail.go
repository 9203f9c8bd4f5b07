package devserver

import (
	"context"
	"sync"

	"github.com/calendsync/devtool/internal/policy"
)

// mail is what other goroutines send to the loop. The loop opens it: open adds
// what the sender could not know, and decides about the result.
type mail interface{ open(*loop) }

// happened is mail that holds a complete event.
type happened struct{ policy.Event }

func (m happened) open(l *loop) { l.happen(m.Event) }

// mailbox carries mail to the loop.
type mailbox struct {
	mail chan mail
	work sync.WaitGroup  // every goroutine that sends mail
	stop context.Context // of the server
}

// send delivers mail to the loop, unless the server stops: then outcomes no
// longer matter.
func (b *mailbox) send(m mail) {
	select {
	case b.mail <- m:
	case <-b.stop.Done():
	}
}

// report sends an event.
func (b *mailbox) report(ev policy.Event) { b.send(happened{ev}) }
