package typecheck

import (
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// missed finds out that a compiler at rest has not seen a save. TypeScript 7 is
// deaf during its first check and for a moment after each further one; the next
// save then makes it look at everything. Older ones notice by themselves.
//
// It compares what the files are with what they were when a check began, and
// speaks up when the compiler let patience pass without beginning another.
type missed struct {
	dir      string
	patience time.Duration
	report   func() // is called at most once

	mu       sync.Mutex
	answered bool // the first check is over
	seen     map[string]stamp
	last     map[string]stamp // at the last look
	timer    *time.Timer      // nil while a check is under way
}

// stamp is what a write, a rename or a removal of a file changes.
type stamp struct {
	size  int64
	saved time.Time
}

// watchFor begins before the compiler does.
func watchFor(dir string, patience time.Duration, report func()) *missed {
	return &missed{dir: dir, patience: patience, report: report, seen: stamps(dir)}
}

// begin says that a check begins. The first one counts from watchFor.
func (m *missed) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restLocked()
	if m.answered {
		m.seen = stamps(m.dir)
	}
}

// end says that a check is over.
func (m *missed) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answered = true
	m.restLocked()
	m.last = stamps(m.dir)
	m.timer = time.AfterFunc(m.patience, m.look)
}

// close ends the looking; report may be under way.
func (m *missed) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restLocked()
}

func (m *missed) restLocked() {
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
}

func (m *missed) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timer == nil {
		return // it began meanwhile
	}
	switch now := stamps(m.dir); {
	case maps.Equal(now, m.seen):
	case maps.Equal(now, m.last):
		m.report()
	default: // saved just now: it has as long again to notice
		m.last = now
		m.timer = time.AfterFunc(m.patience, m.look)
	}
}

// typed matches sources with types. Scripts without are left out although a
// checker may read them: bundles are written beside the sources at each save.
var typed = regexp.MustCompile(`\.([cm]?tsx?|vue|svelte)$`)

// stamps returns the stamps of the sources below dir.
func stamps(dir string) map[string]stamp {
	found := map[string]stamp{}
	_ = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // gone meanwhile
		case e.IsDir() && file != dir && (e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".")):
			return fs.SkipDir
		case e.IsDir() || !typed.MatchString(e.Name()):
			return nil
		}
		if info, err := e.Info(); err == nil {
			found[file] = stamp{info.Size(), info.ModTime()}
		}
		return nil
	})
	return found
}
