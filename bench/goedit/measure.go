package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	startTimeout = 5 * time.Minute // the first build compiles everything
	editTimeout  = time.Minute
	// settle lets a contender finish what it does after an answer, such as
	// looking at its inputs again, before the next is measured.
	settle = 500 * time.Millisecond
)

// result is what was measured of one contender.
type result struct {
	name             string
	took             []time.Duration
	requests, failed int
}

// runner is a contender at work on its copy of the project.
type runner struct {
	contender
	project project
	dir     string
	port    int
	process *process // nil for the floor
	result  result
}

// measure lets the contenders take turns at editing the project.
func measure(ctx context.Context, p project, all []contender, edits int, temp string, progress io.Writer) ([]result, error) {
	var runners []*runner
	defer func() {
		for _, r := range runners {
			r.stop()
		}
	}()
	for i, c := range all {
		fmt.Fprintf(progress, "%s: starting %s\n", p.name, c.name)
		r := &runner{contender: c, project: p, dir: filepath.Join(temp, fmt.Sprint(i), p.name), result: result{name: c.name}}
		runners = append(runners, r)
		if err := r.start(ctx); err != nil {
			return nil, fmt.Errorf("start %s: %w", c.name, err)
		}
	}
	for n := range edits {
		for i := range runners {
			turn := (n + i) % len(runners)
			r := runners[turn]
			time.Sleep(settle)
			if err := r.edit(ctx, fmt.Sprintf("token-%d-%d", turn, n)); err != nil {
				return nil, fmt.Errorf("edit %d of %s: %w", n, r.name, err)
			}
		}
		fmt.Fprintf(progress, "%s: %d of %d edits\n", p.name, n+1, edits)
	}
	var results []result
	for _, r := range runners {
		results = append(results, r.result)
	}
	return results, nil
}

func (r *runner) url() string { return fmt.Sprintf("http://127.0.0.1:%d/", r.port) }

// start writes the project and, but for the floor, waits until it is served.
func (r *runner) start(ctx context.Context) error {
	const token = "token-first"
	if err := r.project.write(r.dir, token); err != nil {
		return err
	}
	for name, content := range r.config {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	var err error
	if r.port, err = freePort(); err != nil {
		return err
	}
	if r.serve == nil {
		return goBuild(ctx, r.dir, r.binary())
	}
	if r.process, err = startProcess(r.dir, r.log(), environment(r.port), r.serve(r.port)); err != nil {
		return err
	}
	return r.await(ctx, startTimeout, token)
}

func (r *runner) binary() string { return filepath.Join(filepath.Dir(r.dir), "app") }
func (r *runner) log() string    { return filepath.Join(filepath.Dir(r.dir), "log") }

// edit saves the token and measures the time until it is served.
func (r *runner) edit(ctx context.Context, token string) error {
	if r.serve == nil {
		return r.rebuild(ctx, token)
	}
	l := startLoad(r.url())
	begin := time.Now()
	err := r.project.edit(r.dir, token)
	if err == nil {
		err = r.await(ctx, editTimeout, token)
	}
	r.result.took = append(r.result.took, time.Since(begin))
	requests, failed := l.finish()
	r.result.requests += requests
	r.result.failed += failed
	return err
}

// rebuild is the floor: no watching, no waiting, nothing to stop first.
func (r *runner) rebuild(ctx context.Context, token string) error {
	begin := time.Now()
	if err := r.project.edit(r.dir, token); err != nil {
		return err
	}
	if err := goBuild(ctx, r.dir, r.binary()); err != nil {
		return err
	}
	p, err := startProcess(r.dir, r.log(), environment(r.port), []string{r.binary()})
	if err != nil {
		return err
	}
	defer p.stop()
	if err := r.await(ctx, editTimeout, token); err != nil {
		return err
	}
	r.result.took = append(r.result.took, time.Since(begin))
	return nil
}

// await waits for the token; its error quotes the end of the server's log.
func (r *runner) await(ctx context.Context, timeout time.Duration, token string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := awaitToken(ctx, r.url(), token); err != nil {
		const tail = 2000
		log, _ := os.ReadFile(r.log())
		return fmt.Errorf("%q was not served: %w\n%s", token, err, log[max(0, len(log)-tail):])
	}
	return nil
}

func (r *runner) stop() {
	if r.process != nil {
		r.process.stop()
	}
}
