package watch

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
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
	asked    Following
	followed followed
	earlier  *followed         // what was followed before, while that is replaced; else nil
	tracked  []string          // files that git tracks although its rules ignore them
	indexes  map[string]bool   // git's indexes of what is tracked
	since    time.Time         // within follow: when the caller began to read; else zero
	leads    map[string]string // symbolic link in the tree → where it leads
	rules    map[string]bool   // ignore files outside the tree that apply to it
	env      []string          // for git's configuration

	candidates []candidate // found since the last absorb
	again      []string    // directories to inspect again within this absorb
	how        how         // how walks treat files that are not in the index
	// distrust makes walks read files that equal metadata do not prove unchanged:
	// events about them may have been lost.
	distrust bool

	undelivered map[string]state // changed path → the last delivered state
	detoured    map[string]bool  // names of followed files that a link no longer leads to
	offered     []Change         // undelivered as changes; nil when outdated

	auditEvery time.Duration
	nextAudit  time.Time
	sweepAt    time.Time       // when to look at doubtful files again; zero if there are none
	trackedAt  time.Time       // when to ask git again for tracked files; zero if there is no need
	retryAt    time.Time       // when to look for a missing root again; zero if none is missing
	unheard    map[string]bool // files that the audit found changed without an event so far
	locks      []lock
	staleLock  int64 // modification time of the stale lock already reported
	tally      stats
	halted     func() bool // the run is over: walks end early
	foldsCase  bool        // the filesystem finds a file under another case of its name
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
	doubtful bool // equal metadata do not prove equal content, see [meta.doubtful]
	suspect  bool // to be read
	empty    bool // was missing or empty when it became suspect
}

// differs reports whether the content may have changed, given new metadata m.
// Once the content is known, a new ctime is reason enough to compare it.
func (e *entry) differs(m meta) bool {
	return !e.meta.same(m) || e.hashed && e.meta.ctime != m.ctime
}

// how says how a walk treats files that are not in the index.
type how uint8

const (
	asChange   how = iota // they were created
	asBaseline            // they existed before
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
		detoured:    make(map[string]bool),
		leads:       make(map[string]string),
		followed:    newFollowed(),
		unheard:     make(map[string]bool),
		halted:      func() bool { return false },
		foldsCase:   runtime.GOOS == "darwin" || runtime.GOOS == "windows",
	}
}

func (t *tree) notice(n Notice) {
	if t.opts.Notice != nil {
		t.opts.Notice(n)
	}
}

// crawl fills the index. It watches each directory before listing it, so that no
// change is lost in between.
func (t *tree) crawl() {
	t.how = asBaseline
	for _, r := range t.roots {
		t.enterRoot(r)
	}
	t.how = asChange
	now := time.Now()
	t.nextAudit = now.Add(t.auditEvery)
	t.sweepAt = now.Add(doubtWindow)
	t.locks = locksOf(t.roots)
	t.indexes = indexesOf(t.roots)
	t.tracked = t.findTracked()
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

// rootAt returns the index of the root at path, or -1.
func (t *tree) rootAt(path string) int {
	return slices.IndexFunc(t.roots, func(r root) bool { return r.real == path })
}

func (t *tree) isRoot(path string) bool { return t.rootAt(path) >= 0 }

// suspect notes that a file has to be read.
func (t *tree) suspect(d *dir, name string, at time.Time, empty bool) {
	t.suspectWhen(d, name, hint{first: at, last: at}, empty)
}

func (t *tree) suspectWhen(d *dir, name string, h hint, empty bool) {
	path := filepath.Join(d.path, name)
	if e := d.files[name]; e != nil {
		e.suspect, e.empty = true, empty
	}
	t.candidates = append(t.candidates, candidate{path: path, name: t.names(path)[0], first: h.first, last: h.last, empty: empty})
}

// fileCounts reports whether changes of a file in d are reported.
func (t *tree) fileCounts(d *dir, name string) bool {
	return t.followed.wants(d.path, name) || t.keeps(d, name, false)
}

// keeps reports whether an entry of d counts by the rules alone.
func (t *tree) keeps(d *dir, name string, isDir bool) bool {
	if !d.whole {
		return false
	}
	path := filepath.Join(d.path, name)
	if isDir && t.isRoot(path) {
		return true // the caller named it
	}
	if neverCounts(name) {
		return false
	}
	if d.scope.ignored(path, isDir) && (isDir || t.asked.Wanted == nil || !t.asked.Wanted(t.named(path))) {
		return false
	}
	return t.opts.Ignore == nil || !t.opts.Ignore(t.named(path), isDir)
}

// neverCounts reports whether entries of this name are left out, whatever they are.
func neverCounts(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".jj", "node_modules":
		return true
	}
	return false
}

// named returns path below the root as the caller named it.
func (t *tree) named(path string) string {
	best := root{}
	for _, r := range t.roots {
		if len(r.real) > len(best.real) && within(r.real, path) {
			best = r
		}
	}
	if best.real == best.named {
		return path
	}
	return filepath.Join(best.named, path[len(best.real):])
}

// within reports whether path is dir or below it.
func within(dir, path string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || rest[0] == filepath.Separator || dir[len(dir)-1] == filepath.Separator)
}

// names returns the paths under which the caller knows a file, at least one. A
// file that counts by itself keeps its own name, whatever else leads to it.
func (t *tree) names(path string) []string {
	names, own := t.followed.names(path), t.named(path)
	if len(names) == 0 {
		return []string{own}
	}
	if d := t.dirs[filepath.Dir(path)]; d == nil || slices.Contains(names, own) || !t.keeps(d, filepath.Base(path), false) {
		return names
	}
	return append(slices.Clip(names), own)
}
