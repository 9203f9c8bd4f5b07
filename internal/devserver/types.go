package devserver

import (
	"path/filepath"

	"github.com/calendsync/devtool/internal/build/typecheck"
	"github.com/calendsync/devtool/internal/problem"
)

// checkTypes starts the TypeScript compiler of the project beside everything
// else. It is called after the first outcome: nobody waits for types.
func (s *server) checkTypes() {
	wanted := s.cfg.Web.TSC
	if s.web == nil || s.opts.Once || wanted != nil && !*wanted {
		return
	}
	dir := s.cfg.Web.Dir
	if dir == "" {
		dir = filepath.Dir(s.cfg.Web.EntryPoints[0])
	}
	check, found := typecheck.New(typecheck.Options{
		Root: s.root, Dir: dir, Env: s.opts.Env, Spawn: s.guardian.Start,
	})
	if !found {
		if wanted != nil {
			s.tell(Remark{
				Text: "types are not checked: there is no TypeScript compiler, or no tsconfig.json, for " + s.relative(dir),
				Hint: "npm install --save-dev typescript, and npx tsc --init",
			})
		}
		return
	}
	s.work.Go(func() {
		err := check.Run(s.stop, func(found []problem.Problem) {
			s.send(typesChecked{Problems: s.problems(found, nil)})
		})
		if s.stop.Err() == nil {
			s.send(typesChecked{})
			s.remark("types are checked no more: %v", err)
		}
	})
}

// typesChecked shows what is wrong with types, as warnings, and tells of it
// when it is something else than before.
func (d *decision) typesChecked(ev typesChecked) {
	if equalProblems(d.Problems[fromTypes], ev.Problems) {
		return
	}
	all, news := newsFirst(ev.Problems, d.Problems[fromTypes])
	d.reports = append(d.reports, tellTypes{Problems: all, News: news})
	d.Problems[fromTypes] = ev.Problems
}
