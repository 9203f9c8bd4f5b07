package devserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/generate"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
	"github.com/calendsync/devtool/internal/runner"
	"github.com/calendsync/devtool/internal/watch"
)

// Options of [Run].
type Options struct {
	Config    *config.Config
	Listeners []net.Listener // the public address; Run closes them
	TLS       *tls.Config    // how it is served; nil: without TLS
	URL       string         // the public address, for people and for the app
	Others    []string       // further addresses that lead to it, for people
	Port      uint16         // the port devtool answers at: the public one, but for Direct
	Direct    *Direct        // the app gets the public listeners; nil: we serve them
	Self      string         // devtool's own executable
	Cache     string         // directory for what the project should find again; made when needed
	Token     string         // what the injected client shows us; the same for every run of a project
	Env       []string       // the environment, as os.Environ gives it
	Screen    *os.File       // the terminal whose size that of app.pty has; nil: none
	Stdin     io.Reader      // passed on to the app if app.stdin is set; read until the process ends
	Stdout    io.Writer      // the app's output
	Stderr    io.Writer
	Color     bool
	Once      bool // end after the first build
	Seed      bool // run app.seed once the app is ready
	NoRefresh bool // offer a reload in the page, never do it
	// Settings reads the settings anew, after an edit of their files; nil: they are not read.
	Settings func() (*config.Config, error)
	Asks     <-chan policy.Ask    // what the person at the terminal wants; nil: nothing
	Control  net.Listener         // where scripts ask and look on, private; Run closes it; nil: nowhere
	Tell     func(policy.Message) // called from several goroutines; must not block
}

// ErrOnce says that under Options.Once the build or the app failed.
var ErrOnce = errors.New("the first build did not lead to a running app")

// server is the development server while it runs.
type server struct {
	narrator
	opts    Options
	cfg     *config.Config // the loop's: what runs beside it is given what it needs
	sources                // without goDir, which settings may change
	started time.Time
	temp    string // binaries and the manifest; removed at the end

	guardian   *process.Guardian
	app        *runner.Runner
	envNotes   *envNotes
	watcher    *watch.Watcher
	golang     *gobuild.Builder
	web        *bundle.Bundler // nil without entry points
	bundles    *bundleDir      // where bundles are written to, or nil
	generators *generate.Set   // nil without any
	proxy      *proxy.Proxy
	hub        *reload.Hub
	direct     *direct // nil when we serve the public address

	mail chan mail
	work sync.WaitGroup // every goroutine that sends it
	stop context.Context

	// published are the served outputs, for those who map errors of pages.
	published atomic.Pointer[bundle.Outputs]

	// editor is overlay.editor, for those who open places in it.
	editor atomic.Pointer[string]

	// webFiles are the inputs of the bundles, for the watcher.
	webFiles atomic.Pointer[map[string]bool]

	// The goroutine of loop alone touches these.
	state  policy.State
	inputs inputs
	graph  *gobuild.Graph

	graphLoading, graphStale       bool // a load is under way; another is due after it
	settingsReading, settingsStale bool // the same of settings

	webInputs  []string
	ignored    map[string]bool       // extensions and files that were spoken of
	unheeded   map[string]fileChange // ignored since the graph was last loaded
	meanwhile  []fileChange          // changed while generators run, for what comes after them
	cancelLane [policy.Lanes]context.CancelFunc
	outputs    bundle.Outputs // of the last good web run
	served     bundle.Outputs // what the proxy serves
	entries    []bundle.Entry
	phaseSince time.Time       // when the phase last changed
	last       *policy.Outcome // of the newest batch
	seeding    seeding
	joined     string      // why packages are in one bundle with the program, for good, or ""
	together   string      // why they are, as it was last told
	trim       *time.Timer // until memory is given back; nil before the first outcome

	painted atomic.Int64 // the newest build that a tab has painted
	status  atomic.Pointer[Status]
	news    news // of the status
}

// Run serves the project until ctx is done, then stops everything it started
// and returns nil. Other errors are of the project or the machine, found
// before anything was served; see [config.Error] and the errors of package
// build. What goes wrong later is shown, not returned.
func Run(ctx context.Context, opts Options) error {
	s := &server{
		narrator: narrator{opts.Tell}, envNotes: new(envNotes), opts: opts, cfg: opts.Config, sources: sources{root: opts.Config.Root}, started: time.Now(), phaseSince: time.Now(), ignored: map[string]bool{}, unheeded: map[string]fileChange{},
		mail: make(chan mail),
	}
	defer closeListeners(opts.Listeners)
	if opts.Direct != nil {
		defer closeListeners(opts.Direct.Listeners)
	}
	if opts.Control != nil {
		defer opts.Control.Close()
	}
	if err := s.open(ctx); err != nil {
		return errors.Join(err, s.release())
	}
	err := s.serve(ctx)
	return errors.Join(err, s.release())
}

func closeListeners(listeners []net.Listener) {
	for _, ln := range listeners {
		_ = ln.Close() // closed by its server already, or never served
	}
}

// serve runs the parts that need a goroutine until ctx is done.
func (s *server) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.stop = ctx

	httpServer, listeners := s.proxy.Server(), s.opts.Listeners
	if s.direct != nil {
		httpServer.Handler, listeners = s.direct.beside(s.proxy), s.direct.Listeners
	}
	httpServer.TLSConfig = s.opts.TLS
	for _, ln := range listeners {
		s.work.Go(func() { _ = s.serveOn(httpServer, ln) }) // ends with ErrServerClosed below
	}
	s.work.Go(func() { _ = s.watcher.Run(ctx) }) // ends with ctx's error
	s.work.Go(func() { s.guardian.FollowSuspend(ctx) })
	closeControl := s.serveControl()

	err := s.loop(ctx)
	cancel()
	closeControl()
	s.app.Close() // first, so that what it is answering still arrives
	bounded, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	_ = s.hub.Close(bounded)
	if httpServer.Shutdown(bounded) != nil {
		_ = httpServer.Close()
	}
	s.work.Wait()
	return err
}

// serveOn serves one listener until the server is closed.
func (s *server) serveOn(httpServer *http.Server, ln net.Listener) error {
	if s.opts.TLS == nil {
		return httpServer.Serve(ln)
	}
	return httpServer.ServeTLS(ln, "", "")
}

// loop owns the state. It alone calls decide, and performs what comes back.
func (s *server) loop(ctx context.Context) error {
	s.happen(policy.Changed{At: s.started, Generate: s.generators != nil, Go: true, Web: s.webInputs})
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-s.mail:
			m.open(s)
		case what := <-s.opts.Asks:
			s.asked(what)
		case batch := <-s.watcher.Batches():
			s.filesChanged(batch)
		}
		if s.opts.Once && s.state.Idle() && s.seeding != beingSeeded {
			return s.verdict()
		}
	}
}

// verdict is what Options.Once is about: that the project builds and its app
// runs, or did its work, and was seeded.
func (s *server) verdict() error {
	if !s.state.Works() || s.seeding == seedFailed {
		return ErrOnce
	}
	return nil
}

// happen decides about one event and performs the actions, in order.
func (s *server) happen(ev policy.Event) {
	var actions []policy.Action
	s.state, actions = policy.Decide(s.state, ev)
	for _, a := range actions {
		a.Do(s)
	}
	s.publishStatus()
}

// release gives back what open took. It may be called after a failed open.
func (s *server) release() error {
	var errs []error
	if s.web != nil {
		s.web.Close()
	}
	if s.proxy != nil {
		s.proxy.Close()
	}
	if s.guardian != nil {
		errs = append(errs, s.guardian.Close())
	}
	if s.temp != "" {
		errs = append(errs, os.RemoveAll(s.temp))
	}
	return errors.Join(errs...)
}
