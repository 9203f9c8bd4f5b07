package watch

import (
	"fmt"
	"path/filepath"
	"time"
)

const (
	// auditInterval is how often followed files are checked for changes without
	// an event.
	auditInterval = 30 * time.Second
	// auditGrace is how late an event may be before it counts as lost.
	auditGrace = 500 * time.Millisecond
	// rootRetry is how often to look for a root that has vanished.
	rootRetry = 250 * time.Millisecond
	// staleLock is the age at which a lock counts as left behind.
	staleLock = 10 * time.Second
	// rebasePause is how long a rebase may take from one commit to the next.
	rebasePause = 300 * time.Millisecond
)

// nextChore returns how long until chores has something to do.
func (t *tree) nextChore(now time.Time) time.Duration {
	next := t.nextAudit
	for _, at := range []time.Time{t.sweepAt, t.retryAt, t.trackedAt} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return max(0, next.Sub(now))
}

// chores does the periodic checks that are due.
func (t *tree) chores(now time.Time) {
	if !t.retryAt.IsZero() && !now.Before(t.retryAt) {
		t.retryAt = time.Time{}
		for _, r := range t.roots {
			t.checkRoot(r)
		}
	}
	if !t.trackedAt.IsZero() && !now.Before(t.trackedAt) {
		t.refreshTracked()
	}
	if !t.sweepAt.IsZero() && !now.Before(t.sweepAt) {
		t.sweep(now)
	}
	if !now.Before(t.nextAudit) {
		t.audit(now)
		every := t.auditEvery
		if t.back.polls() {
			every = min(every, t.back.poll.every)
		}
		t.nextAudit = now.Add(every)
	}
}

// rootMissing schedules a search for the root. The directory above it is not
// watched, so no event would report its return.
func (t *tree) rootMissing(r root) {
	if t.retryAt.IsZero() {
		t.notice(Notice{Text: fmt.Sprintf("%s is gone; waiting for it to come back", r.named)})
	}
	t.retryAt = time.Now().Add(rootRetry)
}

// checkRoot leaves a hint if the root has come back, has vanished or is another
// directory now.
func (t *tree) checkRoot(r root) {
	m, ok := lstat(r.real)
	d := t.dirs[r.real]
	there := d != nil && d.watched
	switch {
	case !ok && !there:
		t.retryAt = time.Now().Add(rootRetry)
	case ok != there || ok && d.id != m.id:
		t.hints.hint(r.real, happening{moved: true})
	}
}

// sweep looks again at files that had just been written when they were read.
// Another write in the same tick of the filesystem's clock leaves no trace in the
// metadata.
func (t *tree) sweep(now time.Time) {
	t.sweepAt = time.Time{}
	for _, d := range t.dirs {
		for name, e := range d.files {
			if !e.doubtful || e.suspect {
				continue
			}
			path := filepath.Join(d.path, name)
			switch m, ok := lstat(path); {
			case !ok || e.differs(m):
				t.suspect(d, name, now, !ok || m.size == 0)
			case m.doubtful(now):
				t.sweepAt = now.Add(doubtWindow)
			case e.hashed:
				t.compare([]string{path})
			default:
				e.doubtful = false // an event would have arrived by now
			}
		}
	}
}

// audit looks for changes of followed files, and of the roots themselves, that
// raised no event.
func (t *tree) audit(now time.Time) {
	for _, r := range t.roots {
		if t.retryAt.IsZero() {
			t.checkRoot(r)
		}
	}
	polled := t.back.polls()
	for path := range t.followed.files {
		d, name := t.dirs[filepath.Dir(path)], filepath.Base(path)
		m, exists := lstat(path)
		exists = exists && !m.dir
		if d == nil {
			t.followed.stale = t.followed.stale || exists
			continue
		}
		e := d.files[name]
		if e == nil && !exists || e != nil && exists && !e.differs(m) || e != nil && e.suspect {
			continue
		}
		if !polled {
			t.unheard[path] = true
		}
		h := hint{first: now, last: now.Add(auditGrace)}
		t.suspectWhen(d, name, h, !exists || m.size == 0)
	}
}

// tellUnheard says that a change raised no event. Events are then unreliable, so
// everything is polled from now on.
func (t *tree) tellUnheard(path string) {
	if !t.unheard[path] {
		return
	}
	delete(t.unheard, path)
	t.tally.Unheard++
	t.notice(Notice{
		Text: fmt.Sprintf("%s changed without a file event; polling from now on", t.names(path)[0]),
		Hint: "is it on a share, or bind-mounted into a container?",
	})
	t.back.pollAll = true
	for _, d := range t.dirs {
		if d.watched {
			_ = t.back.poll.Add(d.path)
		}
	}
}

// lock is a file or a directory that exists while version control writes.
type lock struct {
	path string
	// holds is how long the lock counts after its last change.
	holds time.Duration
	named bool // report it when it is older
}

// locksOf returns the locks of the repositories around the roots. Between two
// commits of a rebase the index is not locked. The rebase's directory alone
// proves little, because it stays while a person resolves a conflict.
func locksOf(roots []root) (locks []lock) {
	for _, r := range roots {
		if repo, ok := findRepository(r.real); ok {
			locks = append(locks, lock{filepath.Join(repo.private, "index.lock"), staleLock, true})
			for _, name := range []string{"rebase-merge", "rebase-apply", "sequencer"} {
				locks = append(locks, lock{filepath.Join(repo.private, name), rebasePause, false})
			}
		}
		locks = append(locks, lock{filepath.Join(r.real, ".hg", "wlock"), staleLock, true})
	}
	return locks
}

// locked reports whether version control is writing. A half-finished checkout is
// not worth building.
func (t *tree) locked(now time.Time) bool {
	for _, lock := range t.locks {
		m, ok := lstat(lock.path)
		if !ok {
			continue
		}
		if now.UnixNano()-m.mtime < int64(lock.holds) {
			return true
		}
		if lock.named && t.staleLock != m.mtime {
			t.staleLock = m.mtime
			t.notice(Notice{
				Text: fmt.Sprintf("%s is older than %v and ignored", lock.path, lock.holds),
				Hint: "remove it if no version control command is running",
			})
		}
	}
	return false
}

func (t *tree) stats() stats {
	s := t.tally
	s.Polled = t.back.poll.count()
	for _, d := range t.dirs {
		if d.watched {
			s.Dirs++
		}
		s.Files += len(d.files)
	}
	return s
}
