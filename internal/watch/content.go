package watch

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxHashed is the size, in bytes, up to which files are compared by content. A
// database or log in the tree must not cost a second of reading for each write.
const maxHashed = 64 << 20

// state is what is known about a file's content.
type state struct {
	meta   meta
	sum    [sha256.Size]byte
	exists bool
	hashed bool // sum is known
}

// same reports whether the content is proven equal. If doubtful is set, equal
// metadata prove nothing.
func (s state) same(o state, doubtful bool) bool {
	switch {
	case s.exists != o.exists:
		return false
	case !s.exists:
		return true
	case s.hashed && o.hashed:
		return s.sum == o.sum && s.meta.link == o.meta.link
	}
	return s.meta.same(o.meta) && !doubtful
}

// read returns the current state of the file at path.
func read(path string) (s state) {
	info, err := os.Lstat(path)
	if err != nil {
		return state{}
	}
	m, ok := metaOf(info)
	if !ok || m.dir {
		return state{}
	}
	s = state{meta: m, exists: true, hashed: true}
	if m.link {
		target, _ := os.Readlink(path)
		s.sum = sha256.Sum256([]byte(target))
		return s
	}
	if m.size > maxHashed {
		s.sum = sha256.Sum256(fmt.Appendf(nil, "%d %d %d %d", m.size, m.mtime, m.ctime, m.id.inode))
		return s
	}
	f, err := os.Open(path)
	if err != nil {
		if os.IsNotExist(err) {
			return state{}
		}
		s.sum = sha256.Sum256([]byte(err.Error())) // becoming readable is a change too
		return s
	}
	defer f.Close()
	// Take the metadata before the content: after a write in between, the file
	// looks changed once too often instead of never.
	info, err = f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return state{}
	}
	s.meta, _ = metaOf(info)
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		h.Write([]byte(err.Error()))
	}
	h.Sum(s.sum[:0])
	return s
}

// misspelt reports whether path exists only in another case: "Foo.ts" after it
// was renamed to "foo.ts", on a filesystem where both names find the file.
func (t *tree) misspelt(path string) bool {
	if !t.foldsCase {
		return false
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return err == nil && !slices.Contains(names, filepath.Base(path))
}

// readAll reads the files at paths and remembers which differ from what was
// delivered. It returns those that have to be read again later.
func (t *tree) readAll(paths []string) []candidate {
	t.compare(paths)
	if t.followed.moved {
		t.applyFollowing()
	}
	again := t.candidates
	t.candidates = nil
	return again
}

func (t *tree) compare(paths []string) {
	twins := make(map[fileID]bool)
	slices.Sort(paths)
	for _, path := range paths {
		t.readOne(path, twins)
	}
	if len(twins) > 0 {
		t.readTwins(twins)
	}
}

// readTwins reads the other names of inodes that changed or lost a name: the
// event of a write names only one of them.
func (t *tree) readTwins(twins map[fileID]bool) {
	for _, d := range t.dirs {
		for name, e := range d.files {
			if !twins[e.meta.id] {
				continue
			}
			path := filepath.Join(d.path, name)
			if m, ok := lstat(path); !ok || e.differs(m) || e.doubtful {
				e.empty = true // no need to wait: the other name has been quiet
				t.readOne(path, twins)
			} else {
				e.meta.twins = m.twins
			}
		}
	}
}

// readOne reads one file, and adds the inodes whose other names are to be read.
func (t *tree) readOne(path string, twins map[fileID]bool) {
	d := t.dirs[filepath.Dir(path)]
	if d == nil {
		return
	}
	name := filepath.Base(path)
	var was entry
	if e := d.files[name]; e != nil {
		was = *e
	}
	now := time.Now()
	is := read(path)
	if is.exists && was.exists && t.misspelt(path) {
		is = state{}
	}
	if was.exists && !was.empty && was.meta.size > 0 && (!is.exists || is.meta.size == 0) {
		t.suspect(d, name, now, true) // emptied since the hint: another save has begun
		return
	}
	if is.exists {
		doubtful := is.meta.doubtful(now)
		d.files[name] = &entry{state: is, doubtful: doubtful}
		if doubtful && t.sweepAt.IsZero() {
			t.sweepAt = now.Add(doubtWindow)
		}
	} else {
		delete(d.files, name)
		t.prune(d)
	}
	if is.same(was.state, was.doubtful) {
		delete(t.unheard, path)
		return
	}
	if was.meta.link || is.meta.link {
		t.noteLink(path, is.meta, is.exists)
		if t.linkMoved(path) && !t.keeps(d, name, false) {
			t.offered = nil
			return
		}
	}
	for _, m := range []meta{was.meta, is.meta} {
		if m.twins {
			twins[m.id] = true
		}
	}
	t.offered = nil
	base, waiting := t.undelivered[path]
	if !waiting {
		base = was.state
	}
	if waiting && is.same(base, true) {
		delete(t.undelivered, path)
	} else {
		t.undelivered[path] = base
	}
	t.tellUnheard(path)
}

// changes returns the files that differ from what was delivered, sorted by path.
func (t *tree) changes() []Change {
	if t.offered != nil || len(t.undelivered) == 0 && len(t.detoured) == 0 {
		return t.offered
	}
	ops, own := make(map[string]Op), make(map[string]bool)
	note := func(name string, op Op) {
		if old, known := ops[name]; !own[name] && (!known || op < old) {
			ops[name] = op
		}
	}
	for name := range t.detoured {
		op := Modified
		if _, err := os.Stat(name); err != nil {
			op = Removed
		}
		note(name, op)
	}
	for path, base := range t.undelivered {
		op := Modified
		if !base.exists {
			op = Created
		} else if d := t.dirs[filepath.Dir(path)]; d == nil || d.files[filepath.Base(path)] == nil {
			op = Removed
		}
		for _, name := range t.names(path) {
			if name == t.named(path) && op == Modified { // it outweighs what the link now leads to
				ops[name], own[name] = op, true
			}
			note(name, op)
		}
	}
	for name, op := range ops {
		t.offered = append(t.offered, Change{Path: name, Op: op})
	}
	slices.SortFunc(t.offered, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return t.offered
}

func (t *tree) delivered() {
	clear(t.undelivered)
	clear(t.detoured)
	t.offered = nil
}

// learn hashes the file if its metadata still match the index.
func (e *entry) learn(path string, now time.Time) {
	is := read(path)
	if is.exists && is.meta.same(e.meta) {
		*e = entry{state: is, doubtful: is.meta.doubtful(now)}
	}
}
