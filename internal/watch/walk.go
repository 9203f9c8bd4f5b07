package watch

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// walk watches d, then brings the index below it up to date. m is the result of
// lstat for d.
func (t *tree) walk(d *dir, m meta) {
	if t.halted() || !t.watch(d, m) {
		return
	}
	list, err := readDir(d.path)
	if err != nil {
		if os.IsNotExist(err) {
			t.lose(d)
			return
		}
		t.notice(Notice{Text: fmt.Sprintf("cannot read %s (%v); changes in it go unseen", d.path, err)})
	}
	before := d.scope
	d.scope = nil
	if d.whole {
		d.scope = d.outer.with(d.path, filepath.Join(d.path, ".gitignore"))
	}
	seen := make(map[string]bool, len(list))
	now := time.Now()
	for _, item := range list {
		name := item.Name()
		seen[name] = true
		if item.IsDir() {
			t.walkChild(d, name, before)
		} else {
			t.meet(d, name, before, now)
		}
	}
	for name := range d.files {
		if !seen[name] {
			t.suspect(d, name, now, true)
		}
	}
	for name, sub := range d.dirs {
		if !seen[name] {
			t.lose(sub)
		}
	}
}

// readDir lists without sorting.
func readDir(path string) ([]os.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// walkChild enters a directory in d if it counts. before are the rules when d was
// last listed: a directory that only they ignored is not new.
func (t *tree) walkChild(d *dir, name string, before *scope) {
	path := filepath.Join(d.path, name)
	sub := t.dirs[path]
	whole := t.keeps(d, name, true)
	if !whole && !t.followed.enters(path) {
		if sub != nil && sub.whole && d.whole {
			t.forget(sub) // ignored from now on
		}
		return
	}
	m, ok := lstat(path)
	if !ok || !m.dir {
		return // an event for it will follow
	}
	if sub == nil {
		sub = t.newDir(path)
		if before.ignored(path, true) {
			defer func(h how) { t.how = h }(t.how)
			t.how = asBaseline
		}
	}
	sub.whole, sub.outer = whole, d.scope
	d.link(sub)
	t.walk(sub, m)
}

// meet compares a listed file with the index.
func (t *tree) meet(d *dir, name string, before *scope, now time.Time) {
	e := d.files[name]
	if !t.fileCounts(d, name) {
		if e != nil {
			delete(d.files, name)
		}
		return
	}
	path := filepath.Join(d.path, name)
	m, ok := lstat(path)
	if !ok || m.dir {
		if e != nil {
			t.suspect(d, name, now, true)
		}
		return
	}
	if e == nil && (t.how == asBaseline || before.ignored(path, false) && !t.counted(d, name)) {
		t.found(d, name, m, now)
		if e := d.files[name]; e.doubtful && !e.suspect {
			e.learn(path, now) // its metadata might not show a change
		}
		if m.link && d.whole {
			t.noteLink(path, m, true)
		}
		return
	}
	if e == nil || e.differs(m) || e.doubtful && (e.hashed || t.distrust) {
		t.suspect(d, name, now, m.size == 0)
	}
}

// watch watches d so that its events carry its own path. It reports whether to
// list d.
func (t *tree) watch(d *dir, m meta) bool {
	if d.watched && d.id != m.id {
		t.unwatch(d)
	}
	if m.id != (fileID{}) {
		if other := t.byID[m.id]; other != "" && other != d.path {
			if om, ok := lstat(other); ok && om.id == m.id && !t.misspelt(other) {
				return false // mounted twice: the first path has it
			}
			// The directory was renamed. The system would keep reporting the old
			// path, and paths below it, even when asked to watch the new one.
			// Events under way for the old path are lost, so look at that again:
			// a new directory may be there, or the inode may be reused.
			t.unwatch(t.dirs[other])
			t.again = append(t.again, other)
		}
	}
	d.id = m.id
	if err := t.back.add(d.path, m.id.device); err != nil {
		if os.IsNotExist(err) {
			t.lose(d)
		} else {
			t.notice(Notice{Text: fmt.Sprintf("cannot watch %s (%v)", d.path, err)})
		}
		return false
	}
	d.watched = true
	if m.id != (fileID{}) {
		t.byID[m.id] = d.path
	}
	return true
}

// unwatch removes the watches of d and everything below.
func (t *tree) unwatch(d *dir) {
	t.unwatchAlone(d)
	for _, sub := range d.dirs {
		t.unwatch(sub)
	}
}

// unwatchAlone removes the watch of d: what is below may count by itself.
func (t *tree) unwatchAlone(d *dir) {
	if d.watched {
		t.back.Remove(d.path)
		d.watched = false
		if t.byID[d.id] == d.path {
			delete(t.byID, d.id)
		}
	}
}

// lose handles a directory that vanished. Its files are pending until it is clear
// whether they come back.
func (t *tree) lose(d *dir) {
	t.unwatch(d)
	t.suspectBelow(d, time.Now())
	t.followed.stale = true
	if i := t.rootAt(d.path); i >= 0 {
		t.rootMissing(t.roots[i])
	}
}

func (t *tree) suspectBelow(d *dir, now time.Time) {
	for name := range d.files {
		t.suspect(d, name, now, true)
	}
	for _, sub := range d.dirs {
		t.suspectBelow(sub, now)
	}
	t.prune(d)
}

// prune removes a lost directory without files from the index.
func (t *tree) prune(d *dir) {
	for d != nil && !d.watched && len(d.files) == 0 && len(d.dirs) == 0 && !t.isRoot(d.path) {
		parent := t.dirs[filepath.Dir(d.path)]
		delete(t.dirs, d.path)
		if parent != nil {
			delete(parent.dirs, filepath.Base(d.path))
		}
		d = parent
	}
}

// forget removes a directory that is now ignored from the index, and reports
// nothing.
func (t *tree) forget(d *dir) {
	t.unwatch(d)
	for _, sub := range slices.Collect(maps.Values(d.dirs)) {
		t.forget(sub)
	}
	clear(d.files)
	t.prune(d)
	t.followed.stale = true
}

// counted reports whether a file counted before the present change of what is
// followed, whatever git ignores.
func (t *tree) counted(d *dir, name string) bool {
	if t.earlier != nil {
		return t.earlier.wants(d.path, name)
	}
	return t.followed.wants(d.path, name)
}
