package devserver

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/generate"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

func (s *server) openGenerators() {
	if len(s.cfg.Generate) == 0 {
		return
	}
	options := generate.Options{Dir: s.root, Env: s.goEnv(), Spawn: s.guardian.Start}
	if s.opts.Cache != "" {
		options.Memory = filepath.Join(s.opts.Cache, "generated.json")
	}
	for _, g := range s.cfg.Generate {
		options.Generators = append(options.Generators, generate.Generator{
			Name: generatorName(g), Run: g.Run, Outputs: g.Outputs,
			Reads: func(rel string) bool { return config.MatchGlobs(g.Inputs, rel) },
		})
	}
	s.generators = generate.New(options)
	s.inputs.Generators = s.generators.Reads
}

// generatorName is the name that people know a generator by.
func generatorName(g config.Generate) string {
	if g.Name != "" {
		return g.Name
	}
	return generate.NameOf(g.Run)
}

// generatedFiles is the end of a run of the generators. What they wrote is still to be
// given a meaning.
type generatedFiles struct {
	policy.Generated
	written []string
}

func (s *server) startGenerate(a policy.StartGenerate) {
	s.runLane(policy.GenerateLane, func(ctx context.Context) mail { return s.generate(ctx, a.Run) })
}

// generate runs what is stale of the generators.
func (s *server) generate(ctx context.Context, run int) generatedFiles {
	defer s.attend("generate")()
	result, err := s.generators.Run(ctx)
	ev := generatedFiles{policy.Generated{At: time.Now(), Run: run, Canceled: result.Canceled}, result.Written}
	for _, ran := range result.Ran {
		ev.Stages = append(ev.Stages, policy.Stage{Name: ran.Name, Took: policy.Millis(ran.Took)})
	}
	if err != nil {
		ev.Problems = append(ev.Problems, failureProblem(problem.Generate, err))
	}
	for _, f := range result.Failures {
		ev.Problems = append(ev.Problems, s.generateProblem(f))
	}
	return ev
}

func (s sources) generateProblem(f generate.Failure) problem.Problem {
	p := problem.Problem{
		Source: problem.Generate, Severity: problem.Error, Text: f.Generator + ": " + plain(f.Text),
		Line: f.Line, Column: f.Column, Notes: f.Notes, Output: plain(f.Output),
	}
	if f.File != "" {
		return p.At(f.File, f.Line, f.Column, problem.CodePoints).Under(s.root)
	}
	return p
}

// besideGenerators takes from a batch what generators wrote, which is known
// already, and, while they run, what may be their work or has to wait for it:
// all but their own inputs and those of the bundles.
func (s *server) besideGenerators(changes []fileChange) []fileChange {
	if s.generators == nil {
		return changes
	}
	running := s.state.Busy(policy.GenerateLane)
	var now []fileChange
	for _, c := range changes {
		switch urgent := s.inputs.Web[c.Path] || s.generators.Reads(c.Path); {
		case running && (!urgent || s.generators.Owns(c.Path)):
			s.meanwhile = append(s.meanwhile, c)
		case !s.generators.Wrote(c.Path):
			now = append(now, c)
		}
	}
	return now
}

// open finds out what the work of the generators means. If they run
// again at once, that is left for the end.
func (ev generatedFiles) open(s *server) {
	for _, file := range ev.written {
		_, err := os.Lstat(file)
		s.meanwhile = append(s.meanwhile, fileChange{Path: file, Removed: err != nil, Created: true})
	}
	again := ev.Canceled || s.state.Queued(policy.GenerateLane)
	if !again {
		ev.Changed = s.meaningOf(s.meanwhile, set(ev.written))
		s.meanwhile = nil
	}
	s.happen(ev.Generated)
}

// meaningOf classifies what changed while generators ran. Only what people
// wrote is named as the cause of the build.
func (s *server) meaningOf(changes []fileChange, written map[string]bool) policy.Changed {
	var news []fileChange
	theirs, seen := map[string]bool{}, map[string]bool{}
	for _, c := range slices.Backward(changes) {
		if seen[c.Path] || !written[c.Path] && s.generators.Wrote(c.Path) {
			continue // said already, or rewritten as it was
		}
		seen[c.Path] = true
		news = append(news, c)
		theirs[s.inputs.relative(c.Path)] = !written[c.Path] && !s.generators.Owns(c.Path)
	}
	ev, ignored := classify(news, s.inputs)
	ev.Files = slices.DeleteFunc(ev.Files, func(file string) bool { return !theirs[file] })
	for _, c := range news {
		if slices.Contains(ignored, c.Path) {
			s.unheeded[c.Path] = c // the graph may be about to learn of it
		}
	}
	return ev
}
