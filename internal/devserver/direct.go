package devserver

import (
	"fmt"
	"html"
	"net"
	"net/url"
	"time"

	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/routes"
)

// Direct says that every generation of the app is given the public socket itself,
// and where devtool then serves its own routes.
//
// Nothing stands between the app and its clients, as apps with raw TCP or their
// own TLS require. While no generation runs, the kernel queues connections. The
// app itself has to finish its requests and close its connections cleanly.
type Direct struct {
	Listeners []net.Listener // devtool's own; Run closes them
	URL       string         // where they listen: scheme, host and port
}

// The environment of an app that holds the public socket.
const (
	endpointsVar = "DEVTOOL_ENDPOINTS" // where devtool's routes and bundles are
	tagVar       = "DEVTOOL_TAG"       // the element that loads the client into a page
)

const (
	// tagPath is a script that the app's pages load. It inserts the client's tag,
	// which only devtool can write, because the tag says how current the page is.
	tagPath = routes.Prefix + "tag.js"
	// tagWait is how long that script waits for the announcement of the
	// generation that made the page: a page that waited in the kernel's queue may
	// arrive before it.
	tagWait = 2 * time.Second
)

// direct is what a server does differently in direct mode. A nil *direct does
// nothing.
type direct struct {
	Direct
	token   string
	public  []net.Listener
	origins map[string]bool // of the app's pages
	tag     func() string

	announced milestone // the generation that clients have been told of
}

func newDirect(opts Options, tag func() string) *direct {
	if opts.Direct == nil {
		return nil
	}
	return &direct{
		Direct: *opts.Direct, token: opts.Token, public: opts.Listeners,
		origins: originsOf(opts.URL), tag: tag,
	}
}

// originsOf returns the origins of an address, with and without TLS.
func originsOf(address string) map[string]bool {
	origins := map[string]bool{}
	u, err := url.Parse(address)
	if err != nil {
		return origins
	}
	hosts := []string{u.Hostname()}
	if hosts[0] == "localhost" {
		hosts = append(hosts, "127.0.0.1", "::1")
	}
	for _, host := range hosts {
		hostport := net.JoinHostPort(host, u.Port())
		origins["http://"+hostport], origins["https://"+hostport] = true, true
	}
	return origins
}

// complete adds the public socket to what a generation gets.
func (d *direct) complete(spec *process.Spec, generation int) {
	if d == nil {
		return
	}
	spec.Socket = false
	for _, ln := range d.public {
		if conn, ok := ln.(*net.TCPListener); ok {
			spec.Inherit = append(spec.Inherit, process.Inherited{Name: "http", Conn: conn})
		}
	}
	src := fmt.Sprintf("%s%s?generation=%d&token=%s", d.URL, tagPath, generation, url.QueryEscape(d.token))
	spec.Env = append(spec.Env, endpointsVar+"="+d.URL,
		tagVar+`=<script async src="`+html.EscapeString(src)+`"></script>`)
}

// check refuses an app that serves somewhere else, because connections to the
// public address would then wait forever.
func (d *direct) check(target process.Target) error {
	if d == nil || target.Via == process.ViaSocket {
		return nil
	}
	return &notTakenError{addr: target.Addr, public: d.public[0].Addr().String()}
}

type notTakenError struct{ addr, public string }

func (e *notTakenError) Error() string {
	return fmt.Sprintf("the app does not take the public socket %s; it listens on %s", e.public, e.addr)
}

// Hint returns what to do about it.
func (e *notTakenError) Hint() string {
	return `listen by listenfd.Listen("tcp", addr), or leave server.mode = "direct" out`
}

// announce notes that clients have been told of a generation.
func (d *direct) announce(generation int) {
	if d != nil {
		d.announced.reach(generation)
	}
}
