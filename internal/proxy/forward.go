package proxy

import (
	"errors"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// flushInterval is for responses of a known length; others are flushed at
	// every read. Shorter costs throughput, longer is noticed.
	flushInterval = 5 * time.Millisecond

	// An app that has crashed refuses connections before devtool learns of the
	// crash. It has read nothing of the request, so the request may wait.
	refusedWait  = 2 * time.Second
	refusedRetry = 50 * time.Millisecond
)

func (p *Proxy) newReverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		Transport:      viaUpstream{},
		FlushInterval:  flushInterval,
		ErrorLog:       log.New(io.Discard, "", 0), // ErrorHandler reports what matters
		BufferPool:     &bufferPool{},
		ModifyResponse: p.modify,
		ErrorHandler:   p.failed,
	}
}

// viaUpstream sends each request through the upstream that its gate chose.
type viaUpstream struct{}

func (viaUpstream) RoundTrip(r *http.Request) (*http.Response, error) {
	return exchangeOf(r).up.RoundTrip(r)
}

// forward gets r through g to an app, waiting as long as the gate says.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, g *Gate) {
	start := time.Now()
	for {
		x := newExchange(g, r)
		err := g.enter(x)
		if err != nil {
			x.cancel()
			p.turnAway(w, x, err)
			return
		}
		p.exchange(w, x)
		switch {
		case !x.refused:
			return
		case time.Since(start) > refusedWait:
			p.unreachable(w, x, "it refuses connections on "+x.up.target.Addr)
			return
		}
		select {
		case <-x.up.retired:
		case <-time.After(refusedRetry):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// exchange lets the app answer x. A panic is ReverseProxy's way to end a
// response that the app has not ended.
func (p *Proxy) exchange(w http.ResponseWriter, x *exchange) {
	defer func() {
		x.leave()
		x.cancel()
		if v := recover(); v != nil {
			if x.request.ProtoMajor == 1 {
				reset(x.request.Context())
			}
			panic(v)
		}
	}()
	if x.up.target.Addr == "" {
		p.withoutApp(w, x)
		return
	}
	w.Header()["Content-Type"] = nil // keeps net/http from guessing one
	if x.request.ContentLength != 0 && x.request.ProtoMajor == 1 {
		// An app may answer before it has read an upload, with or without us.
		http.NewResponseController(w).EnableFullDuplex()
	}
	p.reverse.ServeHTTP(w, x.request.WithContext(x.ctx))
}

// stayHTTP1 takes from a request of HTTP/1 what asks for another protocol below
// it: a tunnel of HTTP/2 or TLS to the app would pass the guard unseen. The
// request is then one of HTTP/1 (RFC 9110, 7.8).
func stayHTTP1(h http.Header) {
	values := h.Values("Upgrade")
	if len(values) == 0 {
		return
	}
	var kept []string
	for protocol := range strings.SplitSeq(strings.Join(values, ","), ",") {
		protocol = strings.TrimSpace(protocol)
		switch name, _, _ := strings.Cut(strings.ToLower(protocol), "/"); name {
		case "", "h2c", "h2", "http", "tls":
		default:
			kept = append(kept, protocol)
		}
	}
	h.Del("HTTP2-Settings")
	if h.Del("Upgrade"); kept != nil {
		h.Set("Upgrade", strings.Join(kept, ", "))
	}
}

func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	x := exchangeOf(pr.In)
	pr.Out.URL.Host = x.up.target.Addr
	pr.Out.URL.RawQuery = pr.In.URL.RawQuery // as the client wrote it
	pr.Out.Host = pr.In.Host
	for name := range pr.Out.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" {
			delete(pr.Out.Header, name) // the client's word
		}
	}
	pr.SetXForwarded()
	if p.guard.allows(x.host) {
		// A tunnel that the user has allowed knows what the browser sees.
		for name, values := range pr.In.Header {
			if strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" {
				pr.Out.Header[name] = values
			}
		}
	}
	if x.document {
		askWhole(pr.Out.Header)
	}
}

// modify turns the app's response into the one that the client gets.
func (p *Proxy) modify(res *http.Response) error {
	x := exchangeOf(res.Request)
	x.answered(res)
	frame(res)
	if isLocal(x.host) {
		res.Header.Del("Strict-Transport-Security") // would count for every port of this machine
	}
	if to := res.Header.Get("Location"); to != "" {
		res.Header.Set("Location", publicLocation(to, x.up.target.Addr))
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusSwitchingProtocols:
		return p.upgrade(x, res)
	case kind == "text/event-stream":
		x.becomeStream(x.cancel)
		res.Body = eventStream{res.Body, x}
		return nil
	case res.StatusCode == http.StatusNotFound:
		if page := p.fallback(x); page != nil {
			fallBack(res, page)
		}
	}
	keepFresh(x, res, kind)
	if x.document {
		p.embedders.learn(x.request.URL.Path, res.Header.Get(embedderPolicy))
		if body := p.inject(x.request, res.StatusCode, res.Header, res.Body); body != res.Body {
			res.Body, res.ContentLength = body, -1
		}
	} else if x.request.Method == http.MethodHead && acceptsHTML(x.request) && kind == "text/html" {
		res.Header.Del("Content-Length") // that of the document without the tag
		res.Header.Del("Etag")
	}
	return nil
}

// publicLocation returns the target of a redirect for the browser. An app that
// knows its port may redirect to its own address, which would lead the browser
// past us. Without a host the target stays at the origin that the browser knows.
func publicLocation(to, app string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" {
		return to
	}
	host, port, ok := splitHost(u.Host)
	_, own, err := net.SplitHostPort(app)
	if !ok || err != nil || port != own || !isLocal(host) && !isLoopback(host) || strings.HasPrefix(u.Path, "//") {
		return to
	}
	u.Scheme, u.Host, u.User = "", "", nil
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

func (p *Proxy) upgrade(x *exchange, res *http.Response) error {
	app, ok := res.Body.(io.ReadWriteCloser)
	if !ok {
		return errors.New("switched protocols on a connection that cannot")
	}
	if strings.EqualFold(res.Header.Get("Upgrade"), "websocket") {
		res.Body = newTunnel(x, app)
		return nil
	}
	x.becomeStream(func() { app.Close() })
	return nil
}

// keepFresh keeps browsers from using an answer of the app again after a save
// without asking.
func keepFresh(x *exchange, res *http.Response, kind string) {
	if x.request.Method != http.MethodGet && x.request.Method != http.MethodHead {
		return
	}
	h, dest := res.Header, x.request.Header.Get("Sec-Fetch-Dest")
	switch {
	case partOfPage(dest, kind):
		revalidate(h)
		if h.Get("ETag") == "" && modifiedJustNow(h) {
			h.Del("Last-Modified")
		}
	case dest != "" && (h.Get("Cache-Control") != "" || h.Get("Expires") != ""):
		h.Add("Vary", "Sec-Fetch-Dest") // no part of a page may be taken from this copy
	}
}

// modifiedJustNow reports whether another save may leave an answer's Last-Modified
// as it is, which counts seconds. A browser that asked by it would be told that
// nothing has changed; see section 8.8.2.2 of RFC 9110.
func modifiedJustNow(h http.Header) bool {
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return false
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = time.Now()
	}
	return date.Sub(modified) < 2*time.Second
}

// frame leaves an answer that came in HTTP/2 with one well-formed length, or
// none. There the header frames nothing and may say anything; in HTTP/1 it is
// where clients look for the next answer.
func frame(res *http.Response) {
	if res.ProtoMajor != 2 {
		return
	}
	if lengths := res.Header["Content-Length"]; len(lengths) == 1 && res.ContentLength >= 0 {
		res.Header.Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
	} else {
		res.Header.Del("Content-Length")
	}
}

// failed handles a request that the app has not answered.
func (p *Proxy) failed(w http.ResponseWriter, out *http.Request, err error) {
	x := exchangeOf(out)
	var dial *net.OpError
	switch {
	case x.request.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case x.ended.Load() && x.document && x.request.Method == http.MethodGet:
		p.turnAway(w, x, errLate) // the status page asks again
	case x.ended.Load():
		panic(http.ErrAbortHandler)
	case errors.As(err, &dial) && dial.Op == "dial":
		x.refused = true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		p.unreachable(w, x, errTaken.Error())
	default:
		p.unreachable(w, x, err.Error())
	}
}

// bufferPool lends out copy buffers.
type bufferPool struct{ pool sync.Pool }

func (b *bufferPool) Get() []byte {
	if buf, ok := b.pool.Get().(*[copySize]byte); ok {
		return buf[:]
	}
	return make([]byte, copySize)
}

func (b *bufferPool) Put(buf []byte) { b.pool.Put((*[copySize]byte)(buf)) }
