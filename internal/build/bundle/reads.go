package bundle

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// readLog collects the files that a build reads. esbuild's metafile lists them
// too, but only of builds that succeed. Plugins write it from many goroutines.
type readLog struct {
	mu   sync.Mutex
	seen map[string]reading

	globs []Glob // sets whose files were read, all that there were
}

// reading is how a file was read.
type reading struct {
	before   stamp // no later than its contents
	embedded bool  // the contents ended up in a script
}

func (l *readLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen, l.globs = make(map[string]reading), nil
}

// addGlob notes sets of files that may grow.
func (l *readLog) addGlob(globs []Glob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.globs = append(l.globs, globs...)
}

// add notes a file that esbuild loads by itself, once this returns.
func (l *readLog) add(file string) { l.note(file, reading{before: settledStamp(file)}) }

// addEmbedded notes a file, about to be read, whose contents a script gets, as
// text or as a URL.
func (l *readLog) addEmbedded(file string) {
	l.note(file, reading{before: settledStamp(file), embedded: true})
}

func (l *readLog) note(file string, r reading) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first, known := l.seen[file]; known {
		r = reading{before: first.before, embedded: first.embedded || r.embedded}
	}
	l.seen[file] = r
}

// files returns all that were read.
func (l *readLog) files() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.seen))
}

// stamps returns them with what they were like before.
func (l *readLog) stamps() map[string]stamp {
	l.mu.Lock()
	defer l.mu.Unlock()
	stamps := make(map[string]stamp, len(l.seen))
	for file, r := range l.seen {
		stamps[file] = r.before
	}
	return stamps
}

// embedded returns the files that were noted by addEmbedded.
func (l *readLog) embedded() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	embedded := make(map[string]bool)
	for file, r := range l.seen {
		if r.embedded {
			embedded[file] = true
		}
	}
	return embedded
}

// stale reports whether a file was written since it was about to be read, so
// that what was read may be neither the old nor the new.
func (l *readLog) stale() bool {
	for file, before := range l.stamps() {
		if stampOf(file) != before {
			return true
		}
	}
	return false
}

// Saving in place empties a file before it is written.
const (
	savePatience = 50 * time.Millisecond // no such save takes longer
	savePause    = time.Millisecond      // between two looks at the file
	saveRecent   = time.Second           // generous: under load, the clock of a file system lags
)

// settledStamp returns the stamp of a file, and gives one that was emptied just
// now the time to be written: what led to the build may be the save before.
func settledStamp(file string) stamp {
	now := stampOf(file)
	for begun := time.Now(); now.size == 0 && time.Since(now.time) < saveRecent && time.Since(begun) < savePatience; now = stampOf(file) {
		time.Sleep(savePause)
	}
	return now
}
