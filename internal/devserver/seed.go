package devserver

import (
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
)

// seeding is how far the command of app.seed has come.
type seeding uint8

const (
	unseeded seeding = iota // not wanted, or the app is not ready yet
	beingSeeded
	seeded
	seedFailed
)

// seedEnded reports the end of app.seed.
type seedEnded struct {
	Err  error
	Took time.Duration
}

// SeedApp implements policy.Performer. It runs app.seed in a goroutine of its
// own.
func (l *loop) SeedApp(policy.SeedApp) {
	l.seeding = beingSeeded
	cfg := l.cfg
	l.work.Go(func() {
		begun := time.Now()
		err := l.seed(l.stop, cfg)
		l.send(seedEnded{Err: err, Took: time.Since(begun)})
	})
}

// open implements mail.
func (ev seedEnded) open(l *loop) {
	command := strings.Join(l.cfg.App.Seed, " ")
	if ev.Err != nil {
		l.seeding = seedFailed
		l.tell(policy.Remark{Text: "seed failed: " + ev.Err.Error(), Hint: "app.seed is: " + command})
		return
	}
	l.seeding = seeded
	l.remark("seeded in %v: %s", ev.Took.Round(time.Millisecond), command)
}

// seed runs the command in the app's environment, but with the public address in
// place of the app's own, which changes when the app is replaced.
func (s *server) seed(ctx context.Context, cfg *config.Config) error {
	env, _ := cfg.AppEnv(s.environ) // its notes were reported when the app started
	vars := process.Vars{Port: publicPort(s.opts.URL), URL: s.opts.URL, Color: s.opts.Color}
	args := make([]string, len(cfg.App.Seed))
	for i, arg := range cfg.App.Seed {
		args[i] = vars.Expand(arg)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	if filepath.Base(args[0]) != args[0] && !filepath.IsAbs(args[0]) {
		cmd = exec.CommandContext(ctx, filepath.Join(cfg.App.Cwd, args[0]), args[1:]...)
	}
	cmd.Dir = cfg.App.Cwd
	cmd.Env = process.Environ(env, vars, entries(cfg.App.Env))
	cmd.Stdout, cmd.Stderr = s.opts.Stdout, s.opts.Stderr
	wait, err := s.guardian.Start(cmd)
	if err != nil {
		return err
	}
	return wait()
}

// publicPort returns the port in our own URL, or 0 if there is none.
func publicPort(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(u.Port())
	return port
}
