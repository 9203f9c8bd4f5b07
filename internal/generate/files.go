package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/regular"
)

// inputs are the files that a generator reads, relative to the project, and
// their hashes.
type inputs map[string]string

// scan hashes the inputs of every generator in one walk.
func scan(dir string, generators []Generator) ([]inputs, error) {
	found := make([]inputs, len(generators))
	for i := range found {
		found[i] = inputs{}
	}
	err := walk(dir, func(path string, _ fs.DirEntry) error {
		rel, hash := relative(dir, path), ""
		for i, g := range generators {
			if !g.Reads(rel) || writes(g, path) {
				continue
			}
			if hash == "" {
				var err error
				if hash, err = hashFile(path); errors.Is(err, fs.ErrNotExist) {
					return nil // gone since
				} else if err != nil {
					return err
				}
			}
			found[i][rel] = hash
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the inputs of generators: %w", err)
	}
	return found, nil
}

// writes reports whether a file is among the declared outputs.
func writes(g Generator, path string) bool {
	return slices.ContainsFunc(g.Outputs, func(output string) bool {
		rel, err := filepath.Rel(output, path)
		return err == nil && filepath.IsLocal(rel)
	})
}

// stamp changes when a file is written.
type stamp struct {
	size     int64
	modified time.Time
}

// stamps looks at every file below dir without reading it.
func stamps(dir string) (map[string]stamp, error) {
	found := map[string]stamp{}
	err := walk(dir, func(path string, e fs.DirEntry) error {
		if info, err := e.Info(); err == nil { // else it is gone again
			found[path] = stamp{info.Size(), info.ModTime()}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what a generator writes: %w", err)
	}
	return found, nil
}

// hashAll hashes files, and the files in directories. Missing files have no hash.
func hashAll(paths []string) (map[string]string, error) {
	hashes := map[string]string{}
	add := func(path string) error {
		hash, err := hashFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		hashes[path] = hash
		return err
	}
	for _, path := range paths {
		err := error(nil)
		if isDir(path) {
			err = walk(path, func(file string, _ fs.DirEntry) error { return add(file) })
		} else {
			err = add(path)
		}
		if err != nil {
			return nil, fmt.Errorf("read what a generator wrote: %w", err)
		}
	}
	return hashes, nil
}

// walk visits the regular files below dir, except those of version control and
// package managers. It skips what cannot be read or has vanished.
func walk(dir string, visit func(path string, e fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if path == dir && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		case e.IsDir() && path != dir && slices.Contains([]string{".git", ".hg", ".svn", ".jj", "node_modules"}, e.Name()):
			return fs.SkipDir
		case e.Type().IsRegular():
			return visit(path, e)
		}
		return nil
	})
}

func hashFile(path string) (string, error) {
	f, err := regular.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// relative returns a path with slashes, relative to dir if it lies within.
func relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
