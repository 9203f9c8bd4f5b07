package devserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/generate"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
	"github.com/calendsync/devtool/internal/runner"
	"github.com/calendsync/devtool/internal/templ"
	"github.com/calendsync/devtool/internal/watch"
)

// Options of [Run].
type Options struct {
	Config    *config.Config
	Listeners []net.Listener // the public address; Run closes them
	TLS       *tls.Config    // how to serve it; nil: without TLS
	URL       string         // the public address, for people and for the app
	Others    []string       // more addresses that lead to it, for people
	Port      uint16         // the port devtool answers at: the public one, except with Direct
	Direct    *Direct        // the app gets the public listeners; nil: we serve them
	Self      string         // devtool's own executable
	Cache     string         // directory for what the next run should find; made when needed
	Token     string         // what the injected client identifies itself with; the same for every run of a project
	Env       []string       // the environment, as os.Environ gives it
	Screen    *os.File       // the terminal whose size app.pty takes; nil: none
	Stdin     io.Reader      // passed on to the app if app.stdin is set; read until the process ends
	Stdout    io.Writer      // the app's output
	Stderr    io.Writer
	Color     bool
	Once      bool // end after the first build
	Seed      bool // run app.seed once the app is ready
	NoRefresh bool // offer a reload in the page, never reload it
	// Settings reads the settings again after an edit of their files; nil: edits
	// are ignored.
	Settings func() (*config.Config, error)
	Asks     <-chan policy.Ask    // what the person at the terminal asks for; nil: nothing
	Control  net.Listener         // private socket for scripts that ask or watch; Run closes it; nil: none
	Tell     func(policy.Message) // called from several goroutines; must not block
}

// ErrOnce says that the build, the app or app.seed failed, with Options.Once.
var ErrOnce = errors.New("the first build failed, or the app did not start")

// server is what the loop shares with every other goroutine. After open nothing
// in it changes, except fields whose types are safe for concurrent use.
type server struct {
	*project
	opts    Options
	started time.Time
	*mailbox

	app        *runner.Runner
	watcher    *watch.Watcher
	generators *generate.Set // nil without any
	texts      *templ.Texts
	proxy      *proxy.Proxy
	hub        *reload.Hub
	direct     *direct // nil when we serve the public address
	views      views
}

// views are what the loop publishes for other goroutines.
type views struct {
	published atomic.Pointer[bundle.Outputs]  // what is served, to map errors of pages
	editor    atomic.Pointer[string]          // overlay.editor, to open places in it
	webFiles  atomic.Pointer[map[string]bool] // inputs of the bundles
	status    atomic.Pointer[Status]
	news      news      // of the status
	painted   milestone // the newest build that a tab has painted
}

// Run serves the project until ctx is done, then stops everything it started and
// returns nil. It returns an error if the project or the machine prevents it from
// serving at all; see [config.Error] and the errors of package gobuild. What goes
// wrong later is shown, not returned.
func Run(ctx context.Context, opts Options) error {
	l := newLoop(opts)
	defer closeListeners(opts.Listeners)
	if opts.Direct != nil {
		defer closeListeners(opts.Direct.Listeners)
	}
	if opts.Control != nil {
		defer opts.Control.Close()
	}
	err := l.open(ctx)
	if err == nil {
		err = l.serve(ctx)
	}
	return errors.Join(err, l.release())
}

func closeListeners(listeners []net.Listener) {
	for _, ln := range listeners {
		_ = ln.Close() // closed by its server already, or never served
	}
}

// serve runs the parts that need goroutines, until ctx is done.
func (l *loop) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.stop = ctx

	httpServer, listeners := l.proxy.Server(), l.opts.Listeners
	if l.direct != nil {
		httpServer.Handler, listeners = l.direct.beside(l.proxy), l.direct.Listeners
	}
	httpServer.TLSConfig = l.opts.TLS
	for _, ln := range listeners {
		l.work.Go(func() { _ = l.serveOn(httpServer, ln) }) // ends with ErrServerClosed below
	}
	l.work.Go(func() { _ = l.watcher.Run(ctx) }) // ends with ctx's error
	l.work.Go(func() { l.guardian.FollowSuspend(ctx) })
	if set := l.generators; set != nil {
		l.work.Go(func() { l.keepGenerators(ctx, set) })
	}
	closeControl := l.serveControl()

	err := l.run(ctx)
	cancel()
	closeControl()
	l.app.Close() // first, so that what it is answering still arrives
	bounded, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	_ = l.hub.Close(bounded)
	if httpServer.Shutdown(bounded) != nil {
		_ = httpServer.Close()
	}
	l.work.Wait()
	return err
}

// serveOn serves one listener until the server is closed.
func (s *server) serveOn(httpServer *http.Server, ln net.Listener) error {
	if s.opts.TLS == nil {
		return httpServer.Serve(ln)
	}
	return httpServer.ServeTLS(ln, "", "")
}
