package devserver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

// Contents of the directory of a production build, besides the program.
const (
	publicDir    = "public"
	manifestFile = "manifest.json"
	// viteManifestFile is where code that is written for Vite looks, in the directory
	// that Vite's build would fill.
	viteManifestFile = publicDir + "/.vite/manifest.json"
	inventoryFile    = "build.json" // marks a directory that we may replace
)

// stagePrefix begins the name of the directory in which a production build is made.
const stagePrefix = ".devtool-build-"

// OutputError says that devtool may not replace a directory.
type OutputError struct{ Dir string }

func (e *OutputError) Error() string {
	return fmt.Sprintf("%s holds files that devtool build did not write", e.Dir)
}

// Hint returns what to do instead.
func (e *OutputError) Hint() string {
	return "it would be replaced as a whole: choose a directory that is empty or not there with --out"
}

// UserFault reports whether the command line or the settings are at fault, rather
// than the machine.
func (e *OutputError) UserFault() bool { return true }

// outputDir is a directory that appears whole or not at all. It is filled next to
// the one it replaces.
type outputDir struct {
	dir, stage string
	public     []string // files below public, by their URLs without the first slash
	files      []policy.WrittenFile
}

func newOutputDir(dir string) (*outputDir, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look into the output directory: %w", err)
	}
	ours := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == inventoryFile })
	if len(entries) > 0 && !ours {
		return nil, &OutputError{Dir: dir}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("make the output directory: %w", err)
	}
	stage, err := os.MkdirTemp(filepath.Dir(dir), stagePrefix)
	if err != nil {
		return nil, fmt.Errorf("make the output directory: %w", err)
	}
	return &outputDir{dir: dir, stage: stage}, nil
}

// discard removes what was not committed.
func (o *outputDir) discard() { _ = os.RemoveAll(o.stage) }

// publicFile returns where the file of a URL path is written: that of Vite's base is
// the root of the directory.
func publicFile(w config.Web, url string) string { return path.Join(publicDir, w.BelowBase(url)) }

// write adds a file unless it exists: bundles win over copied files.
func (o *outputDir) write(rel string, contents []byte) error {
	file := filepath.Join(o.stage, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write the build: %w", err)
	}
	if err := os.WriteFile(file, contents, 0o644); err != nil {
		return fmt.Errorf("write the build: %w", err)
	}
	if url, ok := strings.CutPrefix(rel, publicDir+"/"); ok {
		o.public = append(o.public, url)
	}
	return nil
}

// take moves a program in.
func (o *outputDir) take(program, name string) error {
	if err := os.Rename(program, filepath.Join(o.stage, name)); err != nil {
		return fmt.Errorf("write the program: %w", err)
	}
	return nil
}

// copyPublic adds the files of the public directory, unless the build has such files.
func (o *outputDir) copyPublic(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("copy the public directory: %w", err)
	}
	defer root.Close()
	names, err := publicNames(root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.Contains(o.public, name) {
			continue
		}
		contents, err := root.ReadFile(name)
		if err != nil {
			return fmt.Errorf("copy the public directory: %w", err)
		}
		if err := o.write(path.Join(publicDir, name), contents); err != nil {
			return err
		}
	}
	return nil
}

// publicNames returns the files of a public directory that browsers get in
// development: no hidden files, and nothing from outside it.
func publicNames(root *os.Root) (names []string, err error) {
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(path.Base(name), ".") && name != "." && path.Base(name) != ".well-known"
		switch {
		case err != nil:
			return fmt.Errorf("copy the public directory: %w", err)
		case hidden && e.IsDir():
			return fs.SkipDir
		case hidden || e.IsDir():
			return nil
		}
		info, err := root.Stat(name)
		if err != nil {
			return fmt.Errorf("copy the public directory: %w", err)
		}
		if info.Mode().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// commit replaces the previous directory with the new one.
func (o *outputDir) commit() error {
	if err := o.takeStock(); err != nil {
		return err
	}
	if err := os.Chmod(o.stage, 0o755); err != nil {
		return fmt.Errorf("write the build: %w", err)
	}
	if err := exchange(o.stage, o.dir); err != nil {
		return fmt.Errorf("put the build into place: %w", err)
	}
	return nil
}

// takeStock writes the inventory.
func (o *outputDir) takeStock() error {
	err := filepath.WalkDir(o.stage, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		hash := sha256.New()
		n, err := io.Copy(hash, f)
		rel, relErr := filepath.Rel(o.stage, file)
		o.files = append(o.files, policy.WrittenFile{Path: filepath.ToSlash(rel), Bytes: n, SHA256: hex.EncodeToString(hash.Sum(nil))})
		return errors.Join(err, relErr)
	})
	if err != nil {
		return fmt.Errorf("take stock of the build: %w", err)
	}
	slices.SortFunc(o.files, func(a, b policy.WrittenFile) int { return cmp.Compare(a.Path, b.Path) })
	data, err := json.MarshalIndent(map[string]any{"v": 1, "files": o.files}, "", "  ")
	if err != nil {
		return fmt.Errorf("take stock of the build: %w", err)
	}
	return o.write(inventoryFile, append(data, '\n'))
}

// exchange replaces the directory old, which may not exist, with new. If that
// fails, old stays.
func exchange(new, old string) error {
	aside := new + ".old"
	err := os.Rename(old, aside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(new, old)
	case err != nil:
		// A directory of a lower layer of a container image cannot be renamed.
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		return os.Rename(new, old)
	}
	if err := os.Rename(new, old); err != nil {
		return errors.Join(err, os.Rename(aside, old))
	}
	_ = os.RemoveAll(aside) // leftovers are in nobody's way
	return nil
}
