package typecheck

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/calendsync/devtool/internal/problem"
)

// Options says what to check.
type Options struct {
	Root string   // the project's root, absolute; nothing above it is searched
	Dir  string   // where the TypeScript sources are, within Root
	Env  []string // the full environment of the compiler; nil means our own

	// Spawn is as in [gobuild.Options].
	Spawn func(*exec.Cmd) (wait func() error, err error)
}

// Checker is the type checker of a project. It exists because the bundler drops
// types unchecked.
type Checker struct {
	options Options
	dir     string // where tsconfig.json is
	program string
	args    []string

	patience time.Duration // how long the first compiler may take to notice a save
}

// New finds the checker that the project has installed and the tsconfig.json for
// its sources. It starts nothing. ok reports whether both exist.
func New(options Options) (t *Checker, ok bool) {
	if options.Spawn == nil {
		options.Spawn = group.Start
	}
	config := findAbove(options.Root, options.Dir, "tsconfig.json")
	if config == "" {
		return nil, false
	}
	t = &Checker{options: options, dir: filepath.Dir(config)}
	t.program, t.args, t.patience = find(options.Root, t.dir)
	return t, t.program != ""
}

// Run checks types at low priority, and again after each change, until ctx ends.
// After each check it calls report with everything that is wrong, always from one
// goroutine; report must not block for long. The problems are warnings: they
// never stop a build. Run returns an error if the compiler ends by itself.
func (t *Checker) Run(ctx context.Context, report func([]problem.Problem)) error {
	// Each compiler gets twice as long to notice a save as the last one, so that
	// restarts stop even for somebody who saves without pause.
	for wait := t.patience; ; wait *= 2 {
		if err := t.watch(ctx, wait, report); !errors.Is(err, errMissed) {
			return err
		}
	}
}

// errMissed ends an idle compiler that did not notice a save.
var errMissed = errors.New("a save was not noticed")

// watch runs the compiler once, until it ends or misses a save. It never
// interrupts a check.
func (t *Checker) watch(ctx context.Context, patience time.Duration, report func([]problem.Problem)) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	cmd := group.Command(ctx, t.program, t.args...)
	cmd.Dir = t.dir
	cmd.Env = t.options.Env
	unseen := watchFor(t.dir, patience, func() { end(errMissed) })
	defer unseen.close()
	out := &output{
		begin: unseen.begin,
		report: func(found []problem.Problem) {
			unseen.end()
			report(locate(t.dir, found))
		},
	}
	cmd.Stdout, cmd.Stderr = out, out
	wait, err := t.options.Spawn(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", t.program, err)
	}
	group.Yield(cmd.Process.Pid)
	err = wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		err = errors.New("it ended")
	}
	return fmt.Errorf("check types with %s: %w: %s", t.program, err, strings.TrimSpace(out.last))
}
