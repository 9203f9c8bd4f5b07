package listenfd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// DrainTimeout is how long Serve waits for requests that are being
	// answered when it stops.
	DrainTimeout = 10 * time.Second

	// lastRequestGrace is how long connections that have carried requests may
	// still bring one when the server stops.
	lastRequestGrace = 30 * time.Millisecond

	// firstRequestGrace is how old a connection must be before it counts as one
	// that a browser opened in advance. Clients send right after connecting, but
	// on a busy machine right after is not at once, and http.Server.Shutdown
	// drops a connection without a request unanswered, or waits five seconds.
	firstRequestGrace = 500 * time.Millisecond
)

// Serve answers requests on ln until ctx is done, and then stops srv so that
// no request is lost which a client has sent: it stops accepting, which leaves
// later connections of an inherited socket in the kernel's queue for the next
// process; answers the first request of connections it has accepted; tells
// clients in each answer to reconnect; and waits for answers to be complete,
// at most DrainTimeout, after which it cuts them off and says so.
//
// It returns nil if srv stopped in time, and closes ln, without shutting the
// shared socket down. Hijacked connections such as websockets are not waited
// for; end them, and event streams, from srv.RegisterOnShutdown. For TLS give
// it [tls.NewListener].
//
// Serve wraps srv.Handler and srv.ConnState; leave them alone while it runs.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener) error {
	var stopping atomic.Bool
	fresh := &freshConns{next: srv.ConnState, since: map[net.Conn]time.Time{}, left: make(chan struct{}, 1)}
	srv.ConnState = fresh.observe
	srv.Handler = lastAnswers(srv.Handler, &stopping)

	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}

	stopping.Store(true)
	closeErr := ln.Close()
	if err := <-served; errors.Is(err, http.ErrServerClosed) {
		return err // somebody else called Shutdown or Close, and waits for it
	}
	// Not a poll: idle connections too may carry one more request, and its
	// answer asks the client to reconnect.
	time.Sleep(lastRequestGrace)
	fresh.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), DrainTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests still running %v after the stop were cut off: %w", DrainTimeout, err), srv.Close())
	}
	return closeErr
}

// lastAnswers adds "Connection: close" to answers given while stopping, so that
// clients reconnect instead of sending to a connection about to be closed.
func lastAnswers(next http.Handler, stopping *atomic.Bool) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// freshConns keeps the connections that have not sent a request yet.
type freshConns struct {
	next  func(net.Conn, http.ConnState)
	left  chan struct{} // gets a value after one has left since
	mu    sync.Mutex
	since map[net.Conn]time.Time
}

func (f *freshConns) observe(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	if state == http.StateNew {
		f.since[conn] = time.Now()
	} else {
		delete(f.since, conn)
		select {
		case f.left <- struct{}{}:
		default:
		}
	}
	f.mu.Unlock()
	if f.next != nil {
		f.next(conn, state)
	}
}

// close closes each connection once it is older than firstRequestGrace, and
// returns when none is left.
func (f *freshConns) close() {
	for {
		wait := f.closeOld(time.Now())
		if wait == 0 {
			return
		}
		select {
		case <-f.left:
		case <-time.After(wait):
		}
	}
}

// closeOld closes the old ones and returns how long until the next is old.
func (f *freshConns) closeOld(now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn, since := range f.since {
		rest := since.Add(firstRequestGrace).Sub(now)
		switch {
		case rest <= 0:
			conn.Close()
			delete(f.since, conn)
		case wait == 0 || rest < wait:
			wait = rest
		}
	}
	return wait
}
