package generate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// pauses are how long a Set waits for generators. Tests shorten them.
type pauses struct {
	burst   time.Duration // silence that ends a burst of output
	idle    time.Duration // silence after which a generator that wrote nothing counts as done
	overdue time.Duration // after which a kept generator's missing outputs are a failure
	still   time.Duration // after which a generator that should have ended is reported
	retry   time.Duration // before the first restart, doubled for each further one
	sound   time.Duration // a run of this length resets the doubling
}

var defaultPauses = pauses{
	burst: 300 * time.Millisecond, idle: 2 * time.Second, overdue: 15 * time.Second,
	still: 5 * time.Second, retry: 250 * time.Millisecond, sound: 10 * time.Second,
}

// maxRetries bounds the doubling of pauses.retry: 8 s.
const maxRetries = 5

// kept is a generator that keeps running. Set.mu guards some fields; only its
// goroutine touches the others.
type kept struct {
	set       *Set
	generator Generator

	// Guarded by Set.mu.
	ready   bool
	failure *Failure
}

// Keep runs the generators that watch their inputs by themselves, starts them again
// when they die, and returns when ctx has ended and they are gone. changed is called
// whenever one fails or is mended, from any goroutine; it must not block. A call of
// [Set.Run] then tells what holds. It is for those who set Options.Keeps, and may be
// called once at a time.
func (s *Set) Keep(ctx context.Context, changed func()) {
	var all sync.WaitGroup
	s.mu.Lock()
	s.kept = []*kept{}
	for _, g := range s.options.Generators {
		if g.Watch {
			s.kept = append(s.kept, &kept{set: s, generator: g})
		}
	}
	for _, k := range s.kept {
		all.Go(func() { k.run(ctx, changed) })
	}
	s.newsLocked()
	s.mu.Unlock()
	all.Wait()
	s.mu.Lock()
	s.kept = nil
	s.mu.Unlock()
}

// awaitKept returns what is wrong with the kept generators once each is ready or has
// failed. Without Options.Keeps they run for as long as that takes.
func (s *Set) awaitKept(ctx context.Context) []Failure {
	if !slices.ContainsFunc(s.options.Generators, func(g Generator) bool { return g.Watch }) {
		return nil
	}
	if s.options.Keeps {
		return s.keptFailures(ctx)
	}
	keep, stop := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	defer keeper.Wait()
	defer stop()
	keeper.Go(func() { s.Keep(keep, func() {}) })
	return s.keptFailures(ctx)
}

// keptFailures waits until every kept generator is ready or has failed.
func (s *Set) keptFailures(ctx context.Context) []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var failures []Failure
		waiting := s.kept == nil
		for _, k := range s.kept {
			switch {
			case k.failure != nil:
				failures = append(failures, *k.failure)
			case !k.ready:
				waiting = true
			}
		}
		if !waiting {
			return failures
		}
		turn := s.turnLocked()
		s.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			s.mu.Lock()
			return nil
		}
		s.mu.Lock()
	}
}

// turnLocked returns what is closed at the next news of a kept generator.
func (s *Set) turnLocked() <-chan struct{} {
	if s.turn == nil {
		s.turn = make(chan struct{})
	}
	return s.turn
}

func (s *Set) newsLocked() {
	if s.turn != nil {
		close(s.turn)
		s.turn = nil
	}
}

// become records whether the generator is ready, and what is wrong.
func (k *kept) become(ready bool, failure *Failure, changed func()) {
	k.set.mu.Lock()
	news := (failure == nil) != (k.failure == nil) || failure != nil && !failure.same(k.failure)
	k.ready, k.failure = ready, failure
	k.set.newsLocked()
	k.set.mu.Unlock()
	if news {
		changed()
	}
}

func (f *Failure) same(o *Failure) bool {
	return f.Text == o.Text && f.File == o.File && f.Line == o.Line && f.Column == o.Column
}

// run starts the generator until ctx ends.
func (k *kept) run(ctx context.Context, changed func()) {
	for retries := 0; ctx.Err() == nil; retries = min(retries+1, maxRetries) {
		begun := time.Now()
		failure := k.once(ctx, changed)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) >= k.set.pauses.sound {
			retries = 0
		}
		wait := k.set.pauses.retry << retries
		failure.Notes = append(failure.Notes, fmt.Sprintf("it is started again after %v", wait))
		k.become(false, failure, changed)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// once runs the generator to its end, which is a failure.
func (k *kept) once(ctx context.Context, changed func()) *Failure {
	s, g := k.set, k.generator
	cmd, failure := s.command(ctx, g)
	if failure != nil {
		return failure
	}
	out := &burst{wake: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	// Some watchers exit at the end of their input.
	input, err := cmd.StdinPipe()
	if err != nil {
		return &Failure{Generator: g.Name, Text: err.Error()}
	}
	defer input.Close()
	before := s.outputStamps(g)
	wait, err := s.options.Spawn(cmd)
	if err != nil {
		return &Failure{Generator: g.Name, Text: err.Error()}
	}
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	begun := time.Now()
	err = k.attend(ended, out, before, changed)
	failure = &Failure{Generator: g.Name, Text: "ended: " + endText(err), Output: out.take()}
	failure.locate(s.options.Dir) // in the end of its output
	failure.Output = out.end()
	if err == nil && time.Since(begun) < s.pauses.sound {
		failure.Notes = append(failure.Notes, "watch = true is for commands that keep running; without it this one runs when its inputs change")
	}
	return failure
}

func endText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// attend follows the output and the files of a running generator until it ends.
func (k *kept) attend(ended <-chan error, out *burst, before map[string]stamp, changed func()) error {
	s, g := k.set, k.generator
	begun := time.Now()
	sign := begun // when it last printed or wrote something
	ready, written := false, false
	timer := time.NewTimer(s.pauses.burst)
	defer timer.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-out.wake:
			sign = time.Now()
			timer.Reset(s.pauses.burst)
			continue
		case <-timer.C:
		}
		if said := out.take(); said != "" {
			if failure := complaint(g, said, s.options.Dir); failure != nil {
				k.become(ready, failure, changed)
				timer.Reset(s.pauses.burst)
				continue
			}
			if ready {
				k.become(true, nil, changed)
			}
		}
		if ready {
			continue // until it prints something
		}
		timer.Reset(s.pauses.burst)
		if after := s.outputStamps(g); wrote(before, after) {
			before, written, sign = after, true, time.Now()
			continue // it may be about to write more
		}
		output, lacking := missingOutput(g)
		switch {
		case !lacking && (written || time.Since(sign) > s.pauses.idle):
			ready = true
			k.become(true, nil, changed)
		case lacking && time.Since(begun) > s.pauses.overdue:
			k.become(false, &Failure{
				Generator: g.Name, Text: "has not written " + relative(s.options.Dir, output), Output: out.end(),
				Notes: []string{"correct its outputs in devtool.toml, or its command: " + strings.Join(g.Run, " ")},
			}, changed)
		}
	}
}

// outputStamps returns stamps of the declared outputs, or of everything if none
// are declared.
func (s *Set) outputStamps(g Generator) map[string]stamp {
	all := map[string]stamp{}
	outputs := g.Outputs
	if len(outputs) == 0 {
		outputs = []string{s.options.Dir}
	}
	for _, output := range outputs {
		found, err := stamps(output)
		if err != nil {
			continue // it does not exist yet
		}
		for file, st := range found {
			all[file] = st
		}
	}
	return all
}

func wrote(before, after map[string]stamp) bool {
	for file, s := range after {
		if before[file] != s {
			return true
		}
	}
	return false
}

// trouble matches words that distinguish complaints from mere reports.
var trouble = regexp.MustCompile(`(?i)\berror|\bfail|fatal|panic|✗|✘|invalid|unexpected|expected|cannot|can't|could not|couldn't|undefined|unknown|missing|not found|unable`)

// complaint returns the complaint in a running generator's output, or nil. A
// place alone is not enough, because it may be a mere report.
func complaint(g Generator, said, dir string) *Failure {
	if !trouble.MatchString(said) {
		return nil
	}
	p, ok := locate(said, dir)
	if !ok {
		return nil
	}
	f := &Failure{Generator: g.Name, Text: p.text, Output: said, File: p.file, Line: p.line, Column: p.column}
	if f.Text == "" {
		f.Text = "failed"
	}
	return f
}

// burst collects a generator's output. take empties it; tail keeps the end.
type burst struct {
	wake chan struct{} // capacity 1: something was written

	mu   sync.Mutex
	tail tail
	now  tail
}

func (b *burst) Write(p []byte) (int, error) {
	b.mu.Lock()
	_, _ = b.tail.Write(p)
	_, _ = b.now.Write(p)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (b *burst) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.now.String()
	b.now = tail{}
	return said
}

// end returns the end of the whole output.
func (b *burst) end() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tail.String()
}
