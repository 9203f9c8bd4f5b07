package generate

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// maxRuns is how often a generator runs within one call of Run. One that tidies
// its own inputs needs two runs; one that is still stale after three always will
// be.
const maxRuns = 3

// Generator is a command that writes source files.
type Generator struct {
	Name string
	Run  []string // program and arguments; not given to a shell

	// Reads reports whether a file is an input. Paths are relative to
	// Options.Dir, with slashes. Its own Outputs never are.
	Reads func(rel string) bool

	// Outputs are the files or directories it writes, absolute. None means
	// unknown; such a generator runs alone.
	Outputs []string

	// Watch says that the command keeps running and looks for changes itself:
	// see [Set.Keep].
	Watch bool
}

// Options of [New].
type Options struct {
	Dir        string // the project's root, absolute: commands run here
	Generators []Generator
	Env        []string // the full environment of the commands; nil means our own

	// Memory is the file that records across restarts what is up to date. It is
	// made when needed. Empty: nothing is remembered.
	Memory string

	// Spawn starts a command in a process group of its own, which is killed when
	// the command's context ends. wait must be the command's Wait. Nil: start it
	// plainly.
	Spawn func(*exec.Cmd) (wait func() error, err error)

	// Keeps says that somebody calls Keep. Otherwise Run starts the generators that
	// keep running, and ends them once they are ready.
	Keeps bool

	// Note takes what people should know while Run goes on, from any goroutine;
	// may be nil.
	Note func(Note)
}

// Note is a remark about a generator.
type Note struct {
	Generator  string
	Text, Hint string // what there is to say, and what to do about it
}

// Set is the generators of one project.
type Set struct {
	options Options
	pauses  pauses
	tools   tools
	memory  memory // of Run's goroutine alone

	mu   sync.Mutex
	left map[string]string // output → hash, as the generator left it; "" if others wrote it since
	kept []*kept           // nil while nobody keeps them
	turn chan struct{}     // closed at the next news of one of them
}

// New returns a Set. It starts nothing and reads only the memory. If that cannot
// be read, everything runs.
func New(options Options) *Set {
	if options.Env == nil {
		options.Env = os.Environ()
	}
	if options.Spawn == nil {
		options.Spawn = spawn
	}
	s := &Set{options: options, pauses: defaultPauses, memory: readMemory(options.Memory), left: map[string]string{}}
	for _, past := range s.memory.past {
		for output := range past.Outputs {
			s.left[output] = ""
		}
	}
	return s
}

func spawn(cmd *exec.Cmd) (wait func() error, err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Wait, nil
}

// Result is the outcome of one call of [Set.Run].
type Result struct {
	Ran      []Ran     // in the order in which they ended
	Written  []string  // files whose content changed, absolute, sorted
	Failures []Failure // what keeps the build from starting
	Canceled bool      // ctx ended first
}

// Ran is one run of a generator.
type Ran struct {
	Name string
	Took time.Duration
}

// Failure says that a generator failed, and why.
type Failure struct {
	Generator string
	Text      string   // what happened: "exit status 1"
	Notes     []string // what to do about it
	Output    string   // the end of what it wrote to its standard streams

	// The place of the first complaint in the output that names one. File is
	// absolute, or empty if none does. Column is 0 when unknown.
	File         string
	Line, Column int
}

// Run brings the outputs of every generator up to date. It returns an error only
// if the project cannot be read. When ctx ends, the process groups are killed and
// gone before Run returns.
func (s *Set) Run(ctx context.Context) (Result, error) {
	r := round{Set: s, runs: map[int]int{}, writers: map[string]string{}, written: map[string]bool{}}
	r.result.Failures = s.awaitKept(ctx)
	err := r.untilSettled(ctx)
	r.result.Written = slices.Sorted(maps.Keys(r.written))
	r.result.Canceled = ctx.Err() != nil
	if r.result.Canceled {
		return r.result, nil
	}
	return r.result, err
}

// Wrote reports whether the file at path, absolute, is as a generator left it
// when it last ran in this Set: news of its change is old news. Once others have
// written it, all that becomes of it is news, even what the generator had left.
func (s *Set) Wrote(path string) bool {
	s.mu.Lock()
	want := s.left[path]
	s.mu.Unlock()
	if want == "" {
		return false
	}
	if got, err := hashFile(path); err == nil && got == want {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left[path] == want {
		s.left[path] = ""
	}
	return false
}

// Lacks reports whether the file at path, absolute, is an output that is missing:
// a generator has work to do.
func (s *Set) Lacks(path string) bool { return s.Owns(path) && !exists(path) }

// Reads reports whether the file at path, absolute, is an input of a generator.
func (s *Set) Reads(path string) bool {
	rel := relative(s.options.Dir, path)
	return slices.ContainsFunc(s.options.Generators, func(g Generator) bool { return !g.Watch && g.Reads(rel) && !writes(g, path) })
}

// Watches reports whether the file at path, absolute, is an input of a generator
// that keeps running: what follows from its change is that generator's affair.
func (s *Set) Watches(path string) bool {
	rel := relative(s.options.Dir, path)
	return slices.ContainsFunc(s.options.Generators, func(g Generator) bool { return g.Watch && g.Reads(rel) && !writes(g, path) })
}

// Owns reports whether the file at path, absolute, is known to be an output:
// declared, or written before.
func (s *Set) Owns(path string) bool {
	s.mu.Lock()
	_, known := s.left[path]
	s.mu.Unlock()
	return known || slices.ContainsFunc(s.options.Generators, func(g Generator) bool { return writes(g, path) })
}
