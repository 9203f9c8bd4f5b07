package runner

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// Gate is the way of requests to the app.
type Gate interface {
	// Shut lets new requests wait.
	Shut()

	// Open sends the waiting requests and all new ones to a target.
	Open(process.Target)

	// Drain waits until the targets that Shut or Open replaced have answered
	// their requests, at most for the timeout. It returns those it cut off.
	Drain(ctx context.Context, timeout time.Duration) (took time.Duration, aborted []string)
}

// Events is told what becomes of one generation. Its methods are called from the
// runner's goroutines.
type Events interface {
	Ready(Ready)
	Failed(Failed)
	Exited(Exited)

	// Remark is worth a line to people, with what to do about it, or "".
	Remark(text, hint string)

	// Begin is called when a step begins that may take long, the returned
	// function when it ends.
	Begin(step string) (end func())
}

// Ready is the end of a replacement: the gate is open to the new generation.
type Ready struct {
	App    *process.Generation
	Target process.Target
	Stages []Stage
}

// Failed is the end of a replacement that came to nothing.
type Failed struct {
	Err      error
	Canceled bool // by Abandon or Close
	Kept     bool // the generation before was not touched and serves
	Stages   []Stage
}

// Exited is the end of a ready generation that nobody stopped.
type Exited struct {
	Exit *process.ExitError
}

// Stage is a step of a replacement.
type Stage struct {
	Name string // "drain", "stop" or "boot"
	Took time.Duration
	Note string // what was unusual
}

// Options of [New].
type Options struct {
	Gate  Gate
	Stdin io.Reader // passed on to the generation that runs; nil: nothing is
}

// Runner runs an app. Replace, Abandon and Close are for one goroutine, the
// other methods for any.
type Runner struct {
	Options
	stdin *standardInput // nil without Options.Stdin

	app     atomic.Pointer[generation] // that takes requests, or did last
	abandon context.CancelFunc         // of the newest replacement
	stop    context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	// kept holds what one replacement leaves to the next. A replacement takes it
	// out for as long as it lasts: there is no second one.
	kept chan *kept
}

// generation is one that was ready, and who is told what becomes of it.
type generation struct {
	*process.Generation
	events Events
}

// kept is what outlives a replacement.
type kept struct {
	port     *process.ReservedPort // of the generation that serves
	spare    *process.ReservedPort // for one that overlaps it; nil until there was one
	known    process.Target        // where the last generation answered
	remarked map[string]bool       // what was told once for all generations
	retired  <-chan struct{}       // closed when the one before is gone; nil at first
}

// New makes a runner and reserves a port for its app.
func New(o Options) (*Runner, error) {
	port, err := process.ReservePort()
	if err != nil {
		return nil, err
	}
	r := &Runner{Options: o, abandon: func() {}, kept: make(chan *kept, 1)}
	r.stop, r.cancel = context.WithCancel(context.Background())
	r.kept <- &kept{port: port, remarked: map[string]bool{}}
	if o.Stdin != nil {
		r.stdin = newStandardInput()
		go r.stdin.follow(o.Stdin)
	}
	return r, nil
}

// Replace begins a replacement. Its end, and that of the generation it brings,
// are told to events.
func (r *Runner) Replace(spec Spec, events Events) {
	ctx, cancel := context.WithCancel(r.stop)
	r.abandon = cancel
	r.work.Go(func() {
		defer cancel()
		r.replace(ctx, spec, events)
	})
}

// Abandon ends the replacement under way, which then fails.
func (r *Runner) Abandon() { r.abandon() }

// Alive reports whether a generation runs that was ready.
func (r *Runner) Alive() bool {
	app := r.app.Load()
	return app != nil && app.Exit() == nil
}

// Current returns the generation that takes requests, or did last; nil if there
// was none.
func (r *Runner) Current() *process.Generation {
	if app := r.app.Load(); app != nil {
		return app.Generation
	}
	return nil
}

// Owns reports whether the app opened the connection from client to server, both
// on this machine.
func (r *Runner) Owns(client, server netip.AddrPort) bool {
	app := r.app.Load()
	return app != nil && app.Owns(client, server)
}

// Close abandons the replacement under way, stops the app as politely as ever,
// and returns when everything has ended. Events may be called until then. Nothing
// can be replaced afterwards.
func (r *Runner) Close() {
	r.cancel()
	k, open := <-r.kept
	if !open {
		return // closed already
	}
	defer close(r.kept)
	if app := r.app.Load(); app != nil {
		r.stopApp(context.Background(), app)
	}
	r.work.Wait()
	for _, port := range []*process.ReservedPort{k.port, k.spare} {
		if port != nil {
			port.Release()
		}
	}
}
