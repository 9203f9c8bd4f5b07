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

	// firstRequestGrace is how long a connection accepted just before the end
	// may take to send its first request. http.Server.Shutdown drops such a
	// connection unanswered; clients send right after connecting, so this
	// costs little and loses none.
	firstRequestGrace = 30 * time.Millisecond
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
	fresh := &freshConns{next: srv.ConnState, conns: map[net.Conn]bool{}}
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
	time.Sleep(firstRequestGrace)
	fresh.closeAll()
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

// freshConns keeps the connections that have not sent a request yet. Browsers
// open some in advance, and Shutdown would wait five seconds for each.
type freshConns struct {
	next  func(net.Conn, http.ConnState)
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (f *freshConns) observe(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	if state == http.StateNew {
		f.conns[conn] = true
	} else {
		delete(f.conns, conn)
	}
	f.mu.Unlock()
	if f.next != nil {
		f.next(conn, state)
	}
}

func (f *freshConns) closeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		conn.Close()
	}
}
