package watch

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tree is the index of what was last seen on disk, and the watches that keep it
// current. One goroutine owns it; nothing in it is locked.
//
// All paths in it are canonical, with links resolved; see names for the way back.
type tree struct {
	opts  Options
	roots []root
	hints *hints
	back  *mixed

	dirs     map[string]*dir   // every directory of the index
	byID     map[fileID]string // watched directories: events come under one path for each inode
	followed followed
	rules    map[string]bool // ignore files outside the tree that concern it
	env      []string        // for git's configuration

	touches []touch  // found since the last absorb
	again   []string // directories to be looked at again within this absorb
	how     how      // what walks do with files they did not know
	// distrust makes walks read files that equal metadata do not prove unchanged:
	// events about them may have been lost.
	distrust bool

	undelivered map[string]state // changed path → what was last delivered of it
	offered     []Change         // undelivered as changes; nil when outdated

	auditEvery time.Duration
	nextAudit  time.Time
	sweepAt    time.Time       // when racy files are looked at again; zero if there are none
	retryAt    time.Time       // when a missing root is looked for again; zero if none is
	unheard    map[string]bool // changed, says the audit, and no event has told of it yet
	locks      []string        // files that version control keeps while it writes
	staleLock  int64           // modification time of the stale lock already told of
	tally      Stats
	halted     func() bool // the run is over: walks end early
}

// dir is a directory of the index.
type dir struct {
	path  string
	id    fileID
	outer *scope // ignore rules around it
	scope *scope // and those for what is in it, its own file included
	files map[string]*entry
	dirs  map[string]*dir

	watched bool
	// whole says that it lies below a root and is not ignored, so that all in it
	// counts. Others are here for followed files only.
	whole bool
}

// entry is a file as it was last seen.
type entry struct {
	state
	racy    bool // written so shortly before it was seen that equal metadata prove nothing
	suspect bool // to be read
}

// how says what a walk makes of files that are not in the index.
type how uint8

const (
	asChange   how = iota // they were created
	asBaseline            // they were there all the time
)

func newTree(roots []root, opts Options) *tree {
	return &tree{
		opts:        opts,
		roots:       roots,
		hints:       newHints(),
		dirs:        make(map[string]*dir),
		byID:        make(map[fileID]string),
		rules:       make(map[string]bool),
		env:         os.Environ(),
		undelivered: make(map[string]state),
		unheard:     make(map[string]bool),
		halted:      func() bool { return false },
	}
}

func (t *tree) notice(n Notice) {
	if t.opts.Notice != nil {
		t.opts.Notice(n)
	}
}

// crawl fills the index. Directories are watched before they are listed, so what
// changes meanwhile is not lost.
func (t *tree) crawl() {
	t.how = asBaseline
	for _, r := range t.roots {
		t.enterRoot(r)
	}
	t.how = asChange
	now := time.Now()
	t.nextAudit = now.Add(t.auditEvery)
	t.sweepAt = now.Add(racyWindow)
	t.locks = locksOf(t.roots)
}

// enterRoot reads the rules around a root, then the root.
func (t *tree) enterRoot(r root) {
	m, ok := lstat(r.real)
	d := t.dirs[r.real]
	if !ok || !m.dir {
		t.rootMissing(r)
		if d != nil {
			t.lose(d)
		}
		return
	}
	if t.how == asBaseline && d != nil && d.whole {
		return // it lies below another root
	}
	if d == nil {
		d = t.newDir(r.real)
	}
	d.whole = true
	var files []string
	d.outer, files = outerScope(r.real, t.env)
	for _, file := range files {
		t.rules[file] = true
	}
	t.walk(d, m)
}

// rescan compares everything with the disk.
func (t *tree) rescan() {
	t.tally.Rescans++
	t.distrust = true
	defer func() { t.distrust = false }()
	for _, r := range t.roots {
		t.enterRoot(r)
	}
	for _, d := range slices.Collect(maps.Values(t.dirs)) {
		if d.whole {
			continue
		}
		if m, ok := lstat(d.path); ok && m.dir {
			t.walk(d, m)
		} else {
			t.lose(d)
		}
	}
	t.locks = locksOf(t.roots)
}

func (t *tree) newDir(path string) *dir {
	d := &dir{path: path, files: make(map[string]*entry)}
	t.dirs[path] = d
	if parent := t.dirs[filepath.Dir(path)]; parent != nil && parent != d {
		parent.link(d)
	}
	return d
}

func (d *dir) link(sub *dir) {
	if d.dirs == nil {
		d.dirs = make(map[string]*dir)
	}
	d.dirs[filepath.Base(sub.path)] = sub
}

// walk watches d, then brings what is below it in line with the disk. m is what
// lstat said of d.
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
			t.touch(d, name, now, true)
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

// walkChild enters a directory in d if it counts. before are the rules that held
// when d was last listed: what only they ignored is not new now.
func (t *tree) walkChild(d *dir, name string, before *scope) {
	path := filepath.Join(d.path, name)
	sub := t.dirs[path]
	if !t.keeps(d, name, true) {
		if sub != nil && sub.whole && d.whole {
			t.forget(sub) // ignored from now on
		}
		return
	}
	m, ok := lstat(path)
	if !ok || !m.dir {
		return // its event is on the way
	}
	if sub == nil {
		sub = t.newDir(path)
		if before.ignored(path, true) {
			defer func(h how) { t.how = h }(t.how)
			t.how = asBaseline
		}
	}
	sub.whole, sub.outer = true, d.scope
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
			t.touch(d, name, now, true)
		}
		return
	}
	if e == nil && (t.how == asBaseline || before.ignored(path, false)) {
		e = &entry{state: state{exists: true, meta: m}, racy: m.racy(now)}
		d.files[name] = e
		if e.racy && t.back.poll.has(d.path) {
			e.learn(path, now) // no event will tell of a write in the same tick
		}
		return
	}
	if e == nil || !e.meta.same(m) || e.racy && (e.hashed || t.distrust) {
		t.touch(d, name, now, m.size == 0)
	}
}

// watch makes d's events come under its own path and reports whether d is to be
// listed.
func (t *tree) watch(d *dir, m meta) bool {
	if d.watched && d.id != m.id {
		t.unwatch(d)
	}
	if m.id != (fileID{}) {
		if other := t.byID[m.id]; other != "" && other != d.path {
			if om, ok := lstat(other); ok && om.id == m.id {
				return false // mounted twice: the first path has it
			}
			// Renamed. The system would go on reporting the old path, and below
			// it, even when asked to watch the new one. What it still has to
			// tell of the old one is lost, so that is looked at again: a new
			// directory may be there, or the inode be used anew.
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
	if d.watched {
		t.back.Remove(d.path)
		d.watched = false
		if t.byID[d.id] == d.path {
			delete(t.byID, d.id)
		}
	}
	for _, sub := range d.dirs {
		t.unwatch(sub)
	}
}

// lose handles a directory that vanished: its files are pending until it is known
// whether they come back.
func (t *tree) lose(d *dir) {
	t.unwatch(d)
	t.touchBelow(d, time.Now())
	t.followed.stale = true
	if i := t.rootAt(d.path); i >= 0 {
		t.rootMissing(t.roots[i])
	}
}

func (t *tree) touchBelow(d *dir, now time.Time) {
	for name := range d.files {
		t.touch(d, name, now, true)
	}
	for _, sub := range d.dirs {
		t.touchBelow(sub, now)
	}
	t.prune(d)
}

// prune takes a lost directory without files out of the index.
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

// forget takes a directory that is ignored from now on out of the index, and
// reports nothing.
func (t *tree) forget(d *dir) {
	t.unwatch(d)
	for _, sub := range slices.Collect(maps.Values(d.dirs)) {
		t.forget(sub)
	}
	clear(d.files)
	t.prune(d)
	t.followed.stale = true
}

// rootAt returns which root path is, -1 if none.
func (t *tree) rootAt(path string) int {
	return slices.IndexFunc(t.roots, func(r root) bool { return r.real == path })
}

func (t *tree) isRoot(path string) bool { return t.rootAt(path) >= 0 }

// touch notes that a file is to be read.
func (t *tree) touch(d *dir, name string, at time.Time, hollow bool) {
	t.touchWhen(d, name, hint{first: at, last: at}, hollow)
}

func (t *tree) touchWhen(d *dir, name string, h hint, hollow bool) {
	path := filepath.Join(d.path, name)
	if e := d.files[name]; e != nil {
		e.suspect = true
	}
	t.touches = append(t.touches, touch{path: path, name: t.names(path)[0], first: h.first, last: h.last, hollow: hollow})
}

// fileCounts reports whether changes of a file in d are to be told.
func (t *tree) fileCounts(d *dir, name string) bool {
	return t.followed.wants(d.path, name) || t.keeps(d, name, false)
}

// keeps reports whether an entry of d counts by the rules alone.
func (t *tree) keeps(d *dir, name string, isDir bool) bool {
	if !d.whole {
		return false
	}
	switch name {
	case ".git": // a file in submodules and further working trees
		return false
	case ".hg", ".svn", ".jj", "node_modules":
		if isDir {
			return false
		}
	}
	path := filepath.Join(d.path, name)
	if d.scope.ignored(path, isDir) {
		return t.isRoot(path)
	}
	return t.opts.Ignore == nil || !t.opts.Ignore(t.named(path), isDir)
}

// named returns path below the root as the caller named it.
func (t *tree) named(path string) string {
	best := root{}
	for _, r := range t.roots {
		if len(r.real) > len(best.real) && within(path, r.real) {
			best = r
		}
	}
	if best.real == best.named {
		return path
	}
	return filepath.Join(best.named, path[len(best.real):])
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || rest[0] == filepath.Separator || dir[len(dir)-1] == filepath.Separator)
}

// names returns the paths under which the caller knows a file, at least one.
func (t *tree) names(path string) []string {
	if names := t.followed.names(path); len(names) > 0 {
		return names
	}
	return []string{t.named(path)}
}
