package devserver

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
)

func bundles(files map[string]string) bundle.Outputs {
	out := bundle.Outputs{}
	for url, text := range files {
		out[url] = bundle.Output{Path: url, Contents: []byte(text)}
	}
	return out
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestBundleDir writes, changes and removes bundles across a restart. Files of
// others stay, and so do bundles that somebody has edited.
func TestBundleDir(t *testing.T) {
	t.Parallel()
	dir, memory := filepath.Join(t.TempDir(), "dist"), filepath.Join(t.TempDir(), "made", "bundles.json")
	b := openBundleDir(dir, "/assets/", memory, openOriginals("", func(string) {}))
	write := func(files map[string]string) {
		t.Helper()
		if err := b.Write(bundles(files)); err != nil {
			t.Fatal(err)
		}
	}
	write(map[string]string{"/assets/main.js": "1", "/assets/main.css": "1", "/assets/img/a.svg": "a", "/assets/old.js": "old", "/src/main.tsx": "1"})
	want := map[string]string{"main.js": "1", "main.css": "1", "img/a.svg": "a", "old.js": "old", "src/main.tsx": "1"}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Fatalf("written (-want +got):\n%s", diff)
	}
	unchanged := filepath.Join(dir, "main.css")
	before, err := os.Stat(unchanged)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"theirs.txt": "x", "old.js": "edited"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	b = openBundleDir(dir, "/assets/", memory, openOriginals("", func(string) {}))
	write(map[string]string{"/assets/main.js": "2", "/assets/main.css": "1"})
	want = map[string]string{"main.js": "2", "main.css": "1", "old.js": "edited", "theirs.txt": "x"}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
	if after, err := os.Stat(unchanged); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("an equal file was written again: %v", err)
	}
	for file, want := range map[string]bool{
		"main.js": true, "img/a.svg": true, ".devtool-main.js": true, "theirs.txt": false, "../main.js": false,
	} {
		if got := b.Owns(filepath.Join(dir, filepath.FromSlash(file))); got != want {
			t.Errorf("Owns(%s) = %v, want %v", file, got, want)
		}
	}
}

// TestBundleDirStaysInside checks that a link in the directory is not followed.
func TestBundleDirStaysInside(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "img")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	err := openBundleDir(dir, "/assets/", "", openOriginals("", func(string) {})).Write(bundles(map[string]string{"/assets/img/a.svg": "a"}))
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("Write = %v, want an error that names the directory", err)
	}
	if got := contents(t, outside); len(got) > 0 {
		t.Errorf("written outside: %q", slices.Collect(maps.Keys(got)))
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, step := range []struct {
		name string
		want bool
	}{{"", true}, {".gitkeep", true}, {"main.js", false}} {
		if step.name != "" {
			if err := os.WriteFile(filepath.Join(dir, step.name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := empty(dir); got != step.want {
			t.Errorf("with %q: empty = %v, want %v", step.name, got, step.want)
		}
	}
	if !empty(filepath.Join(dir, "none")) {
		t.Error("a missing directory is not empty")
	}
}

// TestPageCopy checks that the page which the app embeds is written to the
// directory of the root URL, and is ours.
func TestPageCopy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ dir, prefix, want string }{
		{"/p/ui/dist/assets", "/assets/", "/p/ui/dist"},
		{"/p/ui/dist", "/assets/", "/p/ui/dist"},
		{"/p/ui/dist", "/", "/p/ui/dist"},
		{"/p/dist/static/js", "/static/js/", "/p/dist"},
		{"/assets", "/assets/", "/assets"},
	} {
		if got := siteDir(config.Web{WriteDir: filepath.FromSlash(tt.dir), PublicPath: tt.prefix}); filepath.ToSlash(got) != tt.want {
			t.Errorf("siteDir(%s, %s) = %s, want %s", tt.dir, tt.prefix, got, tt.want)
		}
	}

	dir := t.TempDir()
	b := openBundleDir(filepath.Join(dir, "dist", "assets"), "/assets/", "", openOriginals("", func(string) {}))
	if err := b.WritePage(os.ReadFile); err != nil {
		t.Errorf("without a page: %v", err)
	}
	b.page, b.pageCopy = filepath.Join(dir, "index.html"), filepath.Join(dir, "dist", "index.html")
	for _, text := range []string{"one {{.User}}", "two"} {
		if err := os.WriteFile(b.page, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.WritePage(os.ReadFile); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"index.html": text}, contents(t, filepath.Join(dir, "dist"))); diff != "" {
			t.Errorf("dist (-want +got):\n%s", diff)
		}
	}
	if !b.Owns(b.pageCopy) || b.Owns(b.page) || b.Owns(filepath.Join(dir, "dist", "other.html")) {
		t.Error("ours is not the copy alone")
	}
}
