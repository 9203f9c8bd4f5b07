package process

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// Protocols of a Target.
const (
	http1   = "http/1.1"
	h2c     = "h2c"
	https   = "https"
	unknown = "" // it answered something that is no HTTP
)

// The requests that probe an app. "OPTIONS *" is answered by net/http and others
// before any handler of the app sees it.
const (
	optionsRequest = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nUser-Agent: devtool\r\nConnection: close\r\n\r\n"
	http2Preface   = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
)

// errNoAnswer means that a server closed the connection without answering.
var errNoAnswer = errors.New("closed the connection without an answer")

// probe asks the server at addr which protocol it speaks, expecting the one it
// spoke before, and waits for the answer without limit: a passed socket has a
// queue that accepts before the app does.
func probe(ctx context.Context, addr, expected string) (protocol string, err error) {
	// Asked in its own protocol a server has nothing to log.
	if expected == https {
		switch err := probeTLS(ctx, addr); {
		case err == nil:
			return https, nil
		case isDial(err):
			return unknown, err // not there yet
		}
	}
	request := optionsRequest
	if expected == h2c {
		request = http2Preface
	}
	protocol, err = ask(ctx, addr, request)
	if !errors.Is(err, errNoAnswer) {
		return protocol, err
	}
	// Some servers hang up on what is not their protocol.
	if protocol, err := ask(ctx, addr, http2Preface); err == nil && protocol == h2c {
		return h2c, nil
	}
	if probeTLS(ctx, addr) == nil {
		return https, nil
	}
	return unknown, err
}

// ask sends request and classifies the answer.
func ask(ctx context.Context, addr, request string) (protocol string, err error) {
	conn, err := connect(ctx, addr)
	if err != nil {
		return unknown, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := io.WriteString(conn, request); err != nil {
		return unknown, errNoAnswer
	}
	answer := make([]byte, 0, 4096)
	for {
		n, err := conn.Read(answer[len(answer):cap(answer)])
		answer = answer[:len(answer)+n]
		final := err != nil || len(answer) == cap(answer)
		protocol, settled := classify(answer, final)
		if settled {
			return protocol, nil
		}
		if ctx.Err() != nil {
			return unknown, ctx.Err()
		}
		if final {
			return unknown, errNoAnswer
		}
		// The rest of an answer comes soon or not at all.
		_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	}
}

// classify returns the protocol that the first bytes of an answer show. It is not
// settled while more bytes could change it; with final, no more will come.
func classify(answer []byte, final bool) (protocol string, settled bool) {
	const frameHeader = 9
	status, isHTTP := bytes.CutPrefix(answer, []byte("HTTP/"))
	switch {
	case len(answer) == 0:
		return unknown, false
	case isHTTP:
		badRequest := bytes.HasPrefix(status, []byte("1.0 400")) || bytes.HasPrefix(status, []byte("1.1 400"))
		if badRequest && (bytes.Contains(status, []byte("HTTPS server")) || bytes.Contains(status, []byte("HTTPS port"))) {
			return https, true
		}
		complete := len(status) >= len("1.1 400")
		return http1, final || complete && !badRequest
	case len(answer) >= 2 && answer[0] == 0x15 && answer[1] == 3: // alert record of TLS
		return https, true
	case len(answer) >= frameHeader && isSettings(answer[:frameHeader]):
		return h2c, true
	case len(answer) >= frameHeader || final:
		return unknown, true
	}
	return unknown, false
}

// isSettings recognises the frame every HTTP/2 server begins with.
func isSettings(header []byte) bool {
	length := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
	return length%6 == 0 && length < 1<<12 && header[3] == 4 && header[4] == 0 && bytes.Equal(header[5:9], make([]byte, 4))
}

// probeTLS completes a handshake or fails within two seconds.
func probeTLS(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := connect(ctx, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Only whether it speaks TLS is asked; certificates of development are self-made.
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}).HandshakeContext(ctx)
}

func connect(ctx context.Context, addr string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", addr)
}

// isDial reports whether err means that there is no server, as opposed to one that
// does not understand.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// briefly returns the last part of a network error, which names the cause.
func briefly(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}
