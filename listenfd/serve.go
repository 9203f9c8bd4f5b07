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

	// silenceGrace is how long a connection must have been silent before it
	// counts as idle when the server stops. Clients send right after connecting,
	// or after an answer, but on a busy machine right after is not at once.
	silenceGrace = time.Second
)

// Serve answers requests on ln until ctx is done, and then stops srv so that
// no request is lost which a client has sent: it stops accepting, which leaves
// later connections of an inherited socket in the kernel's queue for the next
// process; answers one more request on connections that were opened or used
// within the last second, and tells the client with it to reconnect; and
// waits for answers to be complete, at most DrainTimeout, after which it cuts
// them off and says so.
//
// It returns nil if srv stopped in time, and closes ln, without shutting the
// shared socket down. Hijacked connections such as websockets are not waited
// for; end them, and event streams, from srv.RegisterOnShutdown. For TLS give
// it [tls.NewListener].
//
// Serve wraps srv.Handler, srv.ConnState and srv.ConnContext; leave them alone
// while it runs.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener) error {
	conns := &recentConns{last: map[net.Conn]moment{}, left: make(chan struct{}, 1)}
	conns.observe(srv)

	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}

	conns.stopping.Store(true)
	closeErr := ln.Close()
	if err := <-served; errors.Is(err, http.ErrServerClosed) {
		return err // somebody else called Shutdown or Close, and waits for it
	}
	conns.await()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), DrainTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests still running %v after the stop were cut off: %w", DrainTimeout, err), srv.Close())
	}
	return closeErr
}

// recentConns keeps the connections on which something has just happened: they
// were opened, a request was read or handed to the handler, or it was answered.
// Shutdown must not be called before they have had their last answer. It drops
// a request that has been read but not handled, it closes connections whose
// answer did not tell the client so, and it waits five seconds for those that
// never carried a request (see shuttingDown and doKeepAlives in net/http).
type recentConns struct {
	stopping atomic.Bool
	left     chan struct{} // gets a value after one has left
	mu       sync.Mutex
	last     map[net.Conn]moment
}

type moment struct {
	at   time.Time
	busy bool // a request is read or answered: not to be closed
}

type connKey struct{}

func (c *recentConns) observe(srv *http.Server) {
	connState, connContext, handler := srv.ConnState, srv.ConnContext, srv.Handler
	if handler == nil {
		handler = http.DefaultServeMux
	}
	srv.ConnState = func(conn net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew, http.StateIdle, http.StateActive:
			c.enter(conn, state == http.StateActive)
		default:
			c.leave(conn)
		}
		if connState != nil {
			connState(conn, state)
		}
	}
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if connContext != nil {
			ctx = connContext(ctx, conn)
		}
		return context.WithValue(ctx, connKey{}, conn)
	}
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		if c.stopping.Load() {
			w.Header().Set("Connection", "close") // the last answer: the client has to reconnect
			c.leave(conn)
		} else {
			c.enter(conn, true)
		}
		handler.ServeHTTP(w, r)
	})
}

func (c *recentConns) enter(conn net.Conn, busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[conn] = moment{time.Now(), busy}
}

func (c *recentConns) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, conn)
	select {
	case c.left <- struct{}{}:
	default:
	}
}

// await returns when nothing has happened for silenceGrace on any connection
// that is left, and closes those that are not busy.
func (c *recentConns) await() {
	for {
		wait := c.closeOld(time.Now())
		if wait == 0 {
			return
		}
		select {
		case <-c.left:
		case <-time.After(wait):
		}
	}
}

// closeOld returns how long until the next connection is old, 0 if all are.
func (c *recentConns) closeOld(now time.Time) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, last := range c.last {
		rest := last.at.Add(silenceGrace).Sub(now)
		if rest > 0 {
			if wait == 0 || rest < wait {
				wait = rest
			}
			continue
		}
		if !last.busy {
			conn.Close()
		}
		delete(c.last, conn)
	}
	return wait
}
