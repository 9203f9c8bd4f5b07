package replay

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
)

// Plan is how to rebuild one program. It is for one build at a time.
type Plan struct {
	options Options
	env     goEnv
	tree    *tree // as of the last build
	steps   steps
	builds  int // so far
}

// Report says what a build did.
type Report struct {
	Compiled []string // packages, sorted
}

// Build links the program anew, with everything compiled that a change since the
// last build affects. The error is [Declined] if go build has to do it, or may say
// more; then the plan is as before, and a later build may still follow it.
func (p *Plan) Build(ctx context.Context, binary string) (Report, error) {
	now, changed, err := p.tree.look()
	if err != nil {
		return Report{}, err
	}
	r, err := p.rebuild(ctx, now, p.dirty(changed), binary, false)
	if err != nil {
		return Report{}, err
	}
	for _, pkg := range r.made {
		if old := p.steps.archives[pkg].path; within(p.options.WorkDir, old) {
			os.Remove(old)
			os.Remove(filepath.Dir(old)) // if that was its last
		}
	}
	p.tree, p.steps.archives = now, r.archives
	return Report{Compiled: slices.Sorted(slices.Values(r.made))}, nil
}

// Close removes the archives that the plan keeps.
func (p *Plan) Close() error { return os.RemoveAll(p.options.WorkDir) }

// dirty returns the packages that have any of the files.
func (p *Plan) dirty(files []string) map[string]bool {
	dirty := map[string]bool{}
	for _, u := range p.steps.units {
		for _, path := range files {
			if slices.Contains(u.sources, path) || slices.Contains(u.embeds, path) {
				dirty[u.pkg] = true
			}
		}
	}
	return dirty
}

// rebuild compiles and links. fixed is checked meanwhile.
func (p *Plan) rebuild(ctx context.Context, now *tree, dirty map[string]bool, binary string, idle bool) (*rebuild, error) {
	p.builds++
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &rebuild{Plan: p, dir: filepath.Join(p.options.WorkDir, strconv.Itoa(p.builds)), idle: idle}
	r.scratch, r.archives = filepath.Join(r.dir, "scratch"), maps.Clone(p.steps.archives)
	if err := os.MkdirAll(r.scratch, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.scratch)
	settled := make(chan error, 1)
	go func() { settled <- now.settled() }()
	err := r.compileAll(ctx, p.steps.importers(dirty), dirty)
	if err == nil {
		err = r.link(ctx, binary)
	}
	if unsettled := <-settled; err == nil {
		err = unsettled
	}
	if err == nil {
		err = now.unread(r.read)
	}
	if err != nil {
		os.RemoveAll(r.dir)
		return nil, err
	}
	if len(r.made) == 0 {
		os.RemoveAll(r.dir)
	}
	return r, nil
}

// rebuild is one build that follows a plan.
type rebuild struct {
	*Plan
	dir     string // for archives
	scratch string // for all else
	idle    bool
	buildID string // of the program, as linked

	mu       sync.Mutex
	archives map[string]archive
	made     []string // packages that were compiled
	read     []string // the files from which they were
}

// compileAll compiles the dirty units, and those that import what came out
// different. units holds all that may need it, dependencies first. Each waits for
// those it imports.
func (r *rebuild) compileAll(ctx context.Context, units []unit, dirty map[string]bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	different := map[string]chan bool{}
	for _, u := range units {
		different[u.pkg] = make(chan bool, 1)
	}
	var work sync.WaitGroup
	for _, u := range units {
		work.Go(func() {
			needed := dirty[u.pkg]
			for _, pkg := range u.imports.packages {
				if c, found := different[pkg]; found {
					differs := <-c
					c <- differs // for the next importer
					needed = needed || differs
				}
			}
			differs := false
			if needed && ctx.Err() == nil {
				slots <- struct{}{}
				var err error
				if differs, err = r.compile(ctx, u); err != nil {
					cancel(err)
				}
				<-slots
			}
			different[u.pkg] <- differs
		})
	}
	work.Wait()
	return context.Cause(ctx)
}
