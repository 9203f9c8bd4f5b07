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

// loop owns the state: one goroutine has it, in [loop.run]. What runs beside it is
// given a server, and values; it answers by mail.
type loop struct {
	*server
	state   policy.State
	cfg     *config.Config // the settings that hold
	reading single         // of the settings

	golang     *gobuild.Builder
	web        webSide
	files      files
	cancelLane [policy.Lanes]context.CancelFunc

	last       *policy.Outcome // of the newest batch
	phaseSince time.Time       // when the phase last changed
	seeding    seeding
	envNotes   *envNotes
	trim       *time.Timer // until memory is given back; nil before the first outcome
}

// webSide is the web lane and what came of it.
type webSide struct {
	bundler *bundle.Bundler // nil without entry points
	dir     *bundleDir      // where bundles are written to, or nil
	inputs  []string
	outputs bundle.Outputs    // of the last good run
	served  bundle.Outputs    // what the proxy serves
	swapped map[string]string // sheets of the app and of mounts that were swapped: the build, by URL path
	entries []bundle.Entry
	whole   string // why packages are bundled with the program, for good, or ""
	told    string // why they are, as it was last told
}

// files is what changes of files mean.
type files struct {
	inputs    inputs
	graph     *gobuild.Graph        // nil before the first
	loading   single                // of the graph
	began     beginnings            // of the builds that are not in it yet
	ignored   map[string]bool       // extensions and files that were spoken of
	unclaimed map[string]fileChange // ignored since the graph was last loaded
	meanwhile []fileChange          // changed while generators run, for what comes after them
}

// single is work that is done by one goroutine at a time, so that the newest
// answer comes last.
type single struct{ busy, stale bool }

// begin reports whether to begin now. If not, the work is due again when the one
// under way ends.
func (s *single) begin() bool {
	s.stale = s.busy
	defer func() { s.busy = true }()
	return !s.busy
}

// end reports whether the work is due again.
func (s *single) end() bool {
	defer func() { *s = single{} }()
	return s.stale
}

func newLoop(o Options) *loop {
	p := &project{sources: sources{root: o.Config.Root}, narrator: narrator{o.Tell}, environ: o.Env, cache: o.Cache}
	now := time.Now()
	return &loop{
		server:     &server{project: p, opts: o, started: now, mailbox: &mailbox{mail: make(chan mail)}},
		cfg:        o.Config,
		files:      files{ignored: map[string]bool{}, unclaimed: map[string]fileChange{}},
		phaseSince: now,
		envNotes:   new(envNotes),
	}
}

// run decides about all that happens, until ctx is done.
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

// verdict is what Options.Once is about: that the project builds and its app
// runs, or did its work, and was seeded.
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

// release gives back what open took. It may be called after a failed open.
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
