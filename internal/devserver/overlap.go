package devserver

import (
	"context"
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/process"
)

// overlap is the choreography for apps that boot slowly and of which two may
// live at once: start the new one, wait until it is ready, turn requests to it,
// and only then drain and stop the old one. Nothing waits at the gate, and a
// new one that fails changes nothing.
func (s *server) overlap(ctx context.Context, a job, socket <-chan bool) event {
	if err := s.awaitRetired(ctx); err != nil {
		return s.kept(s.failed(ctx, a, nil, err))
	}
	if s.spare == nil {
		var err error
		if s.spare, err = process.ReservePort(); err != nil {
			return s.kept(s.failed(ctx, a, nil, err))
		}
	}
	old := s.app.Load()
	unguard := s.shutWhenGone(old)
	next, target, boot, err := s.boot(ctx, a, <-socket, &s.spare)
	unguard()
	stages := []Stage{boot}
	if err != nil {
		return s.kept(s.failed(ctx, a, stages, err))
	}
	s.port, s.spare = s.spare, s.port
	s.serveFrom(next, target, a)
	s.retire(old, a.cfg.App.DrainTimeout)
	return appReady{At: time.Now(), Generation: a.Generation, Stages: stages}
}

// shutWhenGone shuts the gate if a generation ends by itself before the returned
// function is called: there is nobody to take requests then.
func (s *server) shutWhenGone(app *process.Generation) (unguard func()) {
	done := make(chan struct{})
	var guard sync.WaitGroup
	guard.Go(func() {
		select {
		case <-app.Done():
			s.proxy.Shut()
		case <-done:
		}
	})
	return func() {
		close(done)
		guard.Wait()
	}
}

// kept adds to a failure whether the old generation still serves.
func (s *server) kept(failure appFailed) appFailed {
	failure.Kept = s.app.Load().Exit() == nil
	return failure
}

// retire drains and stops a generation that gets no new requests, while its
// successor already serves.
func (s *server) retire(old *process.Generation, drain config.Duration) {
	retired := make(chan struct{})
	s.retired = retired
	s.work.Go(func() {
		defer close(retired)
		// When the server stops, what is left is stopped as politely as ever.
		for _, stage := range []Stage{s.drain(s.stop, drain), s.stopApp(context.Background(), old)} {
			if stage.Note != "" {
				s.remark("the app before: %s: %s", stage.Name, stage.Note)
			}
		}
	})
}

// awaitRetired waits until no third generation is left.
func (s *server) awaitRetired(ctx context.Context) error {
	if s.retired == nil {
		return nil
	}
	select {
	case <-s.retired:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
