package devserver

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// ProductionOptions of [Build].
type ProductionOptions struct {
	Config     *config.Config
	Out        string   // directory to replace, absolute
	SourceMaps bool     // write them beside the bundles
	Self       string   // devtool's own executable
	Cache      string   // as in [Options]
	Env        []string // the environment, as os.Environ gives it
	Tell       func(policy.Message)
}

// ErrBroken says that the project does not build. Options.Tell has heard why.
var ErrBroken = errors.New("the build failed; the previous build is unchanged")

// Build builds both sides of a project for production, from the same settings as
// [Run], and replaces the directory Out with the result: the program, what
// browsers load (public), the manifest with which the program finds that, and an
// inventory. If the program embeds the web side (web.write_dir), it gets it
// without a change to any file of the project.
//
// Out stays unchanged unless everything could be built and written. The error is
// [ErrBroken], an [*OutputError], the error of ctx, or one that [Run] returns.
func Build(ctx context.Context, o ProductionOptions) error {
	p := production{
		project: &project{locator: locator{root: o.Config.Root}, narrator: narrator{o.Tell}, environ: o.Env, cache: o.Cache},
		started: time.Now(), sourceMaps: o.SourceMaps,
		outcome: policy.Outcome{Build: 1, Result: policy.Built},
	}
	var assumed []config.Assumption
	var err error
	asked := *o.Config
	asked.Production = true
	if p.cfg, assumed, err = Discover(ctx, &asked, o.Env); err != nil {
		return err
	}
	if err = p.open(o.Self); err == nil {
		err = p.run(ctx, o.Out, assumed)
	}
	return errors.Join(err, p.close())
}

// production is one production build.
type production struct {
	*project
	cfg        *config.Config // complete
	started    time.Time
	sourceMaps bool
	dir        *outputDir
	outcome    policy.Outcome
}

func (p *production) run(ctx context.Context, out string, assumed []config.Assumption) (err error) {
	if p.dir, err = newOutputDir(out); err != nil {
		return err
	}
	defer p.dir.discard()
	for _, line := range p.settled(p.cfg, assumed) {
		p.tell(line)
	}
	p.tell(policy.BuildStarted{Build: 1, Files: []string{}})
	if err := p.build(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	broken := problem.AnyErrors(p.outcome.Problems)
	if broken {
		p.outcome.Result = policy.Broken
	} else if err := p.dir.commit(); err != nil {
		return err
	}
	p.outcome.First = p.started
	p.tell(finished(p.outcome, 0, true))
	if broken {
		return ErrBroken
	}
	p.tell(policy.Written{Dir: out, Files: p.dir.files})
	return nil
}

// build fills the directory: generators first, then the web side, which Go may
// embed. It finds everything that is wrong in one go, except what would only
// follow from another problem.
func (p *production) build(ctx context.Context) error {
	if generators := p.newGenerators(p.cfg, false); generators != nil {
		ev := p.generate(ctx, generators, 1)
		p.did(ev.Problems, ev.Stages...)
		if problem.AnyErrors(ev.Problems) {
			return nil
		}
	}
	overlay, err := p.buildWeb(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if problem.AnyErrors(p.outcome.Problems) && p.cfg.Web.WriteDir != "" {
		return nil
	}
	return p.buildProgram(ctx, overlay)
}

// did adds the result of a step.
func (p *production) did(problems []problem.Problem, stages ...policy.Stage) {
	p.outcome.Problems = append(p.outcome.Problems, problems...)
	p.outcome.Stages = append(p.outcome.Stages, stages...)
}

// buildProgram builds the Go side.
func (p *production) buildProgram(ctx context.Context, overlay string) error {
	options := p.goOptions(p.cfg)
	options.Release, options.Race, options.Overlay = true, false, overlay
	options.TempDir = p.dir.stage
	golang := gobuild.New(options)
	ev := p.buildGo(ctx, golang, 1)
	p.did(ev.Problems, policy.Stage{Name: "go", Took: policy.Millis(ev.Took)})
	if ev.Canceled || problem.AnyErrors(ev.Problems) {
		return nil
	}
	name := filepath.Base(p.cfg.Go.Output)
	if len(p.cfg.Go.Command) == 0 {
		var err error
		if name, err = golang.ProgramName(ctx); err != nil {
			return err
		}
	}
	return p.dir.take(ev.Binary.Path, name)
}

// buildWeb bundles the web side and writes it, together with its pages and the
// public files. It returns the overlay with which Go embeds it, or "".
func (p *production) buildWeb(ctx context.Context) (overlay string, err error) {
	w := p.cfg.Web
	var entries []bundle.Entry
	if len(w.EntryPoints) > 0 {
		options := webOptions(p.cfg, p.environ, "production")
		options.Release, options.SourceMaps = true, p.sourceMaps
		web, err := bundle.New(options)
		if err != nil {
			return "", err
		}
		defer web.Close()
		result := web.Build(ctx, nil)
		if result.Canceled {
			return "", nil
		}
		p.did(p.problems(result.Diagnostics, nil), policy.Stage{Name: "web", Took: policy.Millis(result.Took)})
		for url, o := range result.Outputs {
			if err := p.dir.write(publicFile(w, url), o.Contents); err != nil {
				return "", err
			}
		}
		entries = result.Entries
		if result.ViteManifest != nil {
			if err := p.dir.write(viteManifestFile, result.ViteManifest); err != nil {
				return "", err
			}
		}
		for _, page := range result.Pages {
			if err := p.dir.write(path.Join(publicDir, page.Path), page.Text); err != nil {
				return "", err
			}
		}
	}
	if w.PublicDir != "" {
		if err := p.dir.copyPublic(w.PublicDir); err != nil {
			return "", err
		}
	}
	manifest, err := bundle.Manifest(entries)
	if err != nil {
		return "", err
	}
	if err := p.dir.write(manifestFile, manifest); err != nil {
		return "", err
	}
	if w.WriteDir == "" {
		return "", nil
	}
	return p.writeOverlay()
}
