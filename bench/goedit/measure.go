package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	cpu              time.Duration // of all edits together, with what follows the answer; 0 if unknown
	requests, failed int
}

// runner is a contender at work on its copy of the project.
type runner struct {
	contender
	project project
	dir     string
	shared  []string // environment
	port    int
	process *process // what serves at port
	result  result
}

// measure lets the contenders take turns at editing the project.
func measure(ctx context.Context, p project, all []contender, edits int, temp string, progress io.Writer) ([]result, error) {
	shared, err := sharedEnvironment(ctx)
	if err != nil {
		return nil, err
	}
	var runners []*runner
	defer func() {
		for _, r := range runners {
			r.stop()
		}
	}()
	for i, c := range all {
		fmt.Fprintf(progress, "%s: starting %s\n", p.name, c.name)
		r := &runner{
			contender: c, project: p, shared: shared, result: result{name: c.name},
			dir: filepath.Join(temp, strconv.Itoa(i), p.name),
		}
		runners = append(runners, r)
		if err := r.start(ctx); err != nil {
			return nil, fmt.Errorf("start %s: %w", c.name, err)
		}
	}
	time.Sleep(settle)
	begun := map[*runner]time.Duration{}
	for _, r := range runners {
		r.result.cpu = 0 // the first build was everything
		begun[r] = treeCPU(r.process.cmd.Process.Pid)
	}
	run := rand.Text() // or the build cache would have the edits of an earlier run
	for n := range edits {
		for i := range runners {
			turn := (n + i) % len(runners)
			r := runners[turn]
			time.Sleep(settle)
			if err := r.edit(ctx, n+1, fmt.Sprintf("token-%d-%d-%s", turn, n, run)); err != nil {
				return nil, fmt.Errorf("edit %d of %s: %w", n, r.name, err)
			}
		}
		fmt.Fprintf(progress, "%s: %d of %d edits\n", p.name, n+1, edits)
	}
	time.Sleep(settle)
	var results []result
	for _, r := range runners {
		if r.serve != nil {
			r.result.cpu = treeCPU(r.process.cmd.Process.Pid) - begun[r]
		}
		results = append(results, r.result)
	}
	return results, nil
}

func (r *runner) url() string {
	return fmt.Sprintf("http://127.0.0.1:%d%s", r.port, r.project.path)
}

// start writes the project and waits until it is served.
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
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if r.serve == nil {
		return r.rebuild(ctx, token)
	}
	if err := r.launch(r.serve); err != nil {
		return err
	}
	return r.explain(awaitToken(ctx, r.url(), token))
}

func (r *runner) environment() []string {
	return append(slices.Clip(r.shared), "PORT="+strconv.Itoa(r.port), "XDG_CACHE_HOME="+filepath.Join(filepath.Dir(r.dir), "cache"))
}

func (r *runner) binary() string { return filepath.Join(filepath.Dir(r.dir), "app") }
func (r *runner) log() string    { return filepath.Join(filepath.Dir(r.dir), "log") }

// launch runs a server for the project on a port of its own.
func (r *runner) launch(serve func(port int) []string) (err error) {
	if r.port, err = freePort(); err != nil {
		return err
	}
	r.process, err = startProcess(r.dir, r.log(), r.environment(), serve(r.port))
	return err
}

// edit saves the token for the nth time and measures the time until it is served, while a client
// keeps what served until now busy: for the floor too, as it costs time.
func (r *runner) edit(ctx context.Context, n int, token string) error {
	ctx, cancel := context.WithTimeout(ctx, editTimeout)
	defer cancel()
	l := startLoad(r.url(), token)
	begin := time.Now()
	err := r.project.edit(r.dir, n, token)
	switch {
	case err != nil:
	case r.serve == nil:
		old := r.process
		defer func() {
			old.stop()
			r.result.cpu += spent(old.cmd.ProcessState)
		}()
		err = r.rebuild(ctx, token)
	default:
		err = r.explain(l.wait(ctx))
	}
	r.result.took = append(r.result.took, time.Since(begin))
	requests, failed := l.finish()
	if r.serve != nil {
		r.result.requests += requests
		r.result.failed += failed
	}
	return err
}

// rebuild is the floor: no watching, no waiting, nothing to stop first.
func (r *runner) rebuild(ctx context.Context, token string) error {
	cpu, err := goBuild(ctx, r.dir, r.binary(), r.environment())
	if err != nil {
		return err
	}
	r.result.cpu += cpu
	if err := r.launch(func(int) []string { return []string{r.binary()} }); err != nil {
		return err
	}
	return r.explain(awaitToken(ctx, r.url(), token))
}

// explain adds the end of the server's log to the error of waiting for it.
func (r *runner) explain(err error) error {
	if err == nil {
		return nil
	}
	const tail = 2000
	log, _ := os.ReadFile(r.log())
	return fmt.Errorf("the new program did not answer: %w\n%s", err, log[max(0, len(log)-tail):])
}

func (r *runner) stop() {
	if r.process != nil {
		r.process.stop()
	}
}
