package replay

import (
	"context"
	"errors"
	gobuild "go/build"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tree is all that a build reads, as it was when the plan was made or when it was
// last followed. A tree is a value: looking at the disk again makes another.
type tree struct {
	target   gobuild.Context
	local    []localDir
	files    map[string]seen  // in the directories of local packages, and what they embed
	fixed    map[string]stamp // nobody is expected to change these files and directories
	settings map[string]seen  // go.mod and its like: their content must not change
	absent   []string         // what would change the build if it existed
}

// localDir is the directory of a package that people edit.
type localDir struct {
	pkg, dir string
	entry    entry
	names    []string // of sources, sorted
	view     string
	patterns []string // that it embeds
	matches  string   // what these may match
	embeds   []string // files, absolute
}

// newTree looks at everything that the listed packages consist of, and at the
// further files. Those that do not exist must not appear.
func newTree(ctx context.Context, target gobuild.Context, packages []listedPackage, modcache string, further []string) (*tree, error) {
	t := &tree{target: target, files: map[string]seen{}, fixed: map[string]stamp{}, settings: map[string]seen{}}
	for _, p := range packages {
		err := ctx.Err()
		if err != nil {
			return nil, err
		}
		if p.local(modcache) {
			err = t.addLocal(p)
		} else {
			err = t.addFixed(p)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, path := range further {
		switch s, err := stampOf(path); {
		case errors.Is(err, fs.ErrNotExist):
			t.absent = append(t.absent, path)
		case err != nil:
			return nil, err
		case !s.mode.IsRegular():
			t.fixed[path] = s
		default:
			if t.settings[path], _, err = readFile(path); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (t *tree) addLocal(p listedPackage) error {
	d := localDir{pkg: p.ImportPath, dir: p.Dir, patterns: p.EmbedPatterns}
	at := time.Now().UnixNano()
	s, err := stampOf(p.Dir)
	if err != nil {
		return err
	}
	d.entry = entry{s, at}
	if d.names, err = sourceNames(p.Dir); err != nil {
		return err
	}
	if d.matches, err = embeddable(p.Dir, p.EmbedPatterns); err != nil {
		return err
	}
	for _, name := range p.EmbedFiles {
		d.embeds = append(d.embeds, filepath.Join(p.Dir, filepath.FromSlash(name)))
	}
	contents := map[string][]byte{}
	for _, path := range d.paths() {
		now, content, err := readFile(path)
		if err != nil {
			return err
		}
		t.files[path] = now
		if filepath.Dir(path) == d.dir {
			contents[path] = content
		}
	}
	d.view = view(t.target, d.dir, d.names, contents)
	t.local = append(t.local, d)
	return nil
}

// paths returns every file whose content matters to the package.
func (d *localDir) paths() []string {
	var all []string
	for _, name := range d.names {
		all = append(all, filepath.Join(d.dir, name))
	}
	return append(all, d.embeds...)
}

func (t *tree) addFixed(p listedPackage) error {
	if p.Dir == "" {
		return nil
	}
	paths := []string{p.Dir}
	for _, name := range slices.Concat(p.compiled(), p.EmbedFiles) {
		paths = append(paths, filepath.Join(p.Dir, filepath.FromSlash(name)))
	}
	for _, path := range paths {
		s, err := stampOf(path)
		if err != nil {
			return err
		}
		t.fixed[path] = s
	}
	return nil
}

// after reports the first thing that changed after at, or "".
func (t *tree) after(at time.Time) string {
	limit := at.UnixNano()
	late := func(s stamp) bool { return max(s.modified, s.changed) >= limit }
	for path, s := range t.fixed {
		if late(s) {
			return path
		}
	}
	for _, files := range []map[string]seen{t.files, t.settings} {
		for path, f := range files {
			if late(f.stamp) {
				return path
			}
		}
	}
	for _, d := range t.local {
		if late(d.entry.stamp) {
			return d.dir
		}
	}
	return ""
}

// look looks at the local packages again. It returns the tree as it is now and
// the files with new content; what the plan does not cover is an error.
func (t *tree) look() (now *tree, changed []string, err error) {
	now = &tree{target: t.target, fixed: t.fixed, settings: t.settings, absent: t.absent, files: maps.Clone(t.files), local: slices.Clone(t.local)}
	for i := range now.local {
		in, err := now.lookAt(&now.local[i])
		if err != nil {
			return nil, nil, err
		}
		changed = append(changed, in...)
	}
	return now, changed, nil
}

// lookAt looks at one package again.
func (t *tree) lookAt(d *localDir) (changed []string, err error) {
	if err := t.relist(d); err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, path := range d.paths() {
		now, content, differs, err := t.files[path].glance(path)
		if err != nil {
			return nil, declinedFor(path, err)
		}
		t.files[path] = now
		if !differs {
			continue
		}
		changed = append(changed, path)
		if inDir := filepath.Dir(path) == d.dir; inDir && strings.HasSuffix(path, ".go") && content != nil {
			contents[path] = content
		} else if inDir && source(filepath.Base(path)) {
			return nil, Declined(path + " changed, which is not Go")
		}
	}
	if len(contents) > 0 && view(t.target, d.dir, d.names, contents) != d.view {
		return nil, Declined("what " + d.pkg + " consists of, imports or embeds changed")
	}
	return changed, nil
}

// relist makes sure that no file of the package appeared or vanished.
func (t *tree) relist(d *localDir) error {
	at := time.Now().UnixNano()
	s, err := stampOf(d.dir)
	if err != nil {
		return declinedFor(d.dir, err)
	}
	if !d.entry.same(s) {
		names, err := sourceNames(d.dir)
		if err != nil {
			return declinedFor(d.dir, err)
		}
		if !slices.Equal(names, d.names) {
			return Declined("files appeared or vanished in " + d.dir)
		}
		d.entry = entry{s, at}
	}
	if len(d.patterns) == 0 {
		return nil
	}
	matches, err := embeddable(d.dir, d.patterns)
	if err != nil {
		return declinedFor(d.dir, err)
	}
	if matches != d.matches {
		return Declined("files appeared or vanished in what " + d.pkg + " embeds")
	}
	return nil
}

// settled reports, as an error, whether something changed that nobody was
// expected to change.
func (t *tree) settled() error {
	for path, was := range t.fixed {
		now, err := stampOf(path)
		if err != nil {
			return declinedFor(path, err)
		}
		if now != was {
			return Declined(path + " changed")
		}
	}
	for path, was := range t.settings {
		_, _, changed, err := was.glance(path)
		if err != nil {
			return declinedFor(path, err)
		}
		if changed {
			return Declined(path + " changed")
		}
	}
	for _, path := range t.absent {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return Declined(path + " appeared")
		}
	}
	return nil
}

// unread reports, as an error, whether any of the files changed since the tree
// was looked at. Whoever read them in between read what the tree has.
func (t *tree) unread(paths []string) error {
	for _, path := range paths {
		_, _, changed, err := t.files[path].glance(path)
		if err != nil {
			return declinedFor(path, err)
		}
		if changed {
			return Declined(path + " changed again during the build")
		}
	}
	return nil
}
