package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Following names what counts wherever it is: ignored by git, below node_modules,
// outside the roots, or not there yet. Relative paths are ignored.
type Following struct {
	// Files are absolute paths as a program reached them. Every symbolic link on
	// the way is followed as well: when one is redirected, the files reached
	// through it are reported as modified, under these paths.
	Files []string
	// Dirs stand for every file directly in them, now and later.
	Dirs []string
	// Globs stand for every file that they match, now and later.
	Globs []Glob
	// Wanted reports whether a file counts although git ignores it. It is asked
	// about files in directories that git does not ignore, from Run's goroutine, and
	// must not block. May be nil.
	Wanted func(path string) bool
	// Since is when the caller began to read what is followed here. A file that
	// the watcher did not know and that was written after Since is reported as
	// modified. Zero means now.
	Since time.Time
	// Missed are absolute paths that the caller looked for and did not find. One
	// that the watcher knows to exist, because it was away for less than a save may
	// take, is reported as modified.
	Missed []string
}

// Glob is a set of files below a directory.
type Glob struct {
	Dir     string // absolute
	Pattern string // relative to Dir, with slashes: "pages/**/*.{ts,tsx}"
}

// followed is a Following with its links resolved. All its paths are canonical.
type followed struct {
	files map[string][]string // file → the names to report it by
	dirs  map[string]string   // directory whose every file counts → its name
	globs []followedGlob
	links map[string]bool // the links on the way to what is followed
	homes map[string]bool // directories to watch
	stale bool            // a home may have come or gone
	moved bool            // a link may lead elsewhere
}

// followedGlob is a Glob with the literal beginning of the pattern moved to the
// directory.
type followedGlob struct {
	dir, name string // canonical, and as the caller named it
	pattern   string
	depth     int // of the directories that can hold a match; -1 if unlimited
}

func newFollowed() followed {
	return followed{
		files: make(map[string][]string),
		dirs:  make(map[string]string),
		links: make(map[string]bool),
		homes: make(map[string]bool),
	}
}

// resolve finds out where everything that is followed leads now.
func (what Following) resolve() followed {
	f := newFollowed()
	r := make(resolver)
	for _, name := range what.Files {
		if filepath.IsAbs(name) {
			f.addFile(filepath.Clean(name), r)
		}
	}
	for _, name := range what.Dirs {
		if filepath.IsAbs(name) {
			name = filepath.Clean(name)
			to := f.addWay(name, r)
			f.dirs[to] = name
			f.homes[to] = true
		}
	}
	for _, g := range what.Globs {
		if filepath.IsAbs(g.Dir) && doublestar.ValidatePattern(g.Pattern) {
			f.addGlob(g, r)
		}
	}
	return f
}

// addWay follows the links on the way to name and returns where it leads.
func (f *followed) addWay(name string, r resolver) string {
	w := r.resolve(name)
	for _, link := range w.links {
		f.links[link] = true
		f.homes[filepath.Dir(link)] = true
		if !slices.Contains(f.files[link], name) {
			f.files[link] = append(f.files[link], name)
		}
	}
	return w.end
}

func (f *followed) addFile(name string, r resolver) {
	end := f.addWay(name, r)
	if isDir(end) {
		f.dirs[end] = name
		f.homes[end] = true
		return
	}
	if !slices.Contains(f.files[end], name) {
		f.files[end] = append(f.files[end], name)
	}
	f.homes[filepath.Dir(end)] = true
}

func (f *followed) addGlob(g Glob, r resolver) {
	base, pattern := doublestar.SplitPattern(g.Pattern)
	name := filepath.Join(g.Dir, filepath.FromSlash(base))
	depth := strings.Count(pattern, "/")
	if strings.Contains(pattern, "**") {
		depth = -1
	}
	dir := f.addWay(name, r)
	f.globs = append(f.globs, followedGlob{dir: dir, name: name, pattern: pattern, depth: depth})
	f.homes[dir] = true
}

// wants reports whether a file in dir is followed.
func (f *followed) wants(dir, name string) bool {
	if len(f.files) == 0 && len(f.dirs) == 0 && len(f.globs) == 0 {
		return false
	}
	if _, all := f.dirs[dir]; all {
		return true
	}
	path := filepath.Join(dir, name)
	return f.files[path] != nil || slices.ContainsFunc(f.globs, func(g followedGlob) bool { return g.matches(path) })
}

// enters reports whether files of a glob may be in the directory at path.
func (f *followed) enters(path string) bool {
	return slices.ContainsFunc(f.globs, func(g followedGlob) bool { return g.enters(path) })
}

// below returns the names of the followed files at path and below.
func (f *followed) below(path string) (names []string) {
	for file, as := range f.files {
		if within(path, file) && !f.links[file] {
			names = append(names, as...)
		}
	}
	return names
}

// names returns the names under which a followed file is reported.
func (f *followed) names(path string) []string {
	if names := f.files[path]; names != nil {
		return names
	}
	if name, all := f.dirs[filepath.Dir(path)]; all {
		return []string{filepath.Join(name, filepath.Base(path))}
	}
	for _, g := range f.globs {
		if g.matches(path) {
			return []string{filepath.Join(g.name, path[len(g.dir):])}
		}
	}
	return nil
}

func (g followedGlob) matches(path string) bool {
	if path == g.dir || !within(g.dir, path) {
		return false
	}
	rel := filepath.ToSlash(strings.TrimPrefix(path[len(g.dir):], string(filepath.Separator)))
	return doublestar.MatchUnvalidated(g.pattern, rel)
}

func (g followedGlob) enters(path string) bool {
	if !within(g.dir, path) {
		return false
	}
	depth := 0
	for name := range strings.SplitSeq(path[len(g.dir):], string(filepath.Separator)) {
		if name == "" {
			continue
		}
		if neverCounts(name) {
			return false
		}
		depth++
	}
	return g.depth < 0 || depth <= g.depth
}

// resolver remembers where paths lead.
type resolver map[string]way

// way is the result of resolving a path.
type way struct {
	end   string   // canonical, as far as the path exists
	links []string // canonical paths of the links on the way
}

// resolve follows the links in path, which must be absolute and clean. It
// continues where nothing exists, and notes links that lead nowhere, because what
// appears there counts.
func (r resolver) resolve(path string) way {
	if w, known := r[path]; known {
		return w
	}
	parent := filepath.Dir(path)
	if parent == path {
		return way{end: path}
	}
	up := r.resolve(parent)
	place := filepath.Join(up.end, filepath.Base(path))
	w := way{end: place, links: up.links}
	r[path] = w // ends a cycle of links
	target, err := os.Readlink(place)
	switch {
	case err == nil:
		w.links = append(slices.Clip(w.links), place)
		to := r.resolveTarget(up.end, target)
		w.end, w.links = to.end, append(w.links, to.links...)
	case runtime.GOOS == "windows": // short names
		if long, err := filepath.EvalSymlinks(place); err == nil {
			w.end = long
		}
	}
	r[path] = w
	return w
}

// resolveTarget returns where a link in dir, which is canonical, leads. It
// resolves step by step, because ".." is the parent of a link's target, not of
// the link.
func (r resolver) resolveTarget(dir, target string) way {
	w := way{end: dir}
	if filepath.IsAbs(target) {
		volume := filepath.VolumeName(target)
		w.end, target = volume+string(filepath.Separator), target[len(volume):]
	}
	for name := range strings.SplitSeq(filepath.ToSlash(target), "/") {
		switch name {
		case "", ".":
		case "..":
			w.end = filepath.Dir(w.end)
		default:
			step := r.resolve(filepath.Join(w.end, name))
			w.end, w.links = step.end, append(w.links, step.links...)
		}
	}
	return w
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
