package gobuild

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/calendsync/devtool/internal/build/replay"
	"github.com/calendsync/devtool/internal/problem"
)

// fast is what the Builder knows for fast builds. Build and Prepare use it, and
// Build interrupts Prepare first.
type fast struct {
	plan     *replay.Plan      // nil before the first
	golang   string            // the go command that the plan is of
	warnings []problem.Problem // of the build that the plan is of

	newest         string            // the last program that the go command built, unless the plan is of it
	newestWarnings []problem.Problem // of that build
	unplanned      string            // why it has no plan

	never string // why no build is fast again; "" if they may be
	tried bool   // a plan of this toolchain was tried
	stale bool   // the build cache has not seen the last program
	work  background
}

// built notes that the go command built a program.
func (f *fast) built(binary string, warnings []problem.Problem) {
	f.newest, f.newestWarnings, f.unplanned = binary, warnings, "there was no time to record the last build"
	f.stale = false
}

// possible reports whether the settings allow fast builds.
func (g *Builder) possible() bool {
	o := g.options
	return o.Fast && !o.Release && o.Overlay == "" && len(o.Command) == 0
}

// buildFast rebuilds the program by the last plan. If that does not do, why says
// so, or is empty if it was not to be expected.
func (g *Builder) buildFast(ctx context.Context, binary string) (why string, ok bool) {
	f := &g.fast
	switch {
	case !g.possible():
		return "", false
	case f.never != "":
		return f.never, false
	case f.plan == nil && f.newest != "":
		return f.unplanned, false
	case f.plan == nil:
		return "", false
	}
	if golang, err := lookPath("go", g.options.Env); err != nil || golang != f.golang {
		return "the PATH leads to another go command", false
	}
	if _, err := f.plan.Build(ctx, binary); err != nil {
		if f.newest != "" {
			return f.unplanned, false
		}
		return err.Error(), false
	}
	f.stale = true
	g.known.stays()
	return "", true
}

const (
	// planDelay keeps the planning out of the way of the start of the program.
	planDelay = 500 * time.Millisecond
	// refreshDelay is how long nothing has to be saved before the build cache is
	// brought up to date.
	refreshDelay = 15 * time.Second
)

// Prepare does, at a low priority, what makes the next build fast, and brings the
// build cache up to date for whoever else compiles the program. It waits first,
// for the machine to come to rest. It returns early when ctx ends or a build
// begins. planned reports whether it made a plan; the error says why the next
// build will not be fast.
func (g *Builder) Prepare(ctx context.Context) (planned bool, err error) {
	if !g.possible() {
		return false, nil
	}
	f := &g.fast
	err = f.work.run(ctx, func(ctx context.Context) error {
		switch {
		case f.never == "" && f.newest != "":
			err := g.planNext(ctx)
			planned = err == nil && f.newest == ""
			return err
		case f.stale && sleep(ctx, refreshDelay):
			return g.refresh(ctx)
		}
		return nil
	})
	return planned, err
}

// planNext makes the plan for the next build. The first is tried.
func (g *Builder) planNext(ctx context.Context) error {
	if !sleep(ctx, planDelay) {
		return nil
	}
	f := &g.fast
	golang, err := lookPath("go", g.options.Env)
	if err != nil {
		return err
	}
	plan, err := g.record(ctx, golang)
	if err == nil && !f.tried {
		if err = plan.Try(ctx, f.newest); err != nil {
			plan.Close()
		}
		f.tried = err == nil
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, replay.ErrOther):
		f.never = err.Error()
		return err
	case err != nil:
		f.unplanned = err.Error()
		return err
	}
	if f.plan != nil {
		f.plan.Close()
	}
	f.plan, f.golang, f.warnings, f.newest = plan, golang, f.newestWarnings, ""
	return nil
}

// record asks the go command how it built the newest program.
func (g *Builder) record(ctx context.Context, golang string) (*replay.Plan, error) {
	dir, err := os.MkdirTemp(g.options.TempDir, "fast-")
	if err != nil {
		return nil, err
	}
	plan, err := replay.Record(ctx, replay.Options{
		Dir: g.options.Dir, Env: g.options.Env, Go: golang,
		Flags: g.buildFlags(), Select: g.selection(), Package: g.options.Package,
		WorkDir: dir, Run: g.runAt,
	}, g.fast.newest)
	if err != nil {
		os.RemoveAll(dir)
	}
	return plan, err
}

// Close ends what Prepare does and removes what fast builds keep. No build may
// begin afterwards.
func (g *Builder) Close() {
	g.fast.work.hold()
	if g.fast.plan != nil {
		g.fast.plan.Close()
	}
}

// refresh lets the go command compile what only fast builds have compiled.
func (g *Builder) refresh(ctx context.Context) error {
	args := slices.Concat([]string{"list", "-export", "-deps", "-f", ""}, g.buildFlags(), []string{g.options.Package})
	cmd, err := g.command(ctx, nil, "go", args...)
	if err != nil {
		return err
	}
	if _, err := g.runAt(ctx, cmd, true); err == nil {
		g.fast.stale = false
	}
	return nil
}

// sleep waits, and reports whether ctx left the time for it.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// background is work that gives way to more important work.
type background struct {
	mu   sync.Mutex
	held bool
	end  func() // of the work that began last, and the wait for it
}

// run runs work until it is done, ctx ends or hold is called. It ends what ran
// before, and does nothing while the background is held.
func (b *background) run(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	b.mu.Lock()
	if b.held {
		b.mu.Unlock()
		return nil
	}
	end := b.end
	b.end = func() { cancel(); <-done }
	b.mu.Unlock()
	if end != nil {
		end()
	}
	return work(ctx)
}

// hold ends the work under way, waits for its end, and lets none begin before
// release is called.
func (b *background) hold() (release func()) {
	b.mu.Lock()
	b.held = true
	end := b.end
	b.mu.Unlock()
	if end != nil {
		end()
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.held = false
	}
}
