package proxy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

var (
	errTaken = errors.New("it closed the connection without an answer")
	errStale = errors.New("the app has closed the connection")
)

// pooledConn is a connection to the app that serves one request after another.
// The app may close it at any time, even while it is being chosen for the next
// request, and net/http repeats a GET whose connection breaks. A request that the
// app has read must not be repeated: its handler may be what ended the app. So
// pooledConn finds out, and calls the request off before net/http learns of the
// break.
type pooledConn struct {
	*net.TCPConn

	mu      sync.Mutex
	callOff context.CancelCauseFunc // of the request that has no answer yet, or nil
	written bool                    // that request, or some of it
	ended   bool                    // nothing more can be read
}

func dialPooled(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := dialApp(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &pooledConn{TCPConn: conn.(*net.TCPConn)}, nil
}

// pooled sends r over t, whose connections are pooled ones.
func pooled(t *http.Transport, r *http.Request) (*http.Response, error) {
	// It ends with the context of the exchange, for the response needs it too.
	ctx, callOff := context.WithCancelCause(r.Context())
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if conn, ok := info.Conn.(*pooledConn); ok {
				conn.begin(callOff)
			}
		},
		Got1xxResponse: cleanInterim,
	})
	res, err := t.RoundTrip(r.WithContext(ctx))
	if err != nil {
		callOff(nil)
	}
	return res, err
}

// begin is for the next request.
func (c *pooledConn) begin(callOff context.CancelCauseFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.callOff, c.written = callOff, false
}

// Write writes nothing to a connection that has ended, so that net/http may
// send the request over another one. It holds the lock until the kernel has the
// bytes: before that, nothing can be said about what became of them.
func (c *pooledConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, errStale
	}
	c.written = true
	return c.TCPConn.Write(p)
}

func (c *pooledConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 {
		c.callOff = nil // an answer that has begun is never asked for again
	}
	if err != nil {
		c.ended = true
		if c.callOff != nil && c.written && !unread(c.TCPConn, err) {
			c.callOff(errTaken)
		}
	}
	return n, err
}
