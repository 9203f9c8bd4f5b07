package devserver

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/watch"
)

// settle is how long files must be quiet before a build: editors that format
// on save write twice, and save through a file of another name.
const settle = 10 * time.Millisecond

// quiet is the settle time of a file. Bundling is cheap to start over, so what
// is known to be bundled waits for nothing. The watcher calls it.
func (s *server) quiet(file string) time.Duration {
	if known := s.webFiles.Load(); known != nil && (*known)[file] {
		return 0
	}
	return settle
}

// filesChanged gives a batch its meaning and decides about it.
func (s *server) filesChanged(batch watch.Batch) {
	changes := make([]fileChange, len(batch.Changes))
	for i, c := range batch.Changes {
		changes[i] = fileChange{Path: c.Path, Removed: c.Op == watch.Removed, Created: c.Op == watch.Created}
	}
	changes = s.besideGenerators(s.besideSettings(changes))
	s.classified(changes, batch.First, batch.More)
}

func (s *server) classified(changes []fileChange, first time.Time, more bool) {
	ev, ignored := classify(changes, s.inputs)
	s.ignore(changes, ignored)
	if len(ev.Files) == 0 {
		if !more {
			s.happen(policy.NothingFollowed{})
		}
		return
	}
	ev.At, ev.First, ev.Held = time.Now(), first, more
	s.happen(ev)
}

// ignore speaks of files that belong to nothing, once for each extension and,
// to who wants to know all, once for each file and why. It keeps them in mind: a
// build under way may be about to read them.
func (s *server) ignore(changes []fileChange, ignored []string) {
	known := set(ignored)
	for _, c := range changes {
		why, theirs := s.inputs.outside(c.Path)
		if !known[c.Path] && !theirs {
			continue
		}
		if known[c.Path] {
			s.unheeded[c.Path] = c
		}
		if s.graphLoading {
			continue // it may well belong to the build
		}
		ext := filepath.Ext(c.Path)
		switch {
		case s.ignored[c.Path]: // our own output may go to such a file
		case theirs || c.Removed || s.ignored[ext] || passing(filepath.Base(c.Path)):
			s.tell(policy.Verbose{Text: s.relative(c.Path) + " " + why})
		default:
			s.remark("%s in no build; add a [[rule]] (said once for %s)", s.relative(c.Path), ext)
			s.ignored[ext] = true
		}
		s.ignored[c.Path] = true
	}
}

// passing tells whether a file is not worth a line: tests, what editors and
// other tools put beside a file while they save it, what has no extension.
func passing(name string) bool {
	ext := filepath.Ext(name)
	return len(ext) < 2 || len(ext) > 6 || strings.ContainsAny(name, "~#") || name[0] == '.' ||
		ext == ".swp" || ext == ".tmp" || strings.HasSuffix(name, "_test.go")
}

// loaded takes a new build graph in, or nil when there is none. What was ignored while it was loaded is
// looked at again: a file may have changed just before an import of it was
// known.
func (s *server) loaded(graph *gobuild.Graph) {
	s.graphLoading = false
	if s.graphStale {
		s.graphStale = false
		s.loadGraph()
	}
	if graph == nil {
		return
	}
	s.graph = graph
	s.inputs.Go = graph.Relevant
	s.follow()
	var late, idle []fileChange
	var paths []string
	for _, c := range s.unheeded {
		if graph.Relevant(c.Path, c.Removed) {
			late = append(late, c)
		} else if !s.ignored[c.Path] {
			idle, paths = append(idle, c), append(paths, c.Path)
		}
	}
	clear(s.unheeded)
	s.ignore(idle, paths)
	if len(late) > 0 {
		s.classified(late, time.Now(), false)
	}
}

// follow tells the watcher which files matter wherever they are.
func (s *server) follow() {
	files := append([]string(nil), s.webInputs...)
	if s.graph != nil {
		files = append(files, s.graph.Files()...)
		for _, dir := range s.graph.Dirs() { // where a new file counts, and which the roots leave out
			if !within([]string{s.root}, dir) {
				files = append(files, dir)
			}
		}
	}
	for file := range s.inputs.Env {
		files = append(files, file)
	}
	s.watcher.Follow(watch.Following{Files: append(files, s.cfg.Candidates...)})
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}
