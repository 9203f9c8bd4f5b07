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

// Gate controls whether requests reach the app.
type Gate interface {
	// Shut makes new requests wait.
	Shut()

	// Open sends the waiting requests and all new ones to a target.
	Open(process.Target)

	// Drain waits, at most for the timeout, until the targets that Shut or Open
	// replaced have answered their requests. It returns the requests it cut off.
	Drain(ctx context.Context, timeout time.Duration) (took time.Duration, aborted []string)
}

// Events hears what happens to one generation. Its methods are called from the
// runner's goroutines.
type Events interface {
	Ready(Ready)
	Failed(Failed)
	Exited(Exited)

	// Remark takes a line for people. The hint says what to do about it, or is
	// "".
	Remark(text, hint string)

	// Begin is called when a step begins that may take long. The returned
	// function is called when it ends.
	Begin(step string) (end func())
}

// Ready reports that a replacement succeeded: the gate is open to the new
// generation.
type Ready struct {
	App    *process.Generation
	Target process.Target
	Stages []Stage
}

// Failed reports that a replacement failed.
type Failed struct {
	Err      error
	Canceled bool // by Abandon or Close
	Kept     bool // the previous generation still serves
	Stages   []Stage
}

// Exited reports that a ready generation ended although nobody stopped it.
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
	Stdin io.Reader // passed on to the running generation; nil: none
}

// Runner runs an app. One goroutine may call Replace, Abandon and Close; the
// other methods are safe for all.
type Runner struct {
	Options
	stdin *standardInput // nil without Options.Stdin

	app     atomic.Pointer[generation] // the one that takes requests, or did last
	abandon context.CancelFunc         // of the newest replacement
	stop    context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	// handover holds what one replacement leaves to the next. A replacement takes the
	// value out while it lasts, so there is never a second one; watchPorts takes it
	// for a moment between them.
	handover chan *handover
}

// generation is a generation that was ready, and whom to tell what happens to it.
type generation struct {
	*process.Generation
	events Events
}

// handover is what outlives a replacement.
type handover struct {
	port     *process.ReservedPort // of the generation that serves
	spare    *process.ReservedPort // for a generation that overlaps it; nil before the first
	known    process.Target        // where the last generation answered
	remarked map[string]bool       // what was said, once for all generations
	retired  <-chan struct{}       // closed when the retired generation is gone; nil at first
}

// New makes a runner and reserves a port for its app.
func New(o Options) (*Runner, error) {
	port, err := process.ReservePort()
	if err != nil {
		return nil, err
	}
	r := &Runner{Options: o, abandon: func() {}, handover: make(chan *handover, 1)}
	r.stop, r.cancel = context.WithCancel(context.Background())
	r.handover <- &handover{port: port, remarked: map[string]bool{}}
	if o.Stdin != nil {
		r.stdin = newStandardInput()
		go r.stdin.follow(o.Stdin)
	}
	return r, nil
}

// Replace begins a replacement. It tells events how the replacement ends, and
// later how the new generation does.
func (r *Runner) Replace(spec Spec, events Events) {
	ctx, cancel := context.WithCancel(r.stop)
	r.abandon = cancel
	r.work.Go(func() {
		defer cancel()
		r.replace(ctx, spec, events)
	})
}

// Abandon makes the replacement under way fail.
func (r *Runner) Abandon() { r.abandon() }

// Alive reports whether a generation that was ready still runs.
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

// Close abandons the replacement under way, stops the app gracefully, and returns
// when everything has ended. Until then it may still call Events. Replace must
// not be called afterwards.
func (r *Runner) Close() {
	r.cancel()
	k, open := <-r.handover
	if !open {
		return // closed already
	}
	defer close(r.handover)
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
