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
	Root string   // the project's root, absolute: nothing is looked for above it
	Dir  string   // where the TypeScript lives, within Root
	Env  []string // the full environment of the compiler; nil means our own

	// Spawn is as in [gobuild.Options].
	Spawn func(*exec.Cmd) (wait func() error, err error)
}

// Checker is the type checker of a project. Bundling drops types without looking
// at them.
type Checker struct {
	options Options
	dir     string // where tsconfig.json lies
	program string
	args    []string

	patience time.Duration // how long the first compiler may take to notice a save
}

// New finds the checker that the project has installed and the tsconfig.json that
// governs its sources. It starts nothing; ok reports whether both are there.
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

// Run checks types, at low priority, and again after each change, until ctx
// ends. report is called with all that is wrong after each check, from one
// goroutine, and must not block for long. The problems are warnings: they never
// stop a build. Run returns an error when the compiler ends by itself.
func (t *Checker) Run(ctx context.Context, report func([]problem.Problem)) error {
	// Each compiler gets twice as long to notice a save as the one before, so that
	// somebody who saves without pause has one that is never started again.
	for wait := t.patience; ; wait *= 2 {
		if err := t.watch(ctx, wait, report); !errors.Is(err, errMissed) {
			return err
		}
	}
}

// errMissed ends a compiler at rest that did not notice a save.
var errMissed = errors.New("a save was not noticed")

// watch is one life of the compiler. It never ends a check that is under way.
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
	yield(cmd.Process.Pid)
	err = wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		err = errors.New("it ended")
	}
	return fmt.Errorf("check types with %s: %w: %s", t.program, err, strings.TrimSpace(out.last))
}
