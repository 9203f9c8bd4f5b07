package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// replacement is a replacement under way.
type replacement struct {
	*Runner
	*handover
	events  Events
	spec    Spec
	process process.Spec
	socket  <-chan bool // whether the app is given a socket
	stages  []Stage
}

func (r *Runner) replace(ctx context.Context, spec Spec, events Events) {
	k := <-r.handover
	defer func() { r.handover <- k }()
	socket := make(chan bool, 1)
	next := &replacement{Runner: r, handover: k, events: events, spec: spec, process: spec.Prepare(), socket: socket}
	r.work.Go(func() { socket <- spec.takesSocket() }) // while the old app stops
	if spec.Overlap && r.app.Load() != nil {
		next.overlap(ctx)
		return
	}
	next.inTurn(ctx)
}

// inTurn stops the old generation before it boots the new one.
func (r *replacement) inTurn(ctx context.Context) {
	r.Gate.Shut()
	if err := r.awaitRetired(ctx); err != nil {
		r.failed(ctx, err, false)
		return
	}
	if old := r.app.Load(); old != nil {
		r.reconsider(old)
		r.did(r.drain(ctx, r.events, r.spec.Drain))
		if ctx.Err() != nil {
			r.failed(ctx, ctx.Err(), false)
			return
		}
		r.did(r.stopApp(ctx, old))
		r.app.Store(nil)
	}
	app, target, err := r.boot(ctx, &r.port)
	if err != nil {
		r.failed(ctx, err, false)
		return
	}
	r.ready(app, target)
}

func (r *replacement) did(s Stage) { r.stages = append(r.stages, s) }

func (r *replacement) failed(ctx context.Context, err error, kept bool) {
	r.events.Failed(Failed{Err: err, Canceled: ctx.Err() != nil, Kept: kept, Stages: r.stages})
}

// ready opens the gate to a generation, which ends the replacement.
func (r *replacement) ready(app *process.Generation, target process.Target) {
	r.serveFrom(app, target)
	r.events.Ready(Ready{App: app, Target: target, Stages: r.stages})
}

func (r *replacement) serveFrom(app *process.Generation, target process.Target) {
	next, runner := &generation{app, r.events}, r.Runner
	r.app.Store(next)
	r.known = target
	r.tellOwnPorts(r.events)
	r.Gate.Open(target)
	r.work.Go(func() { runner.watchExit(next) })
	if target.Via == process.ViaOwn {
		r.work.Go(func() { runner.watchPorts(next) })
	}
}

// boot starts a generation and waits until it is ready. After an error it leaves
// no process behind. A server that does not set SO_REUSEADDR cannot bind to a
// port that we reserve or where connections of the previous generation linger, so
// it is started once more with a fresh port.
func (r *replacement) boot(ctx context.Context, port **process.ReservedPort) (*process.Generation, process.Target, error) {
	defer r.events.Begin("boot")()
	begun := time.Now()
	r.process.Socket = <-r.socket && !r.spec.Fixed
	app, target, err := r.bootOnce(ctx, *port)
	if !r.spec.Fixed && addressInUse(err) && ctx.Err() == nil {
		var other *process.ReservedPort
		if other, err = process.ReservePort(); err == nil {
			r.events.Remark(fmt.Sprintf("the app could not bind to port %d; started again with %d", (*port).Port(), other.Port()), "")
			other.Release()
			(*port).Release()
			*port = other
			app, target, err = r.bootOnce(ctx, other)
		}
	}
	r.did(Stage{Name: "boot", Took: time.Since(begun)})
	return app, target, err
}

func (r *replacement) bootOnce(ctx context.Context, port *process.ReservedPort) (*process.Generation, process.Target, error) {
	spec := r.process
	spec.Port, spec.Known = port, r.known
	if r.stdin != nil {
		var err error
		if spec.Stdin, err = r.stdin.connect(); err != nil {
			return nil, process.Target{}, err
		}
		defer spec.Stdin.Close()
	}
	app, err := process.Start(context.Background(), spec) // it outlives this replacement
	if err != nil {
		return nil, process.Target{}, err
	}
	r.tellDegraded(app.Degraded())
	target, err := app.Ready(ctx)
	if err == nil && r.spec.Accept != nil {
		err = r.spec.Accept(target)
	}
	if err != nil {
		app.Stop(ctx)
		return nil, process.Target{}, err
	}
	return app, target, nil
}

func addressInUse(err error) bool {
	var exit *process.ExitError
	return errors.As(err, &exit) && exit.AddressInUse()
}

// drain lets requests in flight finish, and names those that did not.
func (r *Runner) drain(ctx context.Context, events Events, timeout time.Duration) Stage {
	defer events.Begin("drain")()
	took, aborted := r.Gate.Drain(ctx, timeout)
	stage := Stage{Name: "drain", Took: took}
	if n := len(aborted); n > 0 {
		stage.Note = "cut off " + aborted[0]
		if n > 1 {
			stage.Note += fmt.Sprintf(" and %d more", n-1)
		}
	}
	return stage
}

func (r *Runner) stopApp(ctx context.Context, app *generation) Stage {
	defer app.events.Begin("stop")()
	begun := time.Now()
	stage := Stage{Name: "stop"}
	if app.Stop(ctx) {
		stage.Note = "killed: it did not obey SIGTERM"
	}
	stage.Took = time.Since(begun)
	return stage
}

// watchExit reports when a generation ends although nobody stopped it.
func (r *Runner) watchExit(app *generation) {
	select {
	case <-app.Done():
	case <-r.stop.Done():
		return
	}
	if exit := app.Exit(); !exit.Stopped {
		app.events.Exited(Exited{Exit: exit})
	}
}
