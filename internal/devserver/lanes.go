package devserver

import (
	"context"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/problem"
)

// runLane runs one lane in a goroutine of its own until it is done or
// cancelled.
func (s *server) runLane(l lane, run func(ctx context.Context) event) {
	ctx, cancel := context.WithCancel(s.stop)
	s.cancelLane[l] = cancel
	s.work.Go(func() {
		defer cancel()
		s.send(run(ctx))
	})
}

func (s *server) startGo(a startGo) {
	clear(s.unheeded) // this build reads them as they are now
	golang := s.golang
	s.runLane(goLane, func(ctx context.Context) event {
		var unwritten []problem.Problem
		if s.bundles != nil {
			if err := s.bundles.WritePage(); err != nil {
				unwritten = append(unwritten, failureProblem(problem.Web, err).AsWarning())
			}
		}
		ev := s.buildGo(ctx, golang, a.Run)
		ev.Problems = append(unwritten, ev.Problems...)
		return ev
	})
}

// buildGo runs one build of the Go side.
func (s *server) buildGo(ctx context.Context, golang *gobuild.Builder, run int) goBuilt {
	defer s.attend("go")()
	result := golang.Build(ctx, run)
	return goBuilt{
		Run: run, Took: result.Took, Canceled: result.Canceled,
		Binary:   binary{Path: result.Binary, ID: result.BuildID},
		Problems: s.problems(result.Diagnostics, result.Err),
	}
}

// loadGraph asks the go command what the build reads: after the outcome of a
// build, so as not to slow it down, and one at a time, so that the newest
// answer is the last.
func (s *server) loadGraph() {
	if s.graphLoading {
		s.graphStale = true
		return
	}
	s.graphLoading = true
	golang := s.golang
	s.work.Go(func() {
		graph, err := golang.Graph(s.stop)
		found := &graph
		if err != nil {
			found = nil // the build has told already; the graph before it still holds
		}
		select {
		case s.graphs <- found:
		case <-s.stop.Done():
		}
	})
}

func (s *server) startWeb(a startWeb) {
	// Outputs that were never served, as of a run that was superseded when it
	// ended, are news to every page.
	before, web, root := s.served, s.web, sourceRoot(s.cfg)
	s.runLane(webLane, func(ctx context.Context) event {
		result := web.Build(ctx, a.Files)
		problems := s.problems(result.Diagnostics, nil)
		if result.Outputs != nil {
			if s.bundles != nil {
				if err := s.bundles.Write(result.Outputs); err != nil {
					problems = append(problems, failureProblem(problem.Web, err).AsWarning())
				}
			}
			result.Outputs = withSources(result.Outputs, result.Entries, s.root, root)
		}
		return webEvent{webBuilt{
			Run: a.Run, Took: result.Took, Canceled: result.Canceled,
			Delta: deltaOf(before, result.Outputs), Problems: problems,
		}, result}
	})
}

// webEvent carries the outputs past decide, which needs only what changed.
type webEvent struct {
	webBuilt
	result bundle.Result
}

func (s *server) webFinished(ev webEvent) {
	if !ev.result.Canceled {
		files := set(ev.result.Inputs)
		s.inputs.Web, s.inputs.Globs = files, ev.result.Globs
		s.webFiles.Store(&files)
		s.inputs.Unresolved = ev.result.Unresolved
		s.webInputs = ev.result.Inputs
		s.follow()
		if why := ev.result.Together; why != s.together {
			s.together = why
			if why != "" {
				s.tell(Verbose{Text: "packages are bundled with the program: " + why})
			}
		}
	}
	if ev.result.Outputs != nil {
		s.outputs, s.entries = ev.result.Outputs, ev.result.Entries
	}
	s.happen(ev.webBuilt)
}

// deltaOf tells what browsers notice of a web run.
func deltaOf(before, after bundle.Outputs) delta {
	if after == nil {
		return delta{}
	}
	d := bundle.Diff(before, after)
	return delta{CSS: d.CSS, Reload: d.NeedsReload()}
}
