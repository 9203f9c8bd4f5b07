package watch

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// followed are the files that count whatever the rules say.
type followed struct {
	files map[string][]string // canonical path → the names it was given
	dirs  map[string]string   // canonical directory, of which each file counts → its name
	homes map[string]bool     // directories to be watched for them
	stale bool                // a home may have come or gone
}

// wants reports whether a file in dir is followed.
func (f *followed) wants(dir, name string) bool {
	if len(f.files) == 0 && len(f.dirs) == 0 {
		return false
	}
	if _, all := f.dirs[dir]; all {
		return true
	}
	return f.files[filepath.Join(dir, name)] != nil
}

func (f *followed) names(path string) []string {
	if names := f.files[path]; names != nil {
		return names
	}
	if name, all := f.dirs[filepath.Dir(path)]; all {
		return []string{filepath.Join(name, filepath.Base(path))}
	}
	return nil
}

// add takes up one name. A link counts twice: for what it says and for the file
// it leads to.
func (f *followed) add(name string, canonical func(string) string) {
	place := filepath.Join(canonical(filepath.Dir(name)), filepath.Base(name))
	m, ok := lstat(place)
	real := place
	if ok && m.link {
		real = canonical(place)
		m, ok = lstat(real)
	}
	if ok && m.dir {
		f.dirs[real] = name
		f.homes[real] = true
		return
	}
	for _, path := range []string{place, real} {
		if !slices.Contains(f.files[path], name) {
			f.files[path] = append(f.files[path], name)
		}
		f.homes[filepath.Dir(path)] = true
	}
}

// follow replaces the followed files and hashes those it can.
func (t *tree) follow(names []string) {
	t.touches = t.absorb() // what was told before must not become a baseline
	f := followed{files: make(map[string][]string), dirs: make(map[string]string), homes: make(map[string]bool)}
	known := make(map[string]string)
	canonical := func(path string) string {
		real, ok := known[path]
		if !ok {
			real = canonicalPath(path)
			known[path] = real
		}
		return real
	}
	for _, name := range names {
		if filepath.IsAbs(name) {
			f.add(filepath.Clean(name), canonical)
		}
	}
	for file := range t.rules {
		if dir := filepath.Dir(file); isDir(dir) {
			f.homes[dir] = true
		}
	}
	t.followed = f
	t.offered = nil
	for _, d := range slices.Collect(maps.Values(t.dirs)) {
		if !d.whole && !f.homes[d.path] {
			t.unwatch(d)
			clear(d.files)
			t.prune(d)
		}
	}
	t.how = asBaseline
	t.activate()
	t.how = asChange
	now := time.Now()
	for path := range f.files {
		t.start(path, now)
	}
	for dir := range f.dirs {
		if d := t.dirs[dir]; d != nil {
			for name := range d.files {
				t.start(filepath.Join(dir, name), now)
			}
		}
	}
}

// start makes the present content of a followed file its baseline, unless it has
// changed since it was last seen.
func (t *tree) start(path string, now time.Time) {
	d, name := t.dirs[filepath.Dir(path)], filepath.Base(path)
	if d == nil {
		return
	}
	e := d.files[name]
	m, ok := lstat(path)
	exists := ok && !m.dir
	switch {
	case e == nil && !exists:
	case e == nil && !t.keeps(d, name, false):
		e = &entry{state: state{exists: true, meta: m}}
		d.files[name] = e
		e.learn(path, now)
	case e == nil || !exists || e.differs(m):
		t.touch(d, name, now, !exists || m.size == 0)
	case !e.hashed && !e.suspect:
		e.learn(path, now)
	}
}

// activate watches the homes that are not, or where there is none yet, the
// directory in which it would appear.
func (t *tree) activate() {
	t.followed.stale = false
	for home := range maps.Clone(t.followed.homes) {
		if d := t.dirs[home]; d != nil && d.watched {
			continue
		}
		// Once a directory is watched, look again: its child may have come
		// before the watch did.
		for {
			nearest := home
			for !isDir(nearest) && nearest != filepath.Dir(nearest) {
				nearest = filepath.Dir(nearest)
			}
			if d := t.dirs[nearest]; d != nil && d.watched {
				break
			}
			t.followed.homes[nearest] = true
			if !t.watchHome(nearest) {
				break
			}
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

// lookBelow looks again at the roots and homes directly in a directory that is
// newly watched. Of a directory that vanishes fsnotify leaves it to the watch of
// the one above to tell, even if that was too late to hear of it.
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

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// canonicalPath resolves the links in path as far as it exists.
func canonicalPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(canonicalPath(dir), filepath.Base(path))
}
