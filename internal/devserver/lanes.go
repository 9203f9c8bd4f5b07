package devserver

import (
	"context"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// runLane runs one lane in a goroutine of its own until it is done or
// cancelled.
func (s *server) runLane(l policy.Lane, run func(ctx context.Context) mail) {
	ctx, cancel := context.WithCancel(s.stop)
	s.cancelLane[l] = cancel
	s.work.Go(func() {
		defer cancel()
		s.send(run(ctx))
	})
}

func (s *server) startGo(a policy.StartGo) {
	clear(s.unheeded) // this build reads them as they are now
	golang := s.golang
	s.runLane(policy.GoLane, func(ctx context.Context) mail {
		var unwritten []problem.Problem
		if s.bundles != nil {
			if err := s.bundles.WritePage(); err != nil {
				unwritten = append(unwritten, failureProblem(problem.Web, err).AsWarning())
			}
		}
		ev := s.buildGo(ctx, golang, a.Run)
		ev.Problems = append(unwritten, ev.Problems...)
		return happened{ev}
	})
}

// buildGo runs one build of the Go side.
func (s *server) buildGo(ctx context.Context, golang *gobuild.Builder, run int) policy.GoBuilt {
	defer s.attend("go")()
	result := golang.Build(ctx, run)
	return policy.GoBuilt{
		At: time.Now(), Run: run, Took: result.Took, Canceled: result.Canceled,
		Binary:   policy.Binary{Path: result.Binary, ID: result.BuildID},
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
		s.send(graphLoaded{found})
	})
}

// graphLoaded carries a graph, nil if there is none.
type graphLoaded struct{ graph *gobuild.Graph }

func (m graphLoaded) open(s *server) { s.loaded(m.graph) }

func (s *server) startWeb(a policy.StartWeb) {
	// Outputs that were never served, as of a run that was superseded when it
	// ended, are news to every page.
	before, web, root := s.served, s.web, sourceRoot(s.cfg)
	s.runLane(policy.WebLane, func(ctx context.Context) mail {
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
		return webFinished{policy.WebBuilt{
			At: time.Now(), Run: a.Run, Took: result.Took, Canceled: result.Canceled,
			Delta: deltaOf(before, result.Outputs), Problems: problems,
		}, result}
	})
}

// webFinished is the end of a run of the web lane, with the outputs.
type webFinished struct {
	policy.WebBuilt
	result bundle.Result
}

func (ev webFinished) open(s *server) {
	if !ev.result.Canceled {
		files := set(ev.result.Inputs)
		s.inputs.Web, s.inputs.Globs = files, ev.result.Globs
		s.webFiles.Store(&files)
		s.inputs.Unresolved = ev.result.Unresolved
		s.webInputs = ev.result.Inputs
		s.follow()
		if why := ev.result.Whole; why != s.together {
			s.together = why
			if why != "" {
				s.tell(policy.Verbose{Text: "packages are bundled with the program: " + why})
			}
		}
	}
	if ev.result.Outputs != nil {
		s.outputs, s.entries = ev.result.Outputs, ev.result.Entries
	}
	s.happen(ev.WebBuilt)
}

// deltaOf tells what browsers notice of a web run.
func deltaOf(before, after bundle.Outputs) policy.Delta {
	if after == nil {
		return policy.Delta{}
	}
	d := bundle.Diff(before, after)
	return policy.Delta{CSS: d.CSS, Reload: d.NeedsReload()}
}
