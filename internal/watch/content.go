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

// maxHashed is the size up to which files are compared by content. A database or
// log in the tree must not cost a second of reading for each write.
const maxHashed = 64 << 20

// state is what is known of a file's content.
type state struct {
	meta   meta
	sum    [sha256.Size]byte
	exists bool
	hashed bool // sum is known
}

// same reports whether the content is proven equal. racy says that equal metadata
// prove nothing.
func (s state) same(o state, racy bool) bool {
	switch {
	case s.exists != o.exists:
		return false
	case !s.exists:
		return true
	case s.hashed && o.hashed:
		return s.sum == o.sum && s.meta.link == o.meta.link
	}
	return s.meta == o.meta && !racy
}

// read returns what is at path now, and how many names it has.
func read(path string) (s state, links uint64) {
	info, err := os.Lstat(path)
	if err != nil {
		return state{}, 0
	}
	m, ok := metaOf(info)
	if !ok || m.dir {
		return state{}, 0
	}
	s = state{meta: m, exists: true, hashed: true}
	if m.link {
		target, _ := os.Readlink(path)
		s.sum = sha256.Sum256([]byte(target))
		return s, 1
	}
	if m.size > maxHashed {
		s.sum = sha256.Sum256(fmt.Appendf(nil, "%d %d %d", m.size, m.mtime, m.id.inode))
		return s, linksOf(info)
	}
	f, err := os.Open(path)
	if err != nil {
		if os.IsNotExist(err) {
			return state{}, 0
		}
		s.sum = sha256.Sum256([]byte(err.Error())) // readable is a change, too
		return s, 1
	}
	defer f.Close()
	// The metadata must be older than the content: written in between, the
	// file looks changed once more instead of never.
	info, err = f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return state{}, 0
	}
	s.meta, _ = metaOf(info)
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		h.Write([]byte(err.Error()))
	}
	h.Sum(s.sum[:0])
	return s, linksOf(info)
}

// settle reads the files at paths and remembers which differ from what was
// delivered. Files that share an inode with a changed one changed with it, and no
// event told of them.
func (t *tree) settle(paths []string) {
	linked := make(map[fileID]meta)
	slices.Sort(paths)
	for _, path := range paths {
		if m, many := t.settleOne(path); many {
			linked[m.id] = m
		}
	}
	if len(linked) == 0 {
		return
	}
	for _, d := range t.dirs {
		for name, e := range d.files {
			if m, ok := linked[e.meta.id]; ok && e.meta != m {
				t.settleOne(filepath.Join(d.path, name))
			}
		}
	}
}

// settleOne reports whether the file changed and has further names.
func (t *tree) settleOne(path string) (m meta, linked bool) {
	d := t.dirs[filepath.Dir(path)]
	if d == nil {
		return meta{}, false
	}
	name := filepath.Base(path)
	var was entry
	if e := d.files[name]; e != nil {
		was = *e
	}
	now := time.Now()
	is, links := read(path)
	if is.exists {
		racy := is.meta.racy(now)
		d.files[name] = &entry{state: is, racy: racy}
		if racy && t.sweepAt.IsZero() {
			t.sweepAt = now.Add(racyWindow)
		}
	} else {
		delete(d.files, name)
		t.prune(d)
	}
	if is.same(was.state, was.racy) {
		delete(t.unheard, path)
		return is.meta, false
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
	return is.meta, links > 1
}

// changes returns what differs from what was delivered, sorted by path.
func (t *tree) changes() []Change {
	if t.offered != nil || len(t.undelivered) == 0 {
		return t.offered
	}
	for path, base := range t.undelivered {
		op := Modified
		if !base.exists {
			op = Created
		} else if d := t.dirs[filepath.Dir(path)]; d == nil || d.files[filepath.Base(path)] == nil {
			op = Removed
		}
		for _, name := range t.names(path) {
			t.offered = append(t.offered, Change{Path: name, Op: op})
		}
	}
	slices.SortFunc(t.offered, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	t.offered = slices.CompactFunc(t.offered, func(a, b Change) bool { return a.Path == b.Path })
	return t.offered
}

func (t *tree) delivered() {
	clear(t.undelivered)
	t.offered = nil
}

// learn hashes the file if it is still as the index has it.
func (e *entry) learn(path string, now time.Time) {
	is, _ := read(path)
	if is.exists && is.meta == e.meta {
		*e = entry{state: is, racy: is.meta.racy(now)}
	}
}
