package devserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// adopt puts cfg into force. Of its rules, the first written are the user's and
// the rest are defaults.
func (l *loop) adopt(cfg *config.Config, written int) {
	l.cfg = cfg
	l.views.editor.Store(&cfg.Overlay.Editor)
	l.files.inputs.Root, l.files.inputs.Env = cfg.Root, set(cfg.App.EnvFiles)
	l.files.inputs.Rules, l.files.inputs.Defaults = cfg.Rules[:written], cfg.Rules[written:]
}

// takeSettings returns changes without those of configuration files, and the name
// of one of these for people, or "".
func (l *loop) takeSettings(changes []fileChange) (rest []fileChange, edited string) {
	ours := func(c fileChange) bool { return slices.Contains(l.cfg.Candidates, c.Path) }
	if i := slices.IndexFunc(changes, ours); i >= 0 {
		edited = l.relative(changes[i].Path)
	}
	return slices.DeleteFunc(changes, ours), edited
}

// settingsRead reports that the settings were read after an edit.
type settingsRead struct {
	file    string
	first   time.Time
	cfg     *config.Config // complete; nil after an error
	written int            // how many of its rules are the user's
	err     error
}

// readSettings reads the settings in a goroutine, one version at a time, so that
// the newest comes last.
func (l *loop) readSettings(file string) {
	if l.opts.Settings == nil || !l.reading.begin() {
		return
	}
	s := l.server
	first := time.Now()
	l.work.Go(func() {
		ev := s.settingsAnew(s.stop)
		ev.file, ev.first = file, first
		s.send(ev)
	})
}

func (s *server) settingsAnew(ctx context.Context) settingsRead {
	cfg, err := s.opts.Settings()
	if err != nil {
		return settingsRead{err: err}
	}
	written := len(cfg.Rules)
	cfg, _, err = Discover(ctx, cfg, s.environ)
	return settingsRead{cfg: cfg, written: written, err: err}
}

// open applies what can be applied of edited settings.
func (ev settingsRead) open(l *loop) {
	if l.reading.end() { // a newer version is on its way; ignore this one
		l.readSettings(ev.file)
		return
	}
	e, err := l.takeUp(ev)
	if err != nil {
		e = policy.Edited{Problems: l.settingsProblems(err)}
	}
	e.At, e.File = time.Now(), ev.file
	l.happen(e)
}

// takeUp adopts what can be applied of edited settings. After an error it adopts
// nothing.
func (l *loop) takeUp(ev settingsRead) (policy.Edited, error) {
	if ev.err != nil {
		return policy.Edited{}, ev.err
	}
	if ev.cfg.Root != l.root {
		return policy.Edited{}, fmt.Errorf("the project is now %s; restart devtool to serve it", ev.cfg.Root)
	}
	next := applicable(l.cfg, ev.cfg)
	applied := next.Changed(l.cfg)
	what := consequences(applied)
	var web *bundle.Bundler
	if what.web {
		var err error
		if web, err = l.newWeb(next); err != nil {
			return policy.Edited{}, err
		}
	}
	l.adopt(next, ev.written)
	l.apply(what, web)
	l.follow(time.Time{})
	e := policy.Edited{Applied: applied, Later: ev.cfg.Changed(next), Rollback: next.App.Rollback, Overlap: overlaps(next), Hot: l.hotWanted(next)}
	e.Change = policy.Changed{First: ev.first, Files: []string{ev.file}, Go: what.golang, Restart: what.restart}
	if what.web {
		e.Change.Web = l.web.inputs
	}
	return e, nil
}

// apply replaces the parts whose settings have changed.
func (l *loop) apply(what effects, web *bundle.Bundler) {
	if what.golang {
		l.work.Go(l.golang.Close)
		l.golang = gobuild.New(l.goOptions(l.cfg))
	}
	if web != nil {
		old := l.web.bundler
		l.work.Go(old.Close) // Close waits for its build
		l.web.bundler, l.web.inputs = web, l.cfg.Web.EntryPoints
		l.files.inputs.Web, l.files.inputs.WebDirs = nil, webDirs(l.cfg.Web)
	}
	if what.overlay {
		l.hub.Switch(l.pageFeatures())
	}
}

// effects says what has to be made again after an edit of the settings.
type effects struct{ golang, web, overlay, restart bool }

// consequences returns what follows from a change of settings.
func consequences(keys []string) (e effects) {
	for _, key := range keys {
		section, name, _ := strings.Cut(key, ".")
		switch section {
		case "go":
			e.golang = true
		case "web":
			e.web = true
		case "overlay":
			e.overlay = true
		case "app":
			switch name {
			case "restart", "rollback", "drain_timeout", "seed": // read when they are needed
			default:
				e.restart = true
			}
		}
	}
	return e
}

// applicable returns edited with the settings that cannot be applied yet taken
// from held, the settings in force. The public address, the watcher, the
// generators and the served directories keep the settings that they were made
// from.
func applicable(held, edited *config.Config) *config.Config {
	next := *edited
	next.Server, next.Generate, next.App.Stdin = held.Server, held.Generate, held.App.Stdin
	next.App.Pty = held.App.Pty // who reads the keyboard was decided at the start
	h, w := held.Web, &next.Web
	if len(h.EntryPoints) == 0 || len(w.EntryPoints) == 0 {
		*w = h // the lane comes or goes
	}
	w.HTML, w.PublicDir, w.Mounts, w.WriteDir, w.Page, w.TSC = h.HTML, h.PublicDir, h.Mounts, h.WriteDir, h.Page, h.TSC
	if h.WriteDir != "" {
		w.PublicPath = h.PublicPath
	}
	return &next
}

// settingsProblems returns mistakes in settings as problems in the user's file.
func (s locator) settingsProblems(err error) []problem.Problem {
	var problems []problem.Problem
	for _, mistake := range leaves(err) {
		p := failureProblem(problem.Config, mistake)
		var at *config.Error
		if errors.As(mistake, &at) {
			p = at.Problem().Under(s.root)
		}
		problems = append(problems, p)
	}
	return problems
}

// leaves returns the single errors that err joins, however deeply wrapped.
func leaves(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, leaves(e)...)
	}
	return all
}
