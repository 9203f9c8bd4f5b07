package watch

import (
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// follow replaces what is followed, and hashes those of the files that exist.
func (t *tree) follow(what Following) {
	t.candidates = append(t.candidates, t.absorb()...) // files with hints must not become a baseline
	t.asked = what
	t.since = what.Since
	t.applyFollowing()
	t.since = time.Time{}
	for _, path := range what.Missed {
		t.miss(path)
	}
}

// miss has the file at path, and the links on the way to it, read anew and
// reported whatever becomes of them: the caller took the file for absent while for
// the index it never was. What the index lacks will be seen when it comes.
func (t *tree) miss(path string) {
	for _, file := range []string{path, make(resolver).resolve(path).end} {
		for place := file; place != filepath.Dir(place); place = filepath.Dir(place) {
			d, name := t.dirs[filepath.Dir(place)], filepath.Base(place)
			if d == nil || d.files[name] == nil || place != file && !d.files[name].meta.link {
				continue
			}
			d.files[name] = &entry{state: state{exists: true, meta: meta{mtime: -1, link: d.files[name].meta.link}}}
			t.suspect(d, name, time.Now(), false)
		}
	}
}

// applyFollowing resolves what is followed, watches what that needs and unwatches
// the rest.
func (t *tree) applyFollowing() {
	old := t.followed
	all := t.asked
	all.Files = slices.Concat(all.Files, t.tracked)
	t.followed = all.resolve()
	f := &t.followed
	t.noteDetours(old)
	for file := range t.rules {
		if dir := filepath.Dir(file); isDir(dir) {
			f.homes[dir] = true
		}
	}
	for file := range t.indexes {
		f.homes[filepath.Dir(file)] = true
	}
	t.addAncestors()
	t.offered = nil
	t.earlier = &old
	defer func() { t.earlier = nil }()
	for _, d := range slices.Collect(maps.Values(t.dirs)) {
		if !d.whole && !f.homes[d.path] && !f.enters(d.path) {
			t.unwatchAlone(d)
			clear(d.files)
			t.prune(d)
		}
	}
	t.enterSets(old)
	t.activate(old.homes)
	now := time.Now()
	start := func(dir, name string) { t.start(filepath.Join(dir, name), now, old.wants(dir, name)) }
	for path := range f.files {
		start(filepath.Dir(path), filepath.Base(path))
	}
	for _, d := range t.dirs {
		if _, all := f.dirs[d.path]; !all && !f.enters(d.path) {
			continue
		}
		for name := range d.files {
			if f.wants(d.path, name) {
				start(d.path, name)
			}
		}
	}
}

// noteDetours reports the files that lead elsewhere than when they were followed
// before. The event of the link that was moved may still be on its way: what it led
// to is forgotten then.
func (t *tree) noteDetours(old followed) {
	ends := make(map[string]string)
	for end, names := range t.followed.files {
		if !t.followed.links[end] {
			for _, name := range names {
				ends[name] = end
			}
		}
	}
	for end, names := range old.files {
		if old.links[end] {
			continue
		}
		for _, name := range names {
			if now, known := ends[name]; known && now != end {
				t.detoured[name] = true
			}
		}
	}
}

// enterSets lists the directories that were watched before and in which more
// files count now. Files that the rules left out so far are not reported as new.
func (t *tree) enterSets(old followed) {
	for path := range t.followed.dirs {
		if _, known := old.dirs[path]; known {
			continue
		}
		if d := t.dirs[path]; d != nil && d.watched {
			t.list(d)
		}
	}
	for _, g := range t.followed.globs {
		if slices.Contains(old.globs, g) {
			continue
		}
		d := t.dirs[g.dir]
		if d == nil || !d.watched {
			continue
		}
		if m, ok := lstat(d.path); ok && m.dir {
			t.walk(d, m)
		}
	}
}

// list compares the files directly in d with the index.
func (t *tree) list(d *dir) {
	items, err := readDir(d.path)
	if err != nil {
		return // an event for it will follow
	}
	now := time.Now()
	for _, item := range items {
		if !item.IsDir() {
			t.meet(d, item.Name(), d.scope, now)
		}
	}
}

// addAncestors adds the directories above the homes, up to those that are watched
// anyway or that also hold a root. Without them nothing would report that a
// directory further up was renamed.
func (t *tree) addAncestors() {
	for home := range maps.Clone(t.followed.homes) {
		for dir := filepath.Dir(home); !t.followed.homes[dir] && !t.holdsRoot(dir); dir = filepath.Dir(dir) {
			if d := t.dirs[dir]; d != nil && d.whole {
				break
			}
			t.followed.homes[dir] = true
		}
	}
}

func (t *tree) holdsRoot(dir string) bool {
	return dir == filepath.Dir(dir) || slices.ContainsFunc(t.roots, func(r root) bool { return within(dir, r.real) })
}

// start makes the current content of a followed file its baseline, unless the
// file has changed since it was last seen. A file that was followed before but
// did not exist is new.
func (t *tree) start(path string, now time.Time, before bool) {
	d, name := t.dirs[filepath.Dir(path)], filepath.Base(path)
	if d == nil {
		return
	}
	e := d.files[name]
	m, ok := lstat(path)
	exists := ok && !m.dir
	switch {
	case e == nil && !exists:
	case e == nil && !before && !t.keeps(d, name, false):
		t.found(d, name, m, now)
		if e := d.files[name]; !e.suspect {
			e.learn(path, now)
		}
	case e == nil || !exists || e.differs(m):
		t.suspect(d, name, now, !exists || m.size == 0)
	case !e.hashed && !e.suspect:
		e.learn(path, now)
	}
}

// found enters a file that existed before but counts only now. If it was written
// after the caller began to read, it has changed.
func (t *tree) found(d *dir, name string, m meta, now time.Time) {
	e := &entry{state: state{exists: true, meta: m}, doubtful: m.doubtful(now)}
	d.files[name] = e
	if !t.since.IsZero() && m.writtenAfter(t.since) {
		e.meta = meta{mtime: -1} // the content that the caller read is unknown
		t.suspect(d, name, now, m.size == 0)
	}
}

// linkMoved notes that the link at path leads elsewhere, is new or is gone. It
// reports whether followed files were reached through it or were where it is now;
// those have to be resolved again.
func (t *tree) linkMoved(path string) bool {
	names := t.followed.files[path]
	if !t.followed.links[path] {
		names = t.followed.below(path)
	}
	for _, name := range names {
		t.detoured[name] = true
		t.followed.moved = true
	}
	return len(names) > 0
}

// noteLink remembers where a link of the tree leads. If it led elsewhere before,
// followed files there may have been reached through it: programs report the real
// paths of what they read, not the links they followed.
func (t *tree) noteLink(path string, is meta, exists bool) {
	old, known := t.leads[path]
	if !exists || !is.link {
		delete(t.leads, path)
	} else {
		t.leads[path] = make(resolver).resolve(path).end
	}
	if !known || t.leads[path] == old {
		return
	}
	for _, name := range t.followed.below(old) {
		t.detoured[name] = true
	}
	for link := range t.leads { // some may lead through this one
		t.leads[link] = make(resolver).resolve(link).end
	}
}

// activate watches the homes that are not watched yet or, for a home that does
// not exist, the directory in which it would appear. Files in homes that are not
// in old existed before.
func (t *tree) activate(old map[string]bool) {
	entered := false
	defer func() {
		t.how = asChange
		if entered {
			t.linkDirs()
		}
	}()
	t.followed.stale = false
	for home := range maps.Clone(t.followed.homes) {
		if d := t.dirs[home]; d != nil && d.watched {
			continue
		}
		t.how = asBaseline
		if old[home] {
			t.how = asChange
		}
		// Once a directory is watched, look again: its child may have come
		// before the watch did.
		for {
			nearest, link := nearestDir(home)
			if d := t.dirs[nearest]; link != "" && d != nil && d.watched {
				t.suspect(d, link, time.Now(), false)
			}
			if d := t.dirs[nearest]; d != nil && d.watched {
				break
			}
			t.followed.homes[nearest] = true
			entered = true
			if !t.watchHome(nearest) {
				break
			}
		}
	}
}

// nearestDir returns the lowest directory on the way to path, which is canonical
// as far as it exists, and the name of a link that has come in it since.
func nearestDir(path string) (dir, link string) {
	for dir = path; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		m, ok := lstat(dir)
		if ok && m.dir {
			break
		}
		link = ""
		if ok && m.link {
			link = filepath.Base(dir)
		}
	}
	return dir, link
}

// linkDirs links directories to their subdirectories that were entered before
// them.
func (t *tree) linkDirs() {
	for path, d := range t.dirs {
		if parent := t.dirs[filepath.Dir(path)]; parent != nil && parent != d {
			parent.link(d)
		}
	}
}

// watchHome watches a directory for followed files and compares them.
func (t *tree) watchHome(path string) bool {
	m, ok := lstat(path)
	if !ok || !m.dir {
		return false
	}
	d := t.dirs[path]
	if d == nil {
		d = t.newDir(path)
	}
	t.walk(d, m)
	t.lookBelow(path)
	return d.watched
}

// lookBelow looks again at the roots and homes directly in a newly watched
// directory. When a directory vanishes, fsnotify leaves the report to the watch
// of its parent, even if that was added too late to notice.
func (t *tree) lookBelow(path string) {
	for _, r := range t.roots {
		if filepath.Dir(r.real) == path {
			t.again = append(t.again, r.real)
		}
	}
	for home := range t.followed.homes {
		if filepath.Dir(home) == path && t.dirs[home] != nil {
			t.again = append(t.again, home)
		}
	}
}
