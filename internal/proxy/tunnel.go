package proxy

import (
	"errors"
	"io"
	"sync"
	"time"
)

const (
	serviceRestart = 1012 // RFC 6455 registry: the client should connect again

	// frameWait is how long an ending tunnel waits for the app to complete a
	// frame it has begun.
	frameWait = 500 * time.Millisecond
	// replyWait is how long a client may take to answer a Close frame.
	replyWait = time.Second
)

var errTunnelClosed = errors.New("websocket closed for a restart")

// tunnel is the app's side of a websocket. ReverseProxy copies between it and
// the client; at the end of the exchange it lets the client read a Close frame
// after the last whole frame of the app.
type tunnel struct {
	app io.ReadWriteCloser
	x   *exchange

	mu       sync.Mutex
	down, up frames // to the client, to the app
	ending   bool
	cutoff   *time.Timer // runs while ending waits for the rest of a frame

	replied     chan struct{} // closed when the client has nothing more to say
	replyOnce   sync.Once
	last        []byte // what is left of the Close frame; only Read touches it
	lastStarted bool
}

// newTunnel makes the exchange a stream.
func newTunnel(x *exchange, app io.ReadWriteCloser) *tunnel {
	t := &tunnel{app: app, x: x, replied: make(chan struct{})}
	x.becomeStream(t.end)
	return t
}

// end stops reading from the app: at once between two frames, otherwise as soon
// as the app has completed the frame.
func (t *tunnel) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = true
	if t.down.atEnd() {
		t.app.Close() // wakes Read
	} else {
		t.cutoff = time.AfterFunc(frameWait, func() { t.app.Close() })
	}
}

// Read is what the client gets.
func (t *tunnel) Read(p []byte) (int, error) {
	if t.lastStarted {
		return t.goodbye(p)
	}
	n, err := t.app.Read(p)

	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ending {
		t.down.advance(p[:n])
		return n, err
	}
	if !t.down.atEnd() {
		n = t.down.frame(p[:n])
	} else {
		n = 0 // frames of which the client has got nothing
	}
	if !t.down.atEnd() || t.down.closed {
		if err == io.EOF {
			err = errTunnelClosed // keeps the client from waiting for more
		}
		return n, err
	}
	t.lastStarted, t.last = true, closeFrame(serviceRestart, "restarting")
	if n > 0 {
		return n, nil
	}
	return t.goodbye(p)
}

// goodbye hands out the Close frame, then waits for the client's answer: to
// close the connection before it has come can cost the client the frame.
func (t *tunnel) goodbye(p []byte) (int, error) {
	if len(t.last) > 0 {
		n := copy(p, t.last)
		t.last = t.last[n:]
		return n, nil
	}
	t.x.leave() // the app may be stopped now
	wait := time.NewTimer(replyWait)
	defer wait.Stop()
	select {
	case <-t.replied:
	case <-wait.C:
	}
	return 0, errTunnelClosed
}

// Write is what the client sends.
func (t *tunnel) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.up.advance(p)
	ending, closed := t.ending, t.up.closed
	t.mu.Unlock()
	if closed {
		t.reply()
	}
	if ending {
		return len(p), nil
	}
	return t.app.Write(p)
}

// CloseWrite passes on that the client will send nothing more.
func (t *tunnel) CloseWrite() error {
	t.reply()
	if half, ok := t.app.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errTunnelClosed
}

func (t *tunnel) Close() error {
	t.mu.Lock()
	if t.cutoff != nil {
		t.cutoff.Stop()
	}
	t.mu.Unlock()
	t.reply()
	return t.app.Close()
}

func (t *tunnel) reply() { t.replyOnce.Do(func() { close(t.replied) }) }
