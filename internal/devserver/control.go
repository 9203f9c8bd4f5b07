package devserver

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/control"
	"github.com/calendsync/devtool/internal/policy"
)

// asked decides about a request from a person or a script.
func (l *loop) asked(what policy.Ask) {
	l.happen(policy.Asked{At: time.Now(), What: what, Web: l.web.inputs, Generate: l.generators != nil})
}

// request carries what a script asks for to the loop. The loop answers with the
// number of the newest build, whose outcome fulfils the request.
type request struct {
	what   policy.Ask
	answer chan<- int
}

func (w request) open(l *loop) {
	l.asked(w.what)
	w.answer <- l.state.Build
}

// serveControl serves the private socket until the returned function is called.
func (s *server) serveControl() (end func()) {
	if s.opts.Control == nil {
		return func() {}
	}
	server := control.NewServer(remote{s})
	s.work.Go(func() { _ = server.Serve(s.opts.Control) }) // ends with ErrServerClosed
	return func() { _ = server.Close() }
}

// remote is the server as the private socket exposes it.
type remote struct{ *server }

// Status implements control.Source.
func (r remote) Status() (uint64, any, <-chan struct{}) {
	seq, newer := r.views.news.next() // before the status, so that a change in between counts as news
	if r.views.status.Load() == nil {
		return seq, Status{Phase: policy.Building, URL: r.opts.URL}, newer
	}
	return seq, r.currentStatus(), newer
}

// Asked is the answer to a request.
type Asked struct {
	Build   int `json:"build"` // the newest one, which fulfils it
	Clients int `json:"clients"`
}

// Ask implements control.Source.
func (r remote) Ask(ctx context.Context, what string) (any, error) {
	if !slices.Contains([]policy.Ask{policy.Restart, policy.Rebuild, policy.Reload, policy.Pause}, policy.Ask(what)) {
		return nil, control.ErrUnknown
	}
	answer := make(chan int, 1)
	select {
	case r.mail <- request{policy.Ask(what), answer}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.stop.Done():
		return nil, r.stop.Err()
	}
	select {
	case build := <-answer:
		return Asked{Build: build, Clients: r.hub.Clients()}, nil
	case <-r.stop.Done(): // the loop has ended
		return nil, r.stop.Err()
	}
}

// news wakes those who wait for a newer status.
type news struct {
	mu    sync.Mutex
	seq   uint64
	newer chan struct{} // closed by spread; nil if nobody waits
}

func (n *news) spread() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seq++
	if n.newer != nil {
		close(n.newer)
		n.newer = nil
	}
}

// next returns the number of the current status, counted from 1, and a channel
// that is closed when there is a newer one.
func (n *news) next() (uint64, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.newer == nil {
		n.newer = make(chan struct{})
	}
	return n.seq + 1, n.newer
}
