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

// newGenerators returns the generators in the settings, or nil if there are none.
// keeps says that the caller will call keepGenerators.
func (p *project) newGenerators(cfg *config.Config, keeps bool) *generate.Set {
	if len(cfg.Generate) == 0 {
		return nil
	}
	options := generate.Options{
		Dir: p.root, Env: p.goEnv(cfg), Spawn: p.guardian.Start, Keeps: keeps,
		Note: func(n generate.Note) { p.tell(policy.Remark{Text: n.Text, Hint: n.Hint}) },
	}
	if p.cache != "" {
		options.Memory = filepath.Join(p.cache, "generated.json")
	}
	for _, g := range cfg.Generate {
		options.Generators = append(options.Generators, generate.Generator{
			Name: generatorName(g), Run: g.Run, Outputs: g.Outputs, Watch: g.Watch,
			Reads: func(rel string) bool { return config.MatchGlobs(g.Inputs, rel) },
		})
	}
	return generate.New(options)
}

// keepGenerators runs the generators that watch their inputs themselves, until
// ctx is done. When one fails or recovers, a run of the others picks that up.
func (s *server) keepGenerators(ctx context.Context, set *generate.Set) {
	set.Keep(ctx, func() { s.report(policy.Changed{At: time.Now(), Generate: true}) })
}

// generatorName returns the name of a generator, for people.
func generatorName(g config.Generate) string {
	if g.Name != "" {
		return g.Name
	}
	return generate.NameOf(g.Run)
}

// generatedFiles reports the end of a run of the generators. The loop still has
// to find out what the files they wrote affect.
type generatedFiles struct {
	policy.Generated
	written []string
}

// StartGenerate implements policy.Performer.
func (l *loop) StartGenerate(a policy.StartGenerate) {
	p, set := l.project, l.generators
	l.runLane(policy.GenerateLane, func(ctx context.Context) mail { return p.generate(ctx, set, a.Run) })
}

// generate runs the generators whose inputs have changed.
func (p *project) generate(ctx context.Context, set *generate.Set, run int) generatedFiles {
	defer p.attend("generate")()
	result, err := set.Run(ctx)
	ev := generatedFiles{policy.Generated{At: time.Now(), Run: run, Canceled: result.Canceled}, result.Written}
	for _, ran := range result.Ran {
		ev.Stages = append(ev.Stages, policy.Stage{Name: ran.Name, Took: policy.Millis(ran.Took)})
	}
	if err != nil {
		ev.Problems = append(ev.Problems, failureProblem(problem.Generate, err))
	}
	for _, f := range result.Failures {
		ev.Problems = append(ev.Problems, p.generateProblem(f))
	}
	return ev
}

func (s locator) generateProblem(f generate.Failure) problem.Problem {
	p := problem.Problem{
		Source: problem.Generate, Severity: problem.Error, Text: f.Generator + ": " + plain(f.Text),
		Line: f.Line, Column: f.Column, Notes: f.Notes, Output: plain(f.Output),
	}
	if f.File != "" {
		return p.At(f.File, f.Line, f.Column, problem.CodePoints).Under(s.root)
	}
	return p
}

// withoutGenerated returns changes without those made by generators, which are
// known already. While generators run, it also puts aside every change that they
// may have made or that has to wait for them: all but their own inputs and those
// of the bundles.
func (l *loop) withoutGenerated(changes []fileChange) []fileChange {
	if l.generators == nil {
		return changes
	}
	running := l.state.Busy(policy.GenerateLane)
	var now []fileChange
	for _, c := range changes {
		switch urgent := l.files.inputs.Web[c.Path] || l.generators.Reads(c.Path); {
		case running && (!urgent || l.generators.Owns(c.Path)):
			l.files.meanwhile = append(l.files.meanwhile, c)
		case !l.generators.Wrote(c.Path):
			now = append(now, c)
		}
	}
	return now
}

// open finds out what the files affect. If the generators run again at once, it
// leaves that to the end of the last run.
func (ev generatedFiles) open(l *loop) {
	for _, file := range ev.written {
		_, err := os.Lstat(file)
		l.files.meanwhile = append(l.files.meanwhile, fileChange{Path: file, Removed: err != nil, Created: true})
	}
	again := ev.Canceled || l.state.Queued(policy.GenerateLane)
	if !again {
		ev.Changed = l.meaningOf(l.files.meanwhile, set(ev.written))
		l.files.meanwhile = nil
	}
	l.happen(ev.Generated)
}

// meaningOf classifies what changed while generators ran. It names only files
// that people wrote as the cause of the build.
func (l *loop) meaningOf(changes []fileChange, written map[string]bool) policy.Changed {
	var news []fileChange
	theirs, seen := map[string]bool{}, map[string]bool{}
	for _, c := range slices.Backward(changes) {
		if seen[c.Path] || !written[c.Path] && l.generators.Wrote(c.Path) {
			continue // reported already, or rewritten unchanged
		}
		seen[c.Path] = true
		news = append(news, c)
		theirs[l.files.inputs.relative(c.Path)] = !written[c.Path] && !l.generators.Owns(c.Path)
	}
	ev, ignored := classify(news, l.files.inputs)
	ev.Files = slices.DeleteFunc(ev.Files, func(file string) bool { return !theirs[file] })
	for _, c := range news {
		if slices.Contains(ignored, c.Path) {
			l.files.unclaimed[c.Path] = c // the graph may be about to include it
		}
	}
	return ev
}
