package watch

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

func (t *tree) wake() <-chan struct{} { return t.hints.wake() }

// absorb takes the waiting hints, watches and unwatches directories that came and
// went, and returns the files to be read.
func (t *tree) absorb() []candidate {
	paths, lost, why := t.hints.take()
	order := make([]string, 0, len(paths))
	for path, h := range paths {
		order = append(order, path)
		// All stale watches must go before any is added: the system has one
		// watch for an inode and reports it under the path it had first.
		if d := t.dirs[path]; d != nil && h.moved {
			t.unwatch(d)
		}
	}
	if why != "" {
		t.tally.Overflow++
		t.notice(Notice{Text: fmt.Sprintf("%s; comparing the whole tree", why)})
	}
	if lost {
		t.rescan()
	}
	slices.Sort(order) // parents first
	for _, path := range order {
		t.inspect(path, paths[path])
	}
	t.lookAgain()
	if t.followed.stale {
		t.activate(t.followed.homes)
		t.lookAgain()
	}
	candidates := t.candidates
	t.candidates = nil
	return candidates
}

func (t *tree) lookAgain() {
	for len(t.again) > 0 {
		path := t.again[0]
		t.again = t.again[1:]
		now := time.Now()
		t.inspect(path, hint{first: now, last: now, moved: true})
	}
}

// inspect looks at the path of a hint.
func (t *tree) inspect(path string, h hint) {
	delete(t.unheard, path)
	d, parent, name := t.dirs[path], t.dirs[filepath.Dir(path)], filepath.Base(path)
	m, ok := lstat(path)
	if known := d != nil || parent != nil && parent.files[name] != nil; ok && known && t.misspelt(path) {
		ok = false
	}
	if ok && m.dir {
		t.inspectDir(path, d, parent, m, h)
		return
	}
	if d != nil {
		t.lose(d)
		if ok && m.link && parent != nil {
			t.suspectWhen(parent, name, h, false) // it took the directory's place
			return
		}
	}
	if parent != nil {
		t.inspectFile(parent, name, m, ok, h)
	}
}

// inspectDir enters a directory that appeared or was replaced by another.
func (t *tree) inspectDir(path string, d, parent *dir, m meta, h hint) {
	name := filepath.Base(path)
	whole := t.isRoot(path)
	if parent != nil {
		if parent.files[name] != nil {
			t.suspectWhen(parent, name, h, true) // it was a file
		}
		whole = whole || t.keeps(parent, name, true)
	}
	enters := whole || t.followed.enters(path)
	if d == nil {
		if !enters {
			t.followed.stale = t.followed.stale || h.moved
			return
		}
		d = t.newDir(path)
	}
	if !h.moved && d.watched && (d.whole || !whole) {
		return // only its times or permissions changed
	}
	if whole && !d.whole {
		d.whole = true
	}
	if parent != nil && parent.whole {
		d.outer = parent.scope
	}
	t.distrust = true
	t.walk(d, m)
	t.distrust = false
	t.followed.stale = true
}

// inspectFile marks a file to be read, unless its metadata prove that it is
// unchanged.
func (t *tree) inspectFile(parent *dir, name string, m meta, exists bool, h hint) {
	path := filepath.Join(parent.path, name)
	e := parent.files[name]
	if t.rules[path] && !parent.whole {
		t.reloadRules()
		t.trackedChanged()
	}
	if t.indexes[path] {
		t.trackedChanged()
	}
	onTheWay := m.link && len(t.followed.below(path)) > 0 // a link stands where a directory was awaited
	if !t.fileCounts(parent, name) && !onTheWay {
		delete(parent.files, name)
		return
	}
	if e != nil && exists && h.written && e.meta.ctime != m.ctime {
		e.doubtful = true // written, then its old size and time were restored
	}
	if e == nil && !exists || e != nil && exists && !e.differs(m) && !e.doubtful {
		return
	}
	t.suspectWhen(parent, name, h, !exists || m.size == 0)
	if name == ".gitignore" && parent.whole && (e == nil || !e.meta.same(m)) {
		if dm, ok := lstat(parent.path); ok && dm.dir {
			t.walk(parent, dm)
		}
		t.trackedChanged()
	}
}

// reloadRules reads the ignore files outside the tree again and applies them.
func (t *tree) reloadRules() {
	for _, r := range t.roots {
		t.enterRoot(r)
	}
}
