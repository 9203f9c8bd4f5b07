package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"time"
)

// Target is where a generation of the app takes requests.
type Target struct {
	Addr     string // host:port
	Protocol string // "http/1.1" (also when empty), "h2c" or "https"
}

// upstream is one generation of the app as the gate sees it. Its counts are
// guarded by the gate's lock.
type upstream struct {
	target     Target
	transports [2 * wires]*http.Transport

	exchanges map[*exchange]struct{}
	counted   int           // of the exchanges, those that a drain waits for
	retired   chan struct{} // closed when it gets no new requests
	quiet     chan struct{} // closed when it is retired and counted is 0
}

// wire is a way to speak to an app.
type wire uint8

const (
	h1    wire = iota
	h2c        // HTTP/2 without TLS, by prior knowledge
	tls12      // HTTP/1.1 in TLS, for upgrades
	tlsAny
	wires // how many there are
)

// dialTimeout bounds a connect on this machine. A full backlog costs 1 s and
// then 3 s more for the kernel's second and third attempt.
const dialTimeout = 5 * time.Second

func dialApp(ctx context.Context, network, addr string) (net.Conn, error) {
	return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, addr)
}

func newUpstream(t Target) *upstream {
	up := &upstream{
		target:    t,
		exchanges: make(map[*exchange]struct{}),
		retired:   make(chan struct{}),
		quiet:     make(chan struct{}),
	}
	for w := range wires {
		up.transports[w] = newTransport(w, false)
		up.transports[wires+w] = newTransport(w, true)
	}
	return up
}

func newTransport(w wire, fresh bool) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(w != h2c)
	protocols.SetHTTP2(w == tlsAny)
	protocols.SetUnencryptedHTTP2(w == h2c)
	dial := dialApp
	if !fresh && w == h1 {
		dial = dialPooled
	}
	return &http.Transport{
		DialContext:         dial,
		Protocols:           &protocols,
		DisableKeepAlives:   fresh,
		DisableCompression:  true, // bodies pass as they are
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     30 * time.Second,
		// An app that turns an upload away may do so before it is sent.
		ExpectContinueTimeout: time.Second,
		// The app is a child of ours on this machine; its certificate is
		// made for browsers, or for nobody.
		// Resuming a session makes a connection for one request cheap.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1)},
	}
}

// RoundTrip sends r over the wire that fits its exchange.
func (up *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	w, reuse := route(up.target.Protocol, exchangeOf(r).request)
	r.URL.Scheme = "http"
	if w == tls12 || w == tlsAny {
		r.URL.Scheme = "https"
	}
	if reuse && w == h1 {
		return pooled(up.transports[w], r)
	}
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: cleanInterim}))
	switch {
	case reuse:
		return up.transports[w].RoundTrip(r)
	case w == h2c || w == tlsAny:
		return up.alone(up.transports[wires+w], r)
	default:
		return up.transports[wires+w].RoundTrip(r)
	}
}

// cleanInterim takes from an answer of status 1xx what concerns only the
// connection to the app. ReverseProxy does so for final answers; these it passes
// on after this has seen them. Neither can know what else a Connection header
// names beside "close": net/http removes that header from every answer of
// HTTP/1.1 as it reads it, and the named ones pass. It leaves requests as they
// are.
func cleanInterim(_ int, h textproto.MIMEHeader) error {
	for _, names := range h["Connection"] {
		for name := range strings.SplitSeq(names, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
	return nil
}

// hopByHop headers concern one connection (RFC 9110, 7.6.1), or frame a body.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
}

// alone sends r over a connection of its own. Even without keep-alives, HTTP/2 in
// net/http shares a connection among requests that start together, and the first
// to end closes it under the others.
func (up *upstream) alone(t *http.Transport, r *http.Request) (*http.Response, error) {
	conn, err := t.NewClientConn(r.Context(), r.URL.Scheme, up.target.Addr)
	if err != nil {
		return nil, err
	}
	res, err := conn.RoundTrip(r)
	if err != nil {
		conn.Close()
		return nil, err
	}
	res.Body = lastBody{res.Body, conn}
	return res, nil
}

// lastBody closes its connection, too.
type lastBody struct {
	io.ReadCloser
	conn io.Closer
}

func (b lastBody) Close() error {
	return errors.Join(b.ReadCloser.Close(), b.conn.Close())
}

// route decides how to send a request to an app that speaks protocol, and whether
// over a connection that was used before. The app may be closing that connection,
// so only a request that can be sent again goes over it (see pooledConn).
func route(protocol string, r *http.Request) (w wire, reuse bool) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		reuse = r.ContentLength == 0
	}
	switch upgrade := r.Header.Get("Upgrade") != ""; {
	case protocol == "https" && upgrade:
		return tls12, false
	case protocol == "https":
		// Under TLS it cannot be known what the app had read when it closed.
		return tlsAny, false
	case protocol == "h2c":
		return h2c, reuse
	case r.ProtoMajor == 2 && (r.TLS == nil || needsHTTP2(r.Header.Get("Content-Type"))):
		// A browser speaks HTTP/2 because of our TLS and does not care what
		// the app speaks. Without TLS it was the client's own choice.
		return h2c, reuse
	default:
		return h1, reuse
	}
}

func needsHTTP2(contentType string) bool {
	return strings.HasPrefix(contentType, "application/grpc") &&
		!strings.HasPrefix(contentType, "application/grpc-web") ||
		strings.HasPrefix(contentType, "application/connect+")
}

// joinLocked, uncountLocked and retireLocked need the gate's lock.

func (up *upstream) joinLocked(x *exchange) {
	x.up = up
	up.exchanges[x] = struct{}{}
	up.counted++
}

func (up *upstream) uncountLocked() {
	up.counted--
	up.quietenLocked()
}

func (up *upstream) retireLocked() {
	close(up.retired)
	up.quietenLocked()
}

// quietenLocked closes quiet once there is nothing more to wait for.
func (up *upstream) quietenLocked() {
	select {
	case <-up.quiet:
		return
	case <-up.retired:
		if up.counted == 0 {
			close(up.quiet)
		}
	default:
	}
}

func (up *upstream) close() {
	for _, t := range up.transports {
		t.CloseIdleConnections()
	}
}
