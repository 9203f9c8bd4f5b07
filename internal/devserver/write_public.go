package devserver

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// publicCopies are the files of the public directory where the app embeds them, as
// the front end's own build would leave them: a fresh clone may read them before it
// answers anything. Only the Go lane writes; Owns may be called from any goroutine.
type publicCopies struct {
	from, to  string // directories, absolute
	memory    string // file in which the next run finds which copies are ours; empty: none
	originals *originals
	seen      map[string]publicFileState // what was copied by this run
	ours      atomic.Pointer[map[string]string]
}

// publicFileState is a file of the public directory when it was copied.
type publicFileState struct {
	size int64
	time time.Time
}

// openPublicCopies reads which files an earlier run copied.
func openPublicCopies(from, to, memory string, kept *originals) *publicCopies {
	c := &publicCopies{from: from, to: to, memory: memory, originals: kept, seen: make(map[string]publicFileState)}
	ours := recallHashes(memory)
	c.ours.Store(&ours)
	return c
}

// Owns reports whether the file at an absolute path is a copy.
func (c *publicCopies) Owns(file string) bool {
	rel, err := filepath.Rel(c.to, file)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	dir, name := filepath.Split(rel)
	_, ours := (*c.ours.Load())[filepath.ToSlash(dir+strings.TrimPrefix(name, tempPrefix))]
	return ours
}

// Write copies what has changed, and removes copies whose originals are gone. Files
// for which taken reports true are somebody else's.
func (c *publicCopies) Write(taken func(file string) bool) error {
	source, err := os.OpenRoot(c.from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy the public directory: %w", err)
	}
	defer source.Close()
	if err := os.MkdirAll(c.to, 0o755); err != nil {
		return fmt.Errorf("copy the public directory: %w", err)
	}
	target, err := os.OpenRoot(c.to)
	if err != nil {
		return fmt.Errorf("copy the public directory: %w", err)
	}
	defer target.Close()
	before, now := *c.ours.Load(), map[string]string{}
	names, err := publicNames(source)
	if err != nil {
		return err
	}
	for _, name := range names {
		if taken(filepath.Join(c.to, filepath.FromSlash(name))) {
			continue
		}
		if now[name], err = c.bring(source, target, name, before[name]); err != nil {
			return fmt.Errorf("copy %s of the public directory: %w", name, err)
		}
	}
	for name, sum := range before {
		if _, still := now[name]; still {
			continue
		}
		if err := removeUnedited(target, name, sum); err != nil {
			return fmt.Errorf("remove an old copy: %w", err)
		}
	}
	return c.remember(now)
}

// bring copies one file unless that was done. It returns the hash of its contents.
func (c *publicCopies) bring(source, target *os.Root, name, before string) (sum string, err error) {
	info, err := source.Stat(name)
	if err != nil {
		return "", err
	}
	state := publicFileState{info.Size(), info.ModTime()}
	if there, err := target.Stat(name); before != "" && c.seen[name] == state && err == nil && there.Size() == info.Size() {
		return before, nil
	}
	contents, err := source.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum = contentHash(contents)
	if err := c.originals.before(filepath.Join(c.to, filepath.FromSlash(name)), sum, before); err != nil {
		return "", err
	}
	announced := maps.Clone(*c.ours.Load()) // before it is written: the watcher may see it at once
	announced[name] = sum
	c.ours.Store(&announced)
	if err := replaceFile(target, name, contents); err != nil {
		return "", err
	}
	c.seen[name] = state
	return sum, nil
}

func (c *publicCopies) remember(now map[string]string) error {
	c.ours.Store(&now)
	if err := rememberHashes(c.memory, now); err != nil {
		return fmt.Errorf("remember the public files in %s: %w", c.to, err)
	}
	return nil
}
