package devserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/regular"
)

// bundleDir is the directory to which bundles are also written, for apps that
// embed them. Only the web lane writes; Owns may be called from any goroutine.
type bundleDir struct {
	dir    string // absolute
	prefix string // URL prefix of the bundles
	memory string // file in which the next run finds which files are ours; empty: none
	ours   atomic.Pointer[map[string]string]

	written   map[string]writtenFile // what this run wrote, by path below dir
	originals *originals             // the user's files that bundles replace

	// The page that the app embeds with the bundles: its source, and where the Go
	// lane alone writes it. Both are empty without a page.
	page, pageCopy string
	pageMemory     string // file in which the next run finds the hash of pageCopy; empty: none
	pageSum        string // hash of what we last wrote to pageCopy
}

// embedPage makes b also write a copy of page.
func (b *bundleDir) embedPage(page, pageCopy, memory string) {
	b.page, b.pageCopy, b.pageMemory = page, pageCopy, memory
	if sum, err := regular.ReadFile(memory); err == nil {
		b.pageSum = string(sum)
	}
}

// writtenFile is a bundle as we left it on disk.
type writtenFile struct {
	contents []byte // shared with the bundle
	sum      string
	size     int64
	time     time.Time
}

// isCopy reports whether the app may serve, at the URL path copied, our copy of
// the bundle at url.
func (b *bundleDir) isCopy(copied, url string) bool {
	return strings.HasSuffix(copied, "/"+b.relative(url))
}

// relative returns where the bundle at url is written, below the directory.
func (b *bundleDir) relative(url string) string {
	return strings.TrimPrefix(strings.TrimPrefix(url, b.prefix), "/")
}

// tempPrefix begins the names of files that are being written. Go embeds no file
// whose name begins with a dot.
const tempPrefix = ".devtool-"

// openBundleDir reads which files an earlier run wrote. If it cannot, stale files
// stay, because they may not be ours to remove.
func openBundleDir(dir, prefix, memory string, kept *originals) *bundleDir {
	b := &bundleDir{dir: dir, prefix: prefix, memory: memory, written: map[string]writtenFile{}, originals: kept}
	ours := recallHashes(memory)
	b.ours.Store(&ours)
	return b
}

// Owns reports whether we wrote the file at an absolute path, so that its change
// can be ignored.
func (b *bundleDir) Owns(file string) bool {
	if b.page != "" && (file == b.pageCopy || file == filepath.Join(filepath.Dir(b.pageCopy), tempPrefix+filepath.Base(b.pageCopy))) {
		return true
	}
	rel, err := filepath.Rel(b.dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	return (*b.ours.Load())[filepath.ToSlash(rel)] != "" || strings.HasPrefix(filepath.Base(rel), tempPrefix)
}

// Write brings the directory up to date. It replaces each file that differs in
// one step, and removes files that we wrote and no longer make, unless somebody
// has edited them.
func (b *bundleDir) Write(outputs bundle.Outputs) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return fmt.Errorf("write the bundles: %w", err)
	}
	root, err := os.OpenRoot(b.dir)
	if err != nil {
		return fmt.Errorf("write the bundles: %w", err)
	}
	defer root.Close()

	before, now := *b.ours.Load(), map[string]string{}
	both := maps.Clone(before)
	for url, o := range outputs {
		rel := b.relative(url)
		now[rel] = b.sumOf(rel, o.Contents)
		both[rel] = now[rel]
	}
	b.ours.Store(&both) // before the first write, as the watcher may see it at once
	for url, o := range outputs {
		rel := b.relative(url)
		if err := b.bring(root, rel, o.Contents, now[rel], before[rel]); err != nil {
			return fmt.Errorf("write the bundles to %s: %w", b.dir, err)
		}
	}
	for rel, hash := range before {
		if now[rel] != "" {
			continue
		}
		delete(b.written, rel)
		if err := removeUnedited(root, rel, hash); err != nil {
			return fmt.Errorf("remove an old bundle from %s: %w", b.dir, err)
		}
	}
	return b.remember(now)
}

// sumOf returns the hash of what is to be written. It does not hash a package
// bundle again, megabytes that stay the same from save to save.
func (b *bundleDir) sumOf(rel string, contents []byte) string {
	if last, ok := b.written[rel]; ok && sameBytes(last.contents, contents) {
		return last.sum
	}
	return contentHash(contents)
}

// sameBytes reports whether both are one slice.
func sameBytes(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// bring writes one file unless its content is right already. before is the hash
// of what we last wrote there.
func (b *bundleDir) bring(root *os.Root, rel string, contents []byte, sum, before string) error {
	last, ok := b.written[rel]
	info, err := root.Stat(rel)
	if ok && err == nil && sameBytes(last.contents, contents) && info.Size() == last.size && info.ModTime().Equal(last.time) {
		return nil
	}
	if ok {
		before = last.sum // although a later write failed
	}
	if err := b.originals.before(filepath.Join(b.dir, filepath.FromSlash(rel)), sum, before); err != nil {
		return err
	}
	if err := replaceFile(root, rel, contents); err != nil {
		return err
	}
	if info, err = root.Stat(rel); err != nil {
		return err
	}
	b.written[rel] = writtenFile{contents, sum, info.Size(), info.ModTime()}
	return nil
}

// WritePage writes the page, as render returns it, to where the app embeds it. The
// app may fill in its placeholders, and scripts that it names by their sources are
// served, see [withSources].
func (b *bundleDir) WritePage(render func(file string) ([]byte, error)) error {
	if b.page == "" {
		return nil
	}
	text, err := render(b.page)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	dir := filepath.Dir(b.pageCopy)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	defer root.Close()
	sum := contentHash(text)
	err = b.originals.before(b.pageCopy, sum, b.pageSum)
	if err == nil {
		err = replaceFile(root, filepath.Base(b.pageCopy), text)
	}
	if err != nil {
		return fmt.Errorf("write the page to %s: %w", dir, err)
	}
	return b.rememberPage(sum)
}

// rememberPage notes what we wrote to pageCopy.
func (b *bundleDir) rememberPage(sum string) error {
	if sum == b.pageSum {
		return nil
	}
	b.pageSum = sum
	if b.pageMemory == "" {
		return nil
	}
	if err := writeMemory(b.pageMemory, []byte(sum)); err != nil {
		return fmt.Errorf("remember the page in %s: %w", filepath.Dir(b.pageCopy), err)
	}
	return nil
}

// siteDir returns the directory that corresponds to the root URL: write_dir
// without public_path at its end, or write_dir itself if it does not end in it.
func siteDir(w config.Web) string {
	if dir, ok := strings.CutSuffix(filepath.ToSlash(w.WriteDir)+"/", w.BelowBase(w.PublicPath)); ok && dir != "" {
		return filepath.FromSlash(dir)
	}
	return w.WriteDir
}

// remember notes which files are ours. Files that were just removed stay ours
// until the next write, for the watcher.
func (b *bundleDir) remember(now map[string]string) error {
	if err := rememberHashes(b.memory, now); err != nil {
		return fmt.Errorf("remember the bundles in %s: %w", b.dir, err)
	}
	return nil
}

// leadsOut returns where a directory of the project really is, if a link leads
// out of the project.
func leadsOut(root, dir string) string {
	if !inside(root, dir) {
		return "" // configured outside
	}
	realRoot, err := filepath.EvalSymlinks(root)
	if err != nil {
		return ""
	}
	for above := dir; inside(root, above); above = filepath.Dir(above) {
		if real, err := filepath.EvalSymlinks(above); err == nil { // the directory itself may not exist yet
			if inside(realRoot, real) {
				return ""
			}
			return real
		}
	}
	return ""
}

// inside reports whether path is dir or below it.
func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// replaceFile writes a file whole or not at all.
func replaceFile(root *os.Root, rel string, contents []byte) error {
	if old, err := root.ReadFile(rel); err == nil && bytes.Equal(old, contents) {
		return nil
	}
	dir, name := path.Split(rel)
	if dir != "" {
		if err := root.MkdirAll(path.Clean(dir), 0o755); err != nil {
			return err
		}
	}
	temp := dir + tempPrefix + name
	if err := root.WriteFile(temp, contents, 0o644); err != nil {
		return errors.Join(err, ignoreMissing(root.Remove(temp)))
	}
	return root.Rename(temp, rel)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func contentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// empty reports whether a directory holds nothing that Go would embed.
func empty(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			return false
		}
	}
	return true
}
