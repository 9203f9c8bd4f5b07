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
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// flushInterval is for responses of a known length; others are flushed at
	// every read. Shorter costs throughput, longer is noticed.
	flushInterval = 5 * time.Millisecond

	// An app that has crashed refuses connections a moment before anyone
	// learns of it. It has read nothing then, so the request may wait.
	refusedWait  = 2 * time.Second
	refusedRetry = 50 * time.Millisecond
)

func (p *Proxy) newReverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		Transport:      viaUpstream{},
		FlushInterval:  flushInterval,
		ErrorLog:       log.New(io.Discard, "", 0), // ErrorHandler tells what matters
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
	w.Header()["Content-Type"] = nil // net/http is not to guess one
	if x.request.ContentLength != 0 && x.request.ProtoMajor == 1 {
		// An app may answer before it has read an upload. Clients that mind
		// would mind the app too.
		http.NewResponseController(w).EnableFullDuplex()
	}
	p.reverse.ServeHTTP(w, x.request.WithContext(x.ctx))
}

func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	x := exchangeOf(pr.In)
	pr.Out.URL.Host = x.up.target.Addr
	pr.Out.URL.RawQuery = pr.In.URL.RawQuery // as the client wrote it
	pr.Out.Host = pr.In.Host
	pr.SetXForwarded()
	if host, _, _ := splitHost(pr.In.Host); p.guard.allows(host) {
		// A tunnel that the user has named knows better what the browser sees.
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
			if values := pr.In.Header.Values(name); len(values) > 0 {
				pr.Out.Header[name] = values
			}
		}
	}
	if x.document {
		askWhole(pr.Out.Header)
	}
}

// modify makes of the app's response what the client gets.
func (p *Proxy) modify(res *http.Response) error {
	x := exchangeOf(res.Request)
	x.answered(res)
	if host, _, _ := splitHost(x.request.Host); isLocal(host) {
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
	case res.StatusCode == http.StatusNotFound && p.fallsBack(x):
		p.fallBack(res)
	}
	if x.document {
		if body := p.inject(x.request, res.StatusCode, res.Header, res.Body); body != res.Body {
			res.Body, res.ContentLength = body, -1
		}
	} else if x.request.Method == http.MethodHead && acceptsHTML(x.request) && kind == "text/html" {
		res.Header.Del("Content-Length") // that of the document without the tag
		res.Header.Del("Etag")
	}
	return nil
}

// publicLocation returns where a redirect leads: one to the app's own address,
// which only an app that knows its port can write, would take the browser past
// us. Without a host it stays at the origin that the browser knows.
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

// fallsBack reports whether a 404 of the app is a route of the client's own.
func (p *Proxy) fallsBack(x *exchange) bool {
	return p.options.HTML != "" && x.document && x.request.Method == http.MethodGet
}

// fallBack replaces a 404 by the project's page, read anew each time.
func (p *Proxy) fallBack(res *http.Response) {
	f, err := os.Open(p.options.HTML)
	if err != nil {
		p.journal.report(Event{Kind: Unreachable, Request: p.options.HTML, Reason: err.Error()})
		return
	}
	res.Body.Close()
	res.Body, res.ContentLength = f, -1
	res.StatusCode, res.Status = http.StatusOK, ""
	clear(res.Header)
	clear(res.Trailer)
	res.Header.Set("Content-Type", "text/html; charset=utf-8")
	res.Header.Set("Cache-Control", "no-cache")
}

// withoutApp answers in a project that has none.
func (p *Proxy) withoutApp(w http.ResponseWriter, x *exchange) {
	if p.fallsBack(x) && p.serveDocument(w, x.request, p.options.HTML, os.Open) {
		return
	}
	http.NotFound(w, x.request)
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
