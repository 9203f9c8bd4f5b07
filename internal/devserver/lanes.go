package devserver

import (
	"context"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/templ"
)

// runLane runs one lane in a goroutine of its own until it is done or
// cancelled.
func (l *loop) runLane(lane policy.Lane, run func(ctx context.Context) mail) {
	ctx, cancel := context.WithCancel(l.stop)
	l.cancelLane[lane] = cancel
	l.work.Go(func() {
		defer cancel()
		l.send(run(ctx))
	})
}

// StartGo implements policy.Performer.
func (l *loop) StartGo(a policy.StartGo) {
	clear(l.files.unclaimed) // this build reads their current content
	l.files.began.start(time.Now())
	p, golang, dir, texts, web := l.project, l.golang, l.web.dir, l.texts, l.web.bundler
	public := l.web.public
	l.runLane(policy.GoLane, func(ctx context.Context) mail {
		var unwritten []problem.Problem
		if dir != nil {
			if err := dir.WritePage(web.DevelopmentPage); err != nil {
				unwritten = append(unwritten, failureProblem(problem.Web, err).AsWarning())
			}
		}
		if public != nil {
			if err := public.Write(dir.Owns); err != nil {
				unwritten = append(unwritten, failureProblem(problem.Web, err).AsWarning())
			}
		}
		began := time.Now()
		ev := p.buildGo(ctx, golang, a.Run)
		if !ev.Canceled && ev.Binary.Path != "" {
			if err := texts.Built(ev.Binary.Path, began); err != nil {
				p.tell(policy.Verbose{Text: "edits of the text of templates are built: " + err.Error()})
			}
		}
		ev.Problems = append(unwritten, ev.Problems...)
		return happened{ev}
	})
}

// buildGo runs one build of the Go side.
func (p *project) buildGo(ctx context.Context, golang *gobuild.Builder, run int) policy.GoBuilt {
	defer p.attend("go")()
	result := golang.Build(ctx, run)
	if result.Slow != "" {
		p.tell(policy.Verbose{Text: "built by go build: " + result.Slow})
	}
	return policy.GoBuilt{
		At: time.Now(), Run: run, Took: result.Took, Fast: result.Fast, Canceled: result.Canceled,
		Binary:   policy.Binary{Path: result.Binary, ID: result.BuildID},
		Problems: p.problems(result.Diagnostics, result.Err),
	}
}

// StartText implements policy.Performer.
func (l *loop) StartText(a policy.StartText) {
	texts := l.texts
	l.runLane(policy.TextLane, func(ctx context.Context) mail {
		begun := time.Now()
		failed := texts.Show(a.Binary.Path) != nil
		if !failed {
			select {
			case <-time.After(templ.Throttle):
			case <-ctx.Done():
			}
		}
		now := time.Now()
		return happened{policy.TextShown{At: now, Run: a.Run, Failed: failed, Took: now.Sub(begun), Canceled: ctx.Err() != nil}}
	})
}

// LoadGraph implements policy.Performer. It asks the go command what the build
// reads, and then lets the Builder prepare for the next build.
func (l *loop) LoadGraph(policy.LoadGraph) {
	if !l.files.loading.begin() {
		return
	}
	s, golang, since := l.server, l.golang, l.files.began.take(l.state.Busy(policy.GoLane))
	l.work.Go(func() {
		graph, err := golang.Graph(s.stop)
		found := &graph
		if err != nil {
			found = nil // the build has reported the error already; the old graph stays in force
		}
		s.send(graphLoaded{found, since})
		switch planned, err := golang.Prepare(s.stop); {
		case err != nil && s.stop.Err() == nil:
			s.tell(policy.Verbose{Text: "the next build will not be fast: " + err.Error()})
		case planned:
			s.tell(policy.Verbose{Text: "the next build can be fast"})
		}
	})
}

// graphLoaded carries a graph, or nil if there is none.
type graphLoaded struct {
	graph *gobuild.Graph
	since time.Time // when the first build with this graph began
}

func (m graphLoaded) open(l *loop) { l.loaded(m.graph, m.since) }

// beginnings are the times at which Go builds began since the graph was last
// loaded.
type beginnings struct{ first, last time.Time }

func (b *beginnings) start(at time.Time) {
	if b.last = at; b.first.IsZero() {
		b.first = at
	}
}

// take returns the first beginning and forgets all of them, except the last if
// that build is still under way.
func (b *beginnings) take(busy bool) time.Time {
	first := b.first
	if b.first = (time.Time{}); busy {
		b.first = b.last
	}
	return first
}

// StartWeb implements policy.Performer.
func (l *loop) StartWeb(a policy.StartWeb) {
	// Compare with what is served, not with the last outputs: a run that was
	// superseded when it ended was never served, so every page lacks its outputs.
	s, p, web, root := l.server, l.project, l.web, sourceRoot(l.cfg)
	l.runLane(policy.WebLane, func(ctx context.Context) mail {
		patched, obstacle := s.patch(ctx, web.bundler, a)
		result := web.bundler.Build(ctx, a.Files)
		problems := p.problems(result.Diagnostics, nil)
		if result.Outputs != nil {
			if web.dir != nil {
				if err := web.dir.Write(result.Outputs); err != nil {
					problems = append(problems, failureProblem(problem.Web, err).AsWarning())
				}
			}
			result.Outputs = withSources(result.Outputs, result.Beside, result.Entries, p.root, root)
		}
		delta := deltaOf(web.served, result.Outputs)
		renewed := result.Outputs != nil && !samePages(web.pages, result.Pages)
		delta.Reload = delta.Reload || renewed
		return webFinished{policy.WebBuilt{
			At: time.Now(), Run: a.Run, Took: result.Took, Canceled: result.Canceled,
			Delta: delta, Problems: problems, Patched: patched && !renewed, Obstacle: obstacle,
		}, result}
	})
}

// webFinished reports the end of a run of the web lane, with its outputs.
type webFinished struct {
	policy.WebBuilt
	result bundle.Result
}

func (ev webFinished) open(l *loop) {
	if !ev.result.Canceled {
		files := set(ev.result.Inputs)
		l.web.inputs = slices.Concat(ev.result.Inputs, ev.result.Awaited, ev.result.Sought)
		l.files.inputs.Web, l.files.inputs.Globs = set(l.web.inputs), ev.result.Globs
		l.views.webFiles.Store(&files)
		l.files.inputs.Unresolved = ev.result.Unresolved
		since := time.Time{} // the bundler knows the content of each file it read
		if len(ev.result.Sought) > 0 {
			since = ev.At.Add(-ev.result.Took) // but not files that appeared after it looked for them
		}
		l.follow(since, ev.result.Missed...)
		if why := ev.result.Whole; why != l.web.told {
			l.web.told = why
			if why != "" {
				l.tell(policy.Verbose{Text: "packages are bundled with the program: " + why})
			}
		}
	}
	if ev.result.Outputs != nil {
		l.web.outputs, l.web.entries, l.web.pages = ev.result.Outputs, ev.result.Entries, ev.result.Pages
		l.web.hot, l.web.run = ev.result.Hot, ev.Run
	}
	l.happen(ev.WebBuilt)
}

// deltaOf returns what a web run changed for browsers.
func deltaOf(before, after bundle.Outputs) policy.Delta {
	if after == nil {
		return policy.Delta{}
	}
	d := bundle.Diff(before, after)
	return policy.Delta{CSS: d.CSS, Reload: d.NeedsReload()}
}
