package devserver

import (
	"context"
	"errors"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

// loop owns the state, in the one goroutine of [loop.run]. Other goroutines get
// the server and values, and answer by mail.
type loop struct {
	*server
	state   policy.State
	cfg     *config.Config // the settings in force
	reading single         // of the settings

	golang     *gobuild.Builder
	web        webSide
	files      files
	cancelLane [policy.Lanes]context.CancelFunc

	last       *policy.Outcome // the outcome of the newest batch
	phaseSince time.Time       // when the phase last changed
	seeding    seeding
	envNotes   *envNotes
	trim       *time.Timer // fires when memory is to be given back; nil before the first outcome
}

// webSide is the web lane and its results.
type webSide struct {
	bundler *bundle.Bundler // nil without entry points
	dir     *bundleDir      // where bundles are written to, or nil
	public  *publicCopies   // beside them, or nil
	inputs  []string
	outputs bundle.Outputs    // of the last good run
	run     int               // that run
	hot     bool              // pages can take updates of the modules in outputs
	patches []bundle.Patch    // of the run under way
	served  bundle.Outputs    // what the proxy serves
	built   int               // the run that made served
	pages   []bundle.Page     // of the last good run
	swapped map[string]string // for each style sheet of the app or a mount that was swapped, by URL path: the build
	entries []bundle.Entry
	whole   string // why packages are never bundled separately again, or ""
	told    string // the reason last reported
}

// files is what the loop needs to know what a change of a file affects.
type files struct {
	inputs    inputs
	graph     *gobuild.Graph        // nil before the first
	loading   single                // of the graph
	began     beginnings            // of the builds that the graph does not cover yet
	ignored   map[string]bool       // extensions and files that were reported
	unclaimed map[string]fileChange // ignored since the graph was last loaded
	meanwhile []fileChange          // changed while generators run; handled after them
}

// single is work that only one goroutine does at a time, so that the newest
// result comes last.
type single struct{ busy, stale bool }

// begin reports whether to begin now. If not, the work must be done again when
// the current run of it ends.
func (s *single) begin() bool {
	s.stale = s.busy
	defer func() { s.busy = true }()
	return !s.busy
}

// end reports whether the work must be done again.
func (s *single) end() bool {
	defer func() { *s = single{} }()
	return s.stale
}

func newLoop(o Options) *loop {
	p := &project{locator: locator{root: o.Config.Root}, narrator: narrator{o.Tell}, environ: o.Env, cache: o.Cache}
	now := time.Now()
	return &loop{
		server:     &server{project: p, opts: o, started: now, mailbox: &mailbox{mail: make(chan mail)}},
		cfg:        o.Config,
		files:      files{ignored: map[string]bool{}, unclaimed: map[string]fileChange{}},
		phaseSince: now,
		envNotes:   new(envNotes),
	}
}

// run decides about everything that happens, until ctx is done.
func (l *loop) run(ctx context.Context) error {
	l.happen(policy.Changed{At: l.started, Generate: l.generators != nil, Go: true, Web: l.web.inputs})
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-l.mail:
			m.open(l)
		case what := <-l.opts.Asks:
			l.asked(what)
		case batch := <-l.watcher.Batches():
			l.filesChanged(batch)
		}
		if l.opts.Once && l.state.Idle() && l.seeding != beingSeeded {
			return l.verdict()
		}
	}
}

// verdict returns the result of a run with Options.Once: nil if the project
// builds, its app runs or has finished, and it was seeded.
func (l *loop) verdict() error {
	if !l.state.Works() || l.seeding == seedFailed {
		return ErrOnce
	}
	return nil
}

// happen decides about one event and performs the actions, in order.
func (l *loop) happen(ev policy.Event) {
	var actions []policy.Action
	l.state, actions = policy.Decide(l.state, ev)
	for _, a := range actions {
		a.Do(l)
	}
	l.publishStatus()
}

// release frees what open acquired. It may be called after a failed open.
func (l *loop) release() error {
	if l.web.bundler != nil {
		l.web.bundler.Close()
	}
	if l.proxy != nil {
		l.proxy.Close()
	}
	var err error
	if l.web.dir != nil {
		err = l.web.dir.originals.restore()
	}
	return errors.Join(err, l.project.close())
}
