package devserver

import (
	"path/filepath"

	"github.com/calendsync/devtool/internal/build/typecheck"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// typesWanted reports whether to check types if there is a compiler.
func (o *Options) typesWanted(cfg *config.Config) bool {
	tsc := cfg.Web.TSC
	return len(cfg.Web.EntryPoints) > 0 && !o.Once && (tsc == nil || *tsc)
}

// CheckTypes implements policy.Performer. It starts the project's TypeScript
// compiler in a goroutine of its own.
func (l *loop) CheckTypes(policy.CheckTypes) {
	dir := l.cfg.Web.Dir
	if dir == "" {
		dir = filepath.Dir(l.cfg.Web.EntryPoints[0])
	}
	check, found := typecheck.New(typecheck.Options{
		Root: l.root, Dir: dir, Env: l.environ, Spawn: l.guardian.Start,
	})
	if !found {
		if l.cfg.Web.TSC != nil {
			l.tell(policy.Remark{
				Text: "types are not checked: there is no TypeScript compiler, or no tsconfig.json, for " + l.relative(dir),
				Hint: "npm install --save-dev typescript, and npx tsc --init",
			})
		}
		return
	}
	l.work.Go(func() {
		err := check.Run(l.stop, func(found []problem.Problem) {
			l.report(policy.TypesFound{Problems: l.problems(found, nil)})
		})
		if l.stop.Err() == nil {
			l.report(policy.TypesFound{})
			l.remark("type checking has stopped: %v", err)
		}
	})
}
