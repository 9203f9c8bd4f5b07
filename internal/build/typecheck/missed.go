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

// missed finds out that an idle compiler has not noticed a save. TypeScript 7
// misses saves during its first check and for a moment after each later one; the
// next save makes it look at everything. Older versions notice every save.
//
// It compares the files with their state when a check began, and reports when
// patience has passed without another check.
type missed struct {
	dir      string
	patience time.Duration
	report   func() // is called at most once

	mu       sync.Mutex
	answered bool // the first check is over
	seen     map[string]stamp
	last     map[string]stamp // when last compared
	timer    *time.Timer      // nil while a check is under way
}

// stamp changes when a file is written, renamed or removed.
type stamp struct {
	size  int64
	saved time.Time
}

// watchFor must be called before the compiler starts.
func watchFor(dir string, patience time.Duration, report func()) *missed {
	return &missed{dir: dir, patience: patience, report: report, seen: stamps(dir)}
}

// begin says that a check begins. The first check counts from watchFor.
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

// close stops comparing. A call of report may still be running.
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
		return // a check has begun meanwhile
	}
	switch now := stamps(m.dir); {
	case maps.Equal(now, m.seen):
	case maps.Equal(now, m.last):
		m.report()
	default: // saved just now, so wait once more
		m.last = now
		m.timer = time.AfterFunc(m.patience, m.look)
	}
}

// typed matches sources with types. It leaves out plain scripts, although a
// checker may read them, because bundles may be written next to the sources at
// each save.
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
