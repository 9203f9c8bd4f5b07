package proxy

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
)

// exchange is one request to the app and its response.
type exchange struct {
	gate     *Gate
	request  *http.Request // as the client sent it
	name     string        // for people: "GET /export"
	host     string        // of the request, as [splitHost] reads it
	document bool
	ctx      context.Context
	cancel   context.CancelFunc
	left     chan struct{} // closed when the app has nothing more to do with it

	up      *upstream   // set on admission, by the gate
	ended   atomic.Bool // by the drain
	refused bool        // the app took no connection; it has read nothing

	// Guarded by gate.mu.
	gone   bool
	stream func()    // closes it cleanly; nil unless it is a websocket or event stream
	body   io.Closer // what aborting takes besides cancel, or nil
}

type exchangeKey struct{}

// newExchange begins an exchange; cancel ends it.
func newExchange(g *Gate, r *http.Request) *exchange {
	host, _, _ := splitHost(r.Host) // the guard has let it in
	x := &exchange{
		gate: g, request: r, host: host, document: isDocument(r),
		name: nameOf(r),
		left: make(chan struct{}),
	}
	x.ctx, x.cancel = context.WithCancel(context.WithValue(r.Context(), exchangeKey{}, x))
	return x
}

func exchangeOf(r *http.Request) *exchange {
	return r.Context().Value(exchangeKey{}).(*exchange)
}

// leave ends the app's part in the exchange. It may be called twice.
func (x *exchange) leave() {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	if x.gone || x.up == nil {
		return
	}
	x.gone = true
	delete(x.up.exchanges, x)
	if x.stream == nil {
		x.up.uncountLocked()
	}
	x.gate.served++
	close(x.left)
}

// becomeStream takes x out of the requests that a drain waits for. When the drain
// ends it calls end, which must make x leave soon.
func (x *exchange) becomeStream(end func()) {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	if !x.gone && x.stream == nil {
		x.stream = end
		x.up.uncountLocked()
	}
}

// end is the drain's: close x if it can be closed cleanly, else abort it.
func (x *exchange) end() {
	x.ended.Store(true)
	x.gate.mu.Lock()
	stream, body := x.stream, x.body
	x.gate.mu.Unlock()
	if stream != nil {
		stream()
		return
	}
	x.cancel()
	if body != nil {
		body.Close()
	}
	x.stopUpload()
}

// stopUpload ends a read of the request's body. net/http would wait for it even
// after the exchange is cancelled.
func (x *exchange) stopUpload() {
	switch {
	case x.request.ContentLength == 0:
	case x.request.ProtoMajor == 1:
		reset(x.request.Context())
	default:
		x.request.Body.Close()
	}
}

// answered notes that the app's response has begun. HTTP/2 in net/http does not
// notice the end of a context while it still sends the request's body.
func (x *exchange) answered(res *http.Response) {
	if res.ProtoMajor != 2 {
		return
	}
	x.gate.mu.Lock()
	x.body = res.Body
	x.gate.mu.Unlock()
	if x.ended.Load() { // before end could see the body
		res.Body.Close()
	}
}

// eventStream is a body that ends cleanly when the drain ends its exchange:
// the client connects anew, and is held until the next generation takes it.
type eventStream struct {
	io.ReadCloser
	x *exchange
}

func (s eventStream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && s.x.ended.Load() {
		err = io.EOF
	}
	return n, err
}
