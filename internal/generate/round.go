package generate

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// round is one call of Run.
type round struct {
	*Set
	runs   map[int]int // how often each generator ran
	before []inputs    // what each read when it last began

	mu      sync.Mutex // guards what follows, and the memory
	result  Result
	writers map[string]string // file → who wrote it last
	written map[string]bool
}

// untilSettled runs what is stale until nothing is, or something is wrong.
func (r *round) untilSettled(ctx context.Context) error {
	r.before = make([]inputs, len(r.options.Generators))
	for ctx.Err() == nil && len(r.result.Failures) == 0 {
		read, err := scan(r.options.Dir, r.options.Generators)
		if err != nil {
			return err
		}
		var stale []int
		for i, g := range r.options.Generators {
			if !g.Watch && !r.memory.current(g, read[i]) {
				stale = append(stale, i)
			}
		}
		if len(stale) == 0 {
			return nil
		}
		if failure, looping := r.loop(stale, read); looping {
			r.result.Failures = append(r.result.Failures, failure)
			return nil
		}
		if err := r.runAll(ctx, stale); err != nil {
			return err
		}
	}
	return nil
}

// runAll runs the stale generators, each once those are done that come before
// it and have to do with it. What depends on a failed one does not run.
func (r *round) runAll(ctx context.Context, stale []int) error {
	type end struct {
		done chan struct{}
		ok   bool
		err  error
	}
	ends := map[int]*end{}
	for _, i := range stale {
		ends[i] = &end{done: make(chan struct{})}
	}
	before := order(r.options.Dir, r.options.Generators)
	var all sync.WaitGroup
	for _, i := range stale {
		all.Go(func() {
			e := ends[i]
			defer close(e.done)
			for _, j := range before[i] {
				if first := ends[j]; first != nil {
					<-first.done
					if !first.ok {
						return
					}
				}
			}
			e.ok, e.err = r.runOne(ctx, i)
		})
	}
	all.Wait()
	for _, i := range stale {
		r.runs[i]++
		if err := ends[i].err; err != nil {
			return err
		}
	}
	return nil
}

// runOne runs a generator and takes down what it wrote.
func (r *round) runOne(ctx context.Context, i int) (ok bool, err error) {
	g := r.options.Generators[i]
	read, err := scan(r.options.Dir, r.options.Generators[i:i+1])
	if err != nil || ctx.Err() != nil {
		return false, err
	}
	r.mu.Lock()
	known := r.memory.forget(g)
	r.before[i] = read[0]
	r.mu.Unlock()
	work, err := r.lookAt(g, known)
	if err != nil {
		return false, err
	}

	begun := time.Now()
	failure := r.run(ctx, g, r.outputStamps(g))
	took := time.Since(begun)
	if ctx.Err() != nil {
		return false, nil
	}
	after, err := work.done()
	if err != nil {
		return false, err
	}
	if failure == nil {
		failure = missing(g, r.options.Dir)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Ran = append(r.result.Ran, Ran{Name: g.Name, Took: took})
	r.wrote(g, work.before, after)
	if failure != nil {
		r.result.Failures = append(r.result.Failures, *failure)
		return false, nil
	}
	return true, r.memory.remember(g, read[0], after)
}

// work is what a generator may write: its outputs, else all there is.
type work struct {
	dir     string
	outputs []string
	before  map[string]string // outputs → hash
	stamps  map[string]stamp  // of every file, where outputs are not declared
}

// lookAt takes down how things are before a run. known are the outputs of
// earlier ones.
func (r *round) lookAt(g Generator, known map[string]string) (w work, err error) {
	w = work{dir: r.options.Dir, outputs: g.Outputs}
	if len(w.outputs) == 0 {
		w.outputs = slices.Collect(maps.Keys(known))
		if w.stamps, err = stamps(w.dir); err != nil {
			return w, err
		}
	}
	w.before, err = hashAll(w.outputs)
	return w, err
}

// done returns what is there of a generator's work after a run.
func (w *work) done() (map[string]string, error) {
	outputs := w.outputs
	if w.stamps != nil {
		now, err := stamps(w.dir)
		if err != nil {
			return nil, err
		}
		outputs = slices.Clone(outputs)
		for file, s := range now {
			if w.stamps[file] != s {
				outputs = append(outputs, file)
			}
		}
	}
	return hashAll(outputs)
}

// wrote takes down which files differ from before.
func (r *round) wrote(g Generator, before, after map[string]string) {
	r.Set.mu.Lock()
	defer r.Set.mu.Unlock()
	for file, hash := range after {
		r.left[file] = hash
		if before[file] != hash {
			r.written[file] = true
			r.writers[file] = g.Name
		}
	}
	for file := range before {
		if after[file] == "" {
			r.written[file] = true
		}
	}
}

// missing complains of declared outputs that are not there: the generator
// would be stale for ever.
func missing(g Generator, dir string) *Failure {
	output, lacking := missingOutput(g)
	if !lacking {
		return nil
	}
	return &Failure{
		Generator: g.Name,
		Text:      "succeeded without writing " + relative(dir, output),
		Notes:     []string{"correct its outputs in devtool.toml, or its command: " + strings.Join(g.Run, " ")},
	}
}

// missingOutput returns a declared output that is not there.
func missingOutput(g Generator) (output string, lacking bool) {
	i := slices.IndexFunc(g.Outputs, func(output string) bool { return !exists(output) })
	if i < 0 {
		return "", false
	}
	return g.Outputs[i], true
}

// loop names a generator that is stale again although it ran so often, and who
// makes it so.
func (r *round) loop(stale []int, read []inputs) (Failure, bool) {
	for _, i := range stale {
		if r.runs[i] < maxRuns {
			continue
		}
		name := r.options.Generators[i].Name
		f := Failure{Generator: name, Text: fmt.Sprintf("does not settle: its inputs change each time it has run (%d times)", r.runs[i])}
		for _, rel := range slices.Sorted(maps.Keys(read[i])) {
			if read[i][rel] == r.before[i][rel] {
				continue
			}
			who := r.writers[filepath.Join(r.options.Dir, filepath.FromSlash(rel))]
			switch who {
			case "":
				f.Notes = append(f.Notes, rel+" changes while it runs")
			case name:
				f.Notes = append(f.Notes, name+" writes "+rel+", which it reads")
			default:
				f.Notes = append(f.Notes, who+" writes "+rel+", which "+name+" reads")
			}
		}
		f.Notes = append(f.Notes, "narrow its inputs, or declare its outputs")
		return f, true
	}
	return Failure{}, false
}
