package proxy

import (
	"cmp"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// Options configure a [Proxy]. Zero durations and counts mean the defaults.
type Options struct {
	// AllowedHosts are the names that the proxy answers to, besides localhost and
	// IP addresses. ".example.com" also allows every name below it.
	AllowedHosts []string

	// Reserved serves everything below /__devtool/. The proxy has checked host
	// and origin, and leaves the path as it is.
	Reserved http.Handler

	// Tag returns the script element for a document: well-formed XML that
	// begins with "<script". The proxy calls it for every document. If it is
	// nil, nothing is injected.
	Tag func() string

	Mounts    map[string]string // URL prefix to a directory served from disk
	PublicDir string            // its files are served at the root
	Project   string            // where links out of those directories may lead; "": nowhere
	HTML      string            // the file that answers documents which the app answers with 404

	// FromApp reports whether a client address belongs to the app itself,
	// whose requests pass a gate that has just been shut.
	FromApp func(client netip.AddrPort) bool

	// Classic is told the path of a script that is no module to the page that
	// loads it: a script element without type="module", or a worker. It may be an
	// asset or the app's own. Classic may be nil.
	Classic func(url string)

	// Log receives events, from any goroutine. It may be nil.
	Log func(Event)

	DocumentWait time.Duration // how long a document waits before the status page is shown: 2 s
	HoldLimit    time.Duration // how long anything else waits: 30 s
	MaxWaiting   int           // how many requests may wait at the gate: 1024
}

// Proxy is the handler behind the public address. Its embedded [Gate] is the
// app's.
type Proxy struct {
	*Gate
	options Options
	guard   guard
	journal journal
	assets  atomic.Pointer[assetSet] // nil before the first
	mounts  []mount

	documents atomic.Pointer[Documents] // nil before the first
	reverse   *httputil.ReverseProxy
	pages     *template.Template
	page      atomic.Pointer[Page] // what documents are shown while there is no app; never nil

	embedders embedders
}

// New returns a proxy whose gate is shut.
func New(o Options) *Proxy {
	l := limits{
		documentWait: cmp.Or(o.DocumentWait, 2*time.Second),
		hold:         cmp.Or(o.HoldLimit, 30*time.Second),
		waiting:      cmp.Or(o.MaxWaiting, 1024),
	}
	p := &Proxy{
		Gate:    newGate(l, o.FromApp),
		options: o,
		guard:   newGuard(o.AllowedHosts),
		journal: newJournal(o.Log),
		mounts:  newMounts(o.Mounts, o.PublicDir),
		pages:   newPages(),
	}
	p.reverse = p.newReverseProxy()
	p.SetPage(Page{Phase: "starting", Since: time.Now()})
	return p
}

// headerTimeout bounds how long a client may take to send a request's headers.
const headerTimeout = 10 * time.Second

// Server returns an http.Server for the proxy, to be served and shut down by
// the caller. The proxy works on no other server, because it has to find the
// connection of a request.
func (p *Proxy) Server() *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           p,
		ConnContext:       withConn,
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout,
		// Otherwise net/http would answer "OPTIONS *" before the guard sees it.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(io.Discard, "", 0), // a client that misbehaves is not worth a line
	}
}

// Close drops the idle connections to the app. Call it when the server has
// stopped.
func (p *Proxy) Close() {
	p.Gate.close()
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	stayHTTP1(r.Header)
	if refused := p.guard.check(r); refused != nil {
		p.refuse(w, r, refused)
		return
	}
	switch locate(r.URL.Path) {
	case ours:
		if refused := p.guard.checkReserved(r); refused != nil {
			p.refuse(w, r, refused)
		} else if p.options.Reserved == nil {
			http.NotFound(w, r)
		} else if p.ownAnswer(w, r) {
			p.options.Reserved.ServeHTTP(w, r)
		}
		return
	case disguised:
		http.NotFound(w, r)
		return
	}
	if p.serveAsset(w, r) || p.serveFile(w, r) {
		return
	}
	p.forward(w, r, p.Gate)
}

// below returns what follows prefix in path, if path is prefix or below it.
// "/a" has "/a/b" below it, but not "/ab".
func below(prefix, path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, strings.TrimSuffix(prefix, "/"))
	return strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	p.journal.report(Event{Kind: Refused, Request: nameOf(r), Reason: why.reason})
	w.Header().Set("Connection", "close")
	http.Error(w, why.reason, why.status) // text/plain, nosniff
}
