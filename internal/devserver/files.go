package devserver

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/watch"
)

// quietTime is how long files must be quiet before a build. Editors that format
// on save write twice, and some save through a file of another name.
const quietTime = 10 * time.Millisecond

// quiet returns how long a file must be quiet. Bundling is cheap to start over,
// so inputs of the bundles do not wait. The watcher calls it.
func (s *server) quiet(file string) time.Duration {
	if known := s.views.webFiles.Load(); known != nil && (*known)[file] {
		return 0
	}
	return quietTime
}

// filesChanged finds out what a batch affects and decides about it.
func (l *loop) filesChanged(batch watch.Batch) {
	changes := make([]fileChange, len(batch.Changes))
	for i, c := range batch.Changes {
		changes[i] = fileChange{Path: c.Path, Removed: c.Op == watch.Removed, Created: c.Op == watch.Created}
	}
	changes, edited := l.takeSettings(changes)
	if edited != "" {
		l.readSettings(edited)
	}
	l.classified(l.withoutGenerated(changes), batch.First, batch.More)
}

func (l *loop) classified(changes []fileChange, first time.Time, more bool) {
	ev, ignored := classify(changes, l.files.inputs)
	l.ignore(changes, ignored)
	if len(ev.Files) == 0 {
		if !more {
			l.happen(policy.NothingFollowed{})
		}
		return
	}
	ev.At, ev.First, ev.Held = time.Now(), first, more
	l.happen(ev)
}

// ignore reports files that nothing uses, once for each extension, and with
// --verbose each file with the reason. It remembers them, because a build under
// way may be about to read them.
func (l *loop) ignore(changes []fileChange, ignored []string) {
	known := set(ignored)
	for _, c := range changes {
		why, theirs := l.files.inputs.outside(c.Path)
		if !known[c.Path] && !theirs {
			continue
		}
		if known[c.Path] {
			l.files.unclaimed[c.Path] = c
		}
		if l.files.loading.busy {
			continue // it may belong to the build after all
		}
		ext := filepath.Ext(c.Path)
		switch {
		case l.files.ignored[c.Path]: // our own output may go to such a file
		case theirs || c.Removed || l.files.ignored[ext] || passing(filepath.Base(c.Path)):
			l.tell(policy.Verbose{Text: l.relative(c.Path) + " " + why})
		default:
			l.remark("%s in no build; add a [[rule]] (said once for %s)", l.relative(c.Path), ext)
			l.files.ignored[ext] = true
		}
		l.files.ignored[c.Path] = true
	}
}

// passing reports whether a file is not worth a line: a test, a document, what a
// package manager notes, a temporary file of an editor, or one without an extension.
func passing(name string) bool {
	ext := filepath.Ext(name)
	if config.MatchGlobs([]string{"*.{md,mdx,markdown,rst,adoc,lock,lockb,sum}", "*-lock.{json,yaml,yml}", "*shrinkwrap.json", "{LICENSE,COPYING,NOTICE,README,CHANGELOG}*"}, name) {
		return true
	}
	return len(ext) < 2 || len(ext) > 6 || strings.ContainsAny(name, "~#") || name[0] == '.' ||
		ext == ".swp" || ext == ".tmp" || strings.HasSuffix(name, "_test.go")
}

// loaded adopts the build graph of a build that began at since; nil if there is
// none. It looks again at the files that were ignored while the graph was
// loading: one may have changed just before its import was known.
func (l *loop) loaded(graph *gobuild.Graph, since time.Time) {
	if l.files.loading.end() {
		l.LoadGraph(policy.LoadGraph{})
	}
	if graph == nil {
		return
	}
	if known := l.files.graph; known != nil {
		whole := graph.With(*known)
		graph = &whole
	}
	l.files.graph = graph
	l.files.inputs.Go = graph.Relevant
	l.follow(since)
	var late, idle []fileChange
	var paths []string
	for _, c := range l.files.unclaimed {
		if graph.Relevant(c.Path, c.Removed) {
			late = append(late, c)
		} else if !l.files.ignored[c.Path] {
			idle, paths = append(idle, c), append(paths, c.Path)
		}
	}
	clear(l.files.unclaimed)
	l.ignore(idle, paths)
	if len(late) > 0 {
		l.classified(late, time.Now(), false)
	}
}

// follow tells the watcher which files count wherever they are. since is when a
// build began to read them; zero means now.
func (l *loop) follow(since time.Time, missed ...string) {
	f := watch.Following{Since: since, Missed: missed, Files: slices.Concat(l.web.inputs, l.cfg.Candidates)}
	if graph := l.files.graph; graph != nil {
		f.Files = append(f.Files, graph.Files()...)
		for _, g := range graph.Globs() {
			f.Globs = append(f.Globs, watch.Glob(g))
		}
		for _, dir := range graph.Dirs() { // a new file counts there, and the roots leave them out
			if !within([]string{l.root}, dir) {
				f.Dirs = append(f.Dirs, dir)
			}
		}
	}
	for _, g := range l.files.inputs.Globs {
		f.Globs = append(f.Globs, watch.Glob(g))
	}
	for file := range l.files.inputs.Env {
		f.Files = append(f.Files, file)
	}
	in := inputs{Root: l.root, Rules: l.files.inputs.Rules, Generators: l.files.inputs.Generators} // for the watcher's goroutine
	f.Wanted = in.consented
	f.Globs = append(f.Globs, ruleGlobs(in.Root, in.Rules)...)
	for _, g := range l.cfg.Generate {
		f.Globs = append(f.Globs, placedGlobs(in.Root, g.Inputs)...)
		f.Files = append(f.Files, g.Outputs...) // their removal is news
	}
	l.watcher.Follow(f)
}

// consented reports whether one of the user's rules gives a file an effect, or a
// generator reads it. Such a file counts although git ignores it.
func (in *inputs) consented(file string) bool {
	if action := matchRule(in.Rules, in.relative(file)); action != "" {
		return action != "ignore"
	}
	return in.Generators != nil && in.Generators(file)
}

// ruleGlobs returns the files that rules name with a literal directory.
func ruleGlobs(root string, rules []config.Rule) (globs []watch.Glob) {
	for _, r := range rules {
		if r.Action != "ignore" {
			globs = append(globs, placedGlobs(root, r.Paths)...)
		}
	}
	return globs
}

// placedGlobs returns the globs that begin with a literal directory, which git
// may ignore.
func placedGlobs(root string, globs []string) (placed []watch.Glob) {
	for _, glob := range globs {
		pattern := strings.TrimPrefix(strings.TrimPrefix(glob, "/"), "./")
		first, _, below := strings.Cut(pattern, "/")
		if below && !strings.ContainsAny(first, `!*?[{\`) {
			placed = append(placed, watch.Glob{Dir: root, Pattern: pattern})
		}
	}
	return placed
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}
