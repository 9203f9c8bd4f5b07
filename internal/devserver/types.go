package devserver

import (
	"path/filepath"

	"github.com/calendsync/devtool/internal/build/typecheck"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// typesWanted reports whether types are to be checked, if there is a compiler.
func (o *Options) typesWanted(cfg *config.Config) bool {
	tsc := cfg.Web.TSC
	return len(cfg.Web.EntryPoints) > 0 && !o.Once && (tsc == nil || *tsc)
}

// CheckTypes implements policy.Performer: it starts the TypeScript compiler of the
// project beside everything else.
func (s *server) CheckTypes(policy.CheckTypes) {
	dir := s.cfg.Web.Dir
	if dir == "" {
		dir = filepath.Dir(s.cfg.Web.EntryPoints[0])
	}
	check, found := typecheck.New(typecheck.Options{
		Root: s.root, Dir: dir, Env: s.opts.Env, Spawn: s.guardian.Start,
	})
	if !found {
		if s.cfg.Web.TSC != nil {
			s.tell(policy.Remark{
				Text: "types are not checked: there is no TypeScript compiler, or no tsconfig.json, for " + s.relative(dir),
				Hint: "npm install --save-dev typescript, and npx tsc --init",
			})
		}
		return
	}
	s.work.Go(func() {
		err := check.Run(s.stop, func(found []problem.Problem) {
			s.report(policy.TypesFound{Problems: s.problems(found, nil)})
		})
		if s.stop.Err() == nil {
			s.report(policy.TypesFound{})
			s.remark("types are checked no more: %v", err)
		}
	})
}
