package runner

import (
	"context"
	"sync"

	"github.com/calendsync/devtool/internal/process"
)

// overlap boots the new generation before it stops the old one. It is for apps
// that boot slowly and can run twice at once. No request waits at the gate, and a
// new generation that fails changes nothing.
func (r *replacement) overlap(ctx context.Context) {
	if err := r.awaitRetired(ctx); err != nil {
		r.failed(ctx, err, r.Alive())
		return
	}
	if r.spare == nil {
		var err error
		if r.spare, err = process.ReservePort(); err != nil {
			r.failed(ctx, err, r.Alive())
			return
		}
	}
	old := r.app.Load()
	unguard := r.shutWhenGone(old)
	app, target, err := r.boot(ctx, &r.spare)
	unguard()
	if err != nil {
		r.failed(ctx, err, r.Alive())
		return
	}
	r.port, r.spare = r.spare, r.port
	r.serveFrom(app, target)
	r.retire(old)
	r.events.Ready(Ready{App: app, Target: target, Stages: r.stages})
}

// shutWhenGone shuts the gate if the app ends by itself before the returned
// function is called, because nothing would take requests then.
func (r *Runner) shutWhenGone(app *generation) (unguard func()) {
	done := make(chan struct{})
	var guard sync.WaitGroup
	guard.Go(func() {
		select {
		case <-app.Done():
			r.Gate.Shut()
		case <-done:
		}
	})
	return func() {
		close(done)
		guard.Wait()
	}
}

// retire drains and stops the old generation while its successor already serves.
func (r *replacement) retire(old *generation) {
	retired := make(chan struct{})
	r.retired = retired
	runner, timeout, events := r.Runner, r.spec.Drain, r.events
	r.work.Go(func() {
		defer close(retired)
		// A closed runner still stops the old generation gracefully.
		for _, stage := range []Stage{runner.drain(runner.stop, events, timeout), runner.stopApp(context.Background(), old)} {
			if stage.Note != "" {
				events.Remark("the app before: "+stage.Name+": "+stage.Note, "")
			}
		}
	})
}

// awaitRetired waits until the generation retired by the last replacement is
// gone.
func (r *replacement) awaitRetired(ctx context.Context) error {
	if r.retired == nil {
		return nil
	}
	select {
	case <-r.retired:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
