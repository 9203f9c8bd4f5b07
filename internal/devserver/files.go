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

// settle is how long files must be quiet before a build: editors that format on
// save write twice, and some save through a file of another name.
const settle = 10 * time.Millisecond

// quiet returns the settle time of a file. Bundling is cheap to start over, so
// inputs of the bundles do not wait. The watcher calls it.
func (s *server) quiet(file string) time.Duration {
	if known := s.views.webFiles.Load(); known != nil && (*known)[file] {
		return 0
	}
	return settle
}

// filesChanged gives a batch its meaning and decides about it.
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

// ignore reports files that belong to nothing, once for each extension, and with
// --verbose once for each file and why. It remembers them: a build under way may
// be about to read them.
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
			continue // it may well belong to the build
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

// passing reports whether a file is not worth a line: a test, a file that an editor
// puts beside another while it saves, or one without an extension.
func passing(name string) bool {
	ext := filepath.Ext(name)
	return len(ext) < 2 || len(ext) > 6 || strings.ContainsAny(name, "~#") || name[0] == '.' ||
		ext == ".swp" || ext == ".tmp" || strings.HasSuffix(name, "_test.go")
}

// loaded takes in a new build graph of a build that began at since; nil when there
// is none. What was ignored while it was loaded is looked at again: a file may have
// changed just before an import of it was known.
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

// follow tells the watcher which files matter wherever they are. since is when a
// build began to read them; zero means now.
func (l *loop) follow(since time.Time) {
	f := watch.Following{Since: since, Files: slices.Concat(l.web.inputs, l.cfg.Candidates)}
	if graph := l.files.graph; graph != nil {
		f.Files = append(f.Files, graph.Files()...)
		for _, g := range graph.Globs() {
			f.Globs = append(f.Globs, watch.Glob(g))
		}
		for _, dir := range graph.Dirs() { // where a new file counts, and which the roots leave out
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
	}
	l.watcher.Follow(f)
}

// consented reports whether a rule of the user's has something done about a file, or
// a generator reads it: then it counts although git ignores it.
func (in *inputs) consented(file string) bool {
	if action := matchRule(in.Rules, in.relative(file)); action != "" {
		return action != "ignore"
	}
	return in.Generators != nil && in.Generators(file)
}

// ruleGlobs returns the sets of files that rules name by their directory.
func ruleGlobs(root string, rules []config.Rule) (globs []watch.Glob) {
	for _, r := range rules {
		if r.Action != "ignore" {
			globs = append(globs, placedGlobs(root, r.Paths)...)
		}
	}
	return globs
}

// placedGlobs returns those of the settings' globs that name a directory, which may
// be one that git ignores. Globs that begin with a wildcard name none.
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
