package devserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/runner"
)

// appGate is the proxy as the runner of the app sees it.
type appGate struct{ *proxy.Proxy }

func (g appGate) Open(t process.Target) {
	g.Proxy.Open(proxy.Target{Addr: t.Addr, Protocol: t.Protocol})
}

func (g appGate) Drain(ctx context.Context, limit time.Duration) (time.Duration, []string) {
	drained := g.Proxy.Drain(ctx, limit)
	return drained.Took, drained.Aborted
}

// job is a replacement with the settings that were in force when it began, as
// they may be edited meanwhile. It tells the loop what happens to the generation.
type job struct {
	policy.ReplaceApp
	server   *server
	at       locator
	cfg      *config.Config
	envNotes *envNotes
	manifest string
}

// ReplaceApp implements policy.Performer.
func (l *loop) ReplaceApp(a policy.ReplaceApp) {
	j := &job{
		ReplaceApp: a, server: l.server, at: locator{l.root, l.cfg.GoDir(), l.cfg.App.Cwd}, cfg: l.cfg,
		envNotes: l.envNotes, manifest: l.manifestPath(),
	}
	l.app.Replace(runner.Spec{
		Binary:  a.Binary.Path,
		Overlap: a.Overlap,
		Drain:   time.Duration(l.cfg.App.DrainTimeout),
		Prepare: j.prepare,
		Socket:  l.cfg.App.Socket, ReadsSocket: l.files.graph != nil && l.files.graph.ReadsSocket,
		Fixed: l.direct != nil, Accept: l.direct.check,
	}, j)
}

// Ready implements runner.Events.
func (j *job) Ready(r runner.Ready) {
	j.server.tell(policy.AppReady{
		Generation: j.Generation, PID: r.App.PID(), First: j.Generation == 1,
		Addr: r.Target.Addr, Via: string(r.Target.Via), Protocol: r.Target.Protocol,
	})
	j.server.report(policy.Replaced{At: time.Now(), Generation: j.Generation, Stages: stagesOf(r.Stages)})
}

// Failed implements runner.Events.
func (j *job) Failed(f runner.Failed) {
	finished := errors.Is(f.Err, process.ErrFinished)
	if hint := j.cfg.FinishedHint(); finished && hint != "" && j.Generation == 1 {
		j.server.tell(policy.Remark{Text: "the app ended at once, without an error, and never listened", Hint: hint})
	}
	j.server.report(policy.ReplaceFailed{
		At: time.Now(), Generation: j.Generation, Stages: stagesOf(f.Stages),
		Finished: finished, Canceled: f.Canceled, Kept: f.Kept,
		Problems: []problem.Problem{j.at.crashProblem(f.Err)},
	})
}

// Exited implements runner.Events.
func (j *job) Exited(e runner.Exited) {
	j.server.report(policy.AppExited{At: time.Now(), Generation: j.Generation, Problems: []problem.Problem{j.at.crashProblem(e.Exit)}})
}

// Remark implements runner.Events.
func (j *job) Remark(text, hint string) { j.server.tell(policy.Remark{Text: text, Hint: hint}) }

// Begin implements runner.Events.
func (j *job) Begin(step string) (end func()) { return j.server.attend(step) }

func stagesOf(all []runner.Stage) []policy.Stage {
	var out []policy.Stage
	for _, s := range all {
		out = append(out, policy.Stage{Name: s.Name, Took: policy.Millis(s.Took), Note: s.Note})
	}
	return out
}

// prepare says how to run the binary. It reads the env files each time, because a
// change of one restarts the app.
func (j *job) prepare() process.Spec {
	app := j.cfg.App
	base, env := j.appEnv(), entries(app.Env)
	spec := process.Spec{
		Guardian: j.server.guardian,
		Path:     j.Binary.Path,
		Args:     app.Args,
		Base:     base,
		Env:      append(env, j.server.texts.Env(j.Binary.Path, slices.Concat(base, env))...),
		Dir:      app.Cwd,
		Build:    j.Build,
		URL:      j.server.opts.URL,
		Manifest: j.manifest,
		Color:    j.server.opts.Color,
		Terminal: app.Pty,
		Screen:   j.server.opts.Screen,
		Stdout:   j.server.opts.Stdout,
		Stderr:   j.server.opts.Stderr,

		Ready:        process.Readiness(app.Ready),
		ReadyTimeout: time.Duration(app.ReadyTimeout),
		StopTimeout:  time.Duration(app.StopTimeout),
	}
	j.server.direct.complete(&spec, j.Generation)
	return spec
}

// envNotes are the notes on the env files that were last reported. Only prepare
// uses them, and a runner prepares one generation at a time.
type envNotes struct{ told []config.Note }

// appEnv reads the environment of the app. It reports oddities in env files when
// they are new.
func (j *job) appEnv() []string {
	env, notes := j.cfg.AppEnv(j.server.environ)
	for _, note := range notes {
		if !slices.Contains(j.envNotes.told, note) {
			j.server.tell(policy.Remark(note))
		}
	}
	j.envNotes.told = notes
	return env
}

// overlaps reports whether two generations of the app may run at once.
func overlaps(cfg *config.Config) bool { return cfg.App.Restart == "overlap" }

func entries(env map[string]string) []string {
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

// narrator tells people and scripts what happens. It may be called from any
// goroutine.
type narrator struct{ to func(policy.Message) }

func (n narrator) tell(m policy.Message) {
	if n.to != nil {
		n.to(m)
	}
}

func (n narrator) remark(format string, args ...any) {
	n.tell(policy.Remark{Text: fmt.Sprintf(format, args...)})
}
