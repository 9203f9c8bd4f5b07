package devserver

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOriginals checks that files replaced by bundles are reported once and are
// back after a run, even one that was killed, unless somebody has changed them
// since.
func TestOriginals(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dist := filepath.Join(base, "dist")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(dist, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dist, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	start := func() *bundleDir {
		return openEmbedded(base, func(path string) { told = append(told, filepath.Base(path)) })
	}
	build := func(b *bundleDir, page, script string) {
		t.Helper()
		writePage(t, b, page)
		if err := b.Write(bundles(map[string]string{"/main.js": script, "/new.js": script})); err != nil {
			t.Fatal(err)
		}
	}
	end := func(b *bundleDir) {
		t.Helper()
		if err := b.originals.restore(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, want map[string]string, wantTold ...string) {
		t.Helper()
		if diff := cmp.Diff(want, contents(t, dist)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if slices.Sort(told); !slices.Equal(told, wantTold) {
			t.Errorf("%s: told of %q, want %q", when, told, wantTold)
		}
		told = nil
	}
	mine := map[string]string{"index.html": "placeholder", "main.js": "by hand", "other.js": "theirs"}
	for name, text := range mine {
		write(name, text)
	}
	if err := os.Chmod(filepath.Join(dist, "index.html"), 0o640); err != nil {
		t.Fatal(err)
	}
	with := func(changes map[string]string) map[string]string {
		all := maps.Clone(mine)
		maps.Copy(all, changes)
		return all
	}

	b := start()
	build(b, "page 1", "1")
	build(b, "page 2", "2")
	check("while it runs", with(map[string]string{"index.html": "page 2", "main.js": "2", "new.js": "2"}), "index.html", "main.js")
	end(b)
	check("after it", with(map[string]string{"new.js": "2"}))
	if info, err := os.Stat(filepath.Join(dist, "index.html")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}

	build(start(), "page 3", "3") // and is killed
	check("again, and not reported again", with(map[string]string{"index.html": "page 3", "main.js": "3", "new.js": "3"}))
	b = start()
	build(b, "page 4", "4")
	end(b)
	check("after one that was killed", with(map[string]string{"new.js": "4"}))

	b = start()
	build(b, "page 5", "5")
	write("index.html", "checked out meanwhile")
	end(b)
	check("what is newer stays", with(map[string]string{"index.html": "checked out meanwhile", "new.js": "5"}))

	if err := os.Remove(filepath.Join(dist, "main.js")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("other.js", filepath.Join(dist, "main.js")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	b = start()
	build(b, "page 6", "6")
	check("a link is replaced, not followed", with(map[string]string{"index.html": "page 6", "main.js": "6", "new.js": "6"}), "index.html", "main.js")
	end(b)
	if to, err := os.Readlink(filepath.Join(dist, "main.js")); err != nil || to != "other.js" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

// TestOurOwnCopiesAreNoOriginals checks that what devtool itself wrote into an
// empty directory is never taken for the user's: not when it changes, not in the
// next run, not after a write that failed half-way.
func TestOurOwnCopiesAreNoOriginals(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dist := filepath.Join(base, "dist")
	var told []string
	start := func() *bundleDir {
		return openEmbedded(base, func(path string) { told = append(told, filepath.Base(path)) })
	}
	write := func(b *bundleDir, page, script string) {
		t.Helper()
		writePage(t, b, page)
		if err := b.Write(bundles(map[string]string{"/main.js": script})); err != nil {
			t.Fatal(err)
		}
	}
	end := func(b *bundleDir, page, script string) {
		t.Helper()
		if err := b.originals.restore(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"index.html": page, "main.js": script}, contents(t, dist)); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
		if len(told) > 0 {
			t.Errorf("told of %q", told)
		}
	}

	b := start()
	write(b, "page 1", "1")
	write(b, "page 2", "2")
	write(b, "page 3", "3")
	end(b, "page 3", "3")

	b = start() // the page was edited meanwhile
	write(b, "page 4", "4")
	end(b, "page 4", "4")

	b = start()
	write(b, "page 5", "5")
	if err := os.Mkdir(filepath.Join(dist, "zone"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"6", "7"} { // in random order with the one that fails
		if err := b.Write(bundles(map[string]string{"/main.js": script, "/zone": script})); err == nil {
			t.Fatal("wrote a file in place of a directory")
		}
	}
	if err := os.Remove(filepath.Join(dist, "zone")); err != nil {
		t.Fatal(err)
	}
	write(b, "page 8", "8")
	end(b, "page 8", "8")
}

func TestLeadsOut(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	root := filepath.Join(base, "way", "app")
	for _, dir := range []string{"real/app/web", "real/app/build", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(base, filepath.FromSlash(dir)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"way": "real", "real/app/out": "../../elsewhere", "real/app/in": "build"} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(base, filepath.FromSlash(link))); err != nil {
			t.Skipf("no symbolic links: %v", err)
		}
	}
	elsewhere, err := filepath.EvalSymlinks(filepath.Join(base, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"web": "", "web/dist": "", "in": "", "in/assets": "", "out": elsewhere, "out/dist/assets": elsewhere, "../../elsewhere": "",
	} {
		if got := leadsOut(root, filepath.Join(root, filepath.FromSlash(dir))); got != want {
			t.Errorf("leadsOut(%s) = %q, want %q", dir, got, want)
		}
	}
}

// openEmbedded opens the directory that an app in base embeds, as a run of
// devtool does that remembers the runs before it.
func openEmbedded(base string, tell func(path string)) *bundleDir {
	dist, memory := filepath.Join(base, "dist"), filepath.Join(base, "cache")
	kept := openOriginals(filepath.Join(memory, "originals.json"), tell)
	b := openBundleDir(dist, "/", filepath.Join(memory, "bundles.json"), kept)
	b.embedPage(filepath.Join(base, "index.html"), filepath.Join(dist, "index.html"), filepath.Join(memory, "page.sha256"))
	return b
}

// writePage edits the page, and writes devtool's copy of it.
func writePage(t *testing.T, b *bundleDir, text string) {
	t.Helper()
	if err := os.WriteFile(b.page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.WritePage(os.ReadFile); err != nil {
		t.Fatal(err)
	}
}
