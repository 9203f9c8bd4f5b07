package devserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/proxy"
)

// job is a replacement and what holds for it: settings may be edited while it
// is under way.
type job struct {
	replaceApp
	sources
	cfg      *config.Config
	graph    *gobuild.Graph
	manifest string
}

// startReplacement performs a replaceApp in a goroutine of its own.
func (s *server) startReplacement(a replaceApp) {
	ctx, cancel := context.WithCancel(s.stop)
	s.cancelSwap = cancel
	replace := s.replace
	if s.cfg.App.Restart == "overlap" && s.direct == nil && s.app.Load() != nil {
		replace = s.overlap
	}
	order := job{replaceApp: a, sources: sources{s.root, s.cfg.GoDir()}, cfg: s.cfg, graph: s.graph, manifest: s.manifestPath()}
	s.work.Go(func() {
		defer cancel()
		socket := make(chan bool, 1)
		s.work.Go(func() { socket <- order.takesSocket() }) // while the old app stops
		s.send(replace(ctx, order, socket))
	})
}

// replace is the choreography of one replacement: shut the gate, drain, stop
// the old, start the new, wait until it is ready, open the gate. The old
// generation is gone, whatever comes after it.
func (s *server) replace(ctx context.Context, a job, socket <-chan bool) event {
	var stages []Stage
	s.proxy.Shut()
	if err := s.awaitRetired(ctx); err != nil {
		return s.failed(ctx, a, stages, err)
	}
	if old := s.app.Load(); old != nil {
		s.known = old.Reconsider(s.known)
		s.tellOwnPorts(s.known)
		stages = append(stages, s.drain(ctx, a.cfg.App.DrainTimeout))
		if ctx.Err() != nil {
			return s.failed(ctx, a, stages, ctx.Err())
		}
		stages = append(stages, s.stopApp(ctx, old))
		s.app.Store(nil)
	}
	next, target, boot, err := s.boot(ctx, a, <-socket, &s.port)
	stages = append(stages, boot)
	if err != nil {
		return s.failed(ctx, a, stages, err)
	}
	s.serveFrom(next, target, a)
	return appReady{At: time.Now(), Generation: a.Generation, Stages: stages}
}

func (s *server) failed(ctx context.Context, a job, stages []Stage, err error) appFailed {
	return appFailed{
		At: time.Now(), Generation: a.Generation, Stages: stages,
		Finished: errors.Is(err, process.ErrFinished),
		Canceled: ctx.Err() != nil,
		Problems: []Problem{a.crashProblem(err)},
	}
}

// boot starts a generation and waits until it is ready. After an error none is
// left. A server that does not set SO_REUSEADDR cannot bind over our reservation,
// nor where connections of the generation before linger: it gets another port,
// once, that nobody has used.
func (s *server) boot(ctx context.Context, a job, socket bool, port **process.ReservedPort) (*process.Generation, process.Target, Stage, error) {
	defer s.attend("boot")()
	begun := time.Now()
	next, target, err := s.bootOnce(ctx, a, socket, *port)
	if s.direct == nil && addressInUse(err) && ctx.Err() == nil {
		var other *process.ReservedPort
		if other, err = process.ReservePort(); err == nil {
			s.remark("the app could not bind to port %d; started again with %d", (*port).Port(), other.Port())
			other.Release()
			(*port).Release()
			*port = other
			next, target, err = s.bootOnce(ctx, a, socket, other)
		}
	}
	return next, target, Stage{Name: "boot", Took: time.Since(begun)}, err
}

func (s *server) bootOnce(ctx context.Context, a job, socket bool, port *process.ReservedPort) (*process.Generation, process.Target, error) {
	spec := s.spec(a, socket)
	spec.Port = port
	if s.stdin != nil {
		var err error
		if spec.Stdin, err = s.stdin.connect(); err != nil {
			return nil, process.Target{}, err
		}
		defer spec.Stdin.Close()
	}
	next, err := process.Start(context.Background(), spec) // it outlives this replacement
	if err != nil {
		return nil, process.Target{}, err
	}
	target, err := next.Ready(ctx)
	if err == nil {
		err = s.direct.check(target)
	}
	if err != nil {
		next.Stop(ctx)
		return nil, process.Target{}, err
	}
	return next, target, nil
}

// serveFrom opens the gate to a generation that is ready.
func (s *server) serveFrom(app *process.Generation, target process.Target, a job) {
	s.app.Store(app)
	s.known = target
	s.tellOwnPorts(target)
	s.proxy.Open(proxy.Target{Addr: target.Addr, Protocol: target.Protocol})
	s.work.Go(func() { s.watchExit(app, a) })
	s.tell(AppReady{
		Generation: a.Generation, PID: app.PID(), First: a.Generation == 1,
		Addr: target.Addr, Via: string(target.Via), Protocol: target.Protocol,
	})
}

// drain lets requests in flight end, and names those that did not.
func (s *server) drain(ctx context.Context, timeout config.Duration) Stage {
	defer s.attend("drain")()
	drained := s.proxy.Drain(ctx, time.Duration(timeout))
	stage := Stage{Name: "drain", Took: drained.Took}
	if n := len(drained.Aborted); n > 0 {
		stage.Note = "cut off " + drained.Aborted[0]
		if n > 1 {
			stage.Note += fmt.Sprintf(" and %d more", n-1)
		}
	}
	return stage
}

func (s *server) stopApp(ctx context.Context, app *process.Generation) Stage {
	defer s.attend("stop")()
	begun := time.Now()
	stage := Stage{Name: "stop"}
	if app.Stop(ctx) {
		stage.Note = "killed: it did not obey SIGTERM"
	}
	stage.Took = time.Since(begun)
	return stage
}

// watchExit reports the end of a generation that nobody stopped.
func (s *server) watchExit(app *process.Generation, a job) {
	select {
	case <-app.Done():
	case <-s.stop.Done():
		return
	}
	exit := app.Exit()
	if exit.Stopped {
		return
	}
	s.send(appExited{At: time.Now(), Generation: a.Generation, Problems: []Problem{a.crashProblem(exit)}})
}

func addressInUse(err error) bool {
	var exit *process.ExitError
	return errors.As(err, &exit) && exit.AddressInUse()
}

// appEnv reads the environment of the app, anew each time: a change of .env
// restarts it. What is odd in an env file is told when it is new.
func (s *server) appEnv(cfg *config.Config) []string {
	env, notes := cfg.AppEnv(s.opts.Env)
	for _, note := range notes {
		if !slices.Contains(s.envNotes, note) {
			s.tell(Remark(note))
		}
	}
	s.envNotes = notes
	return env
}

// spec says how to run a binary.
func (s *server) spec(a job, socket bool) process.Spec {
	spec := process.Spec{
		Guardian: s.guardian,
		Path:     a.Binary.Path,
		Args:     a.cfg.App.Args,
		Base:     s.appEnv(a.cfg),
		Env:      entries(a.cfg.App.Env),
		Dir:      a.cfg.App.Cwd,
		Build:    a.Build,
		URL:      s.opts.URL,
		Manifest: a.manifest,
		Color:    s.opts.Color,
		Socket:   socket,
		Terminal: a.cfg.App.Pty,
		Screen:   s.opts.Screen,
		Stdout:   s.opts.Stdout,
		Stderr:   s.opts.Stderr,
		Known:    s.known,

		Ready:        process.Readiness(a.cfg.App.Ready),
		ReadyTimeout: time.Duration(a.cfg.App.ReadyTimeout),
		StopTimeout:  time.Duration(a.cfg.App.StopTimeout),
	}
	s.direct.complete(&spec, a.Generation)
	return spec
}

func entries(env map[string]string) []string {
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}
