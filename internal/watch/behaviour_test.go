package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// backends are the ways to learn of changes. All must behave alike.
var backends = []struct {
	name string
	opt  func(*Watcher)
}{
	{"events", func(*Watcher) {}},
	{"polling", polling(15 * time.Millisecond)},
}

// behaviours: a tree (files aged, so that their metadata are not doubtful), what
// is done to it, and what must be reported.
var behaviours = []struct {
	name   string
	tree   []string
	follow []string
	do     func(f *fixture)
	want   map[string]Op
}{
	{
		name: "write", tree: []string{"a.go", "b.go"},
		do:   func(f *fixture) { write(f, f.path("a.go"), "changed") },
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "create", tree: []string{"a.go"},
		do:   func(f *fixture) { write(f, f.path("new.go"), "x") },
		want: map[string]Op{"new.go": Created},
	},
	{
		name: "create empty",
		do:   func(f *fixture) { write(f, f.path("new.go"), "") },
		want: map[string]Op{"new.go": Created},
	},
	{
		name: "remove", tree: []string{"a.go"},
		do:   func(f *fixture) { must(f, os.Remove(f.path("a.go"))) },
		want: map[string]Op{"a.go": Removed},
	},
	{
		name: "rename", tree: []string{"a.go"},
		do:   func(f *fixture) { must(f, os.Rename(f.path("a.go"), f.path("b.go"))) },
		want: map[string]Op{"a.go": Removed, "b.go": Created},
	},
	{
		name: "case-only rename", tree: []string{"Foo.ts"},
		do:   func(f *fixture) { must(f, os.Rename(f.path("Foo.ts"), f.path("foo.ts"))) },
		want: map[string]Op{"Foo.ts": Removed, "foo.ts": Created},
	},
	{
		name: "save of a followed file without edits", tree: []string{"a.go"}, follow: []string{"a.go"},
		do:   func(f *fixture) { write(f, f.path("a.go"), "a.go") },
		want: map[string]Op{},
	},
	{
		name: "touch of a followed file", tree: []string{"a.go"}, follow: []string{"a.go"},
		do: func(f *fixture) {
			now := time.Now()
			must(f, os.Chtimes(f.path("a.go"), now, now))
		},
		want: map[string]Op{},
	},
	{
		name: "chmod", tree: []string{"a.go"},
		do:   func(f *fixture) { must(f, os.Chmod(f.path("a.go"), 0o755)) },
		want: map[string]Op{},
	},
	{
		name: "equal size, old time, in place", tree: []string{"a.go"}, follow: []string{"a.go"},
		do:   func(f *fixture) { keepingTime(f, f.path("a.go"), func() { write(f, f.path("a.go"), "o.ga") }) },
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "equal size, old time, copied over", tree: []string{"a.go"}, follow: []string{"a.go"},
		do: func(f *fixture) {
			keepingTime(f, f.path("a.go"), func() {
				write(f, f.path(".a.tmp"), "o.ga")
				must(f, os.Rename(f.path(".a.tmp"), f.path("a.go")))
			})
		},
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "old time set back without an edit", tree: []string{"a.go"}, follow: []string{"a.go"},
		do:   func(f *fixture) { keepingTime(f, f.path("a.go"), func() { write(f, f.path("a.go"), "a.go") }) },
		want: map[string]Op{},
	},
	{
		name: "atomic save by rename", tree: []string{"a.go"},
		do: func(f *fixture) {
			write(f, f.path(".a.go.tmp"), "new content")
			must(f, os.Rename(f.path(".a.go.tmp"), f.path("a.go")))
		},
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "vim: backup, write anew, remove backup", tree: []string{"a.go"},
		do: func(f *fixture) {
			write(f, f.path("4913"), "")
			must(f, os.Remove(f.path("4913")))
			must(f, os.Rename(f.path("a.go"), f.path("a.go~")))
			write(f, f.path("a.go"), "new content")
			must(f, os.Remove(f.path("a.go~")))
		},
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "JetBrains: two renames, for a moment no file", tree: []string{"a.go"},
		do: func(f *fixture) {
			write(f, f.path("a.go___jb_tmp___"), "new content")
			must(f, os.Rename(f.path("a.go"), f.path("a.go___jb_old___")))
			must(f, os.Rename(f.path("a.go___jb_tmp___"), f.path("a.go")))
			must(f, os.Remove(f.path("a.go___jb_old___")))
		},
		want: map[string]Op{"a.go": Modified},
	},
	{
		name: "emacs: lock link and backup file", tree: []string{"a.go"},
		do: func(f *fixture) {
			must(f, os.Symlink("user@host.4711:1", f.path(".#a.go")))
			must(f, os.Rename(f.path("a.go"), f.path("a.go~")))
			write(f, f.path("a.go"), "new content")
			must(f, os.Remove(f.path(".#a.go")))
		},
		want: map[string]Op{"a.go": Modified, "a.go~": Created},
	},
	{
		name: "mkdir -p with files",
		do: func(f *fixture) {
			write(f, f.path("x/y/z/1.go"), "1")
			write(f, f.path("x/y/2.go"), "2")
		},
		want: map[string]Op{"x/y/z/1.go": Created, "x/y/2.go": Created},
	},
	{
		name: "directory renamed, then written to", tree: []string{"a/x/1.go", "a/2.go"},
		do: func(f *fixture) {
			must(f, os.Rename(f.path("a"), f.path("b")))
			f.settled()
			write(f, f.path("b/x/1.go"), "changed")
		},
		want: map[string]Op{"b/x/1.go": Modified},
	},
	{
		name: "directories swapped, then written to", tree: []string{"a/x/1.go", "b/x/1.go"},
		do: func(f *fixture) {
			must(f, os.Rename(f.path("a"), f.path("c")))
			must(f, os.Rename(f.path("b"), f.path("a")))
			must(f, os.Rename(f.path("c"), f.path("b")))
			f.settled()
			write(f, f.path("b/x/1.go"), "changed")
		},
		want: map[string]Op{"b/x/1.go": Modified},
	},
	{
		name: "directory moved into a new one", tree: []string{"a/x/1.go"},
		do: func(f *fixture) {
			must(f, os.Mkdir(f.path("p"), 0o755))
			must(f, os.Rename(f.path("a"), f.path("p/a")))
			f.settled()
			write(f, f.path("p/a/x/1.go"), "changed")
		},
		want: map[string]Op{"p/a/x/1.go": Modified},
	},
	{
		name: "directory removed and made again alike", tree: []string{"a/1.go"}, follow: []string{"a/1.go"},
		do: func(f *fixture) {
			must(f, os.RemoveAll(f.path("a")))
			write(f, f.path("a/1.go"), "a/1.go")
		},
		want: map[string]Op{},
	},
	{
		name: "file becomes a directory", tree: []string{"a"},
		do: func(f *fixture) {
			must(f, os.Remove(f.path("a")))
			write(f, f.path("a/b"), "x")
		},
		want: map[string]Op{"a": Removed, "a/b": Created},
	},
	{
		name: "ignored by git, by habit", tree: []string{"node_modules/m/i.js", ".git/config", "dist/o.js", "dist/keep/k.js"},
		do: func(f *fixture) {
			write(f, f.path("node_modules/m/i.js"), "changed")
			write(f, f.path("node_modules/n/i.js"), "new")
			write(f, f.path(".git/config"), "changed")
			write(f, f.path(".gitignore"), "dist\n")
			f.settled()
			write(f, f.path("dist/o.js"), "changed")
			write(f, f.path("dist/keep/k.js"), "changed")
		},
		want: map[string]Op{},
	},
	{
		name: "no longer ignored", tree: []string{"dist/o.js", "dist/x.js"},
		do: func(f *fixture) {
			write(f, f.path(".gitignore"), "dist\n")
			f.settled()
			must(f, os.Remove(f.path(".gitignore")))
			f.settled() // the files in dist were there all the time
			write(f, f.path("dist/o.js"), "changed")
		},
		want: map[string]Op{"dist/o.js": Modified},
	},
	{
		name: "followed though ignored", tree: []string{"node_modules/.package-lock.json", "node_modules/m/i.js"},
		follow: []string{"node_modules/.package-lock.json"},
		do: func(f *fixture) {
			write(f, f.path("node_modules/.package-lock.json"), "changed")
			write(f, f.path("node_modules/m/i.js"), "changed")
			write(f, f.path("node_modules/other.json"), "new")
		},
		want: map[string]Op{"node_modules/.package-lock.json": Modified},
	},
	{
		name: "followed, ignored and not there yet", follow: []string{"node_modules/a/b/c.js"},
		do:   func(f *fixture) { write(f, f.path("node_modules/a/b/c.js"), "new") },
		want: map[string]Op{"node_modules/a/b/c.js": Created},
	},
	{
		name: "followed directory", tree: []string{"node_modules/m/1.js"}, follow: []string{"node_modules/m"},
		do: func(f *fixture) {
			write(f, f.path("node_modules/m/1.js"), "changed")
			write(f, f.path("node_modules/m/2.js"), "new")
			write(f, f.path("node_modules/m/deep/3.js"), "new")
		},
		want: map[string]Op{"node_modules/m/1.js": Modified, "node_modules/m/2.js": Created},
	},
	{
		name: "link retargeted", tree: []string{"a", "b"},
		do: func(f *fixture) {
			must(f, os.Symlink("a", f.path("l")))
			f.settled()
			must(f, os.Symlink("b", f.path("l.tmp")))
			must(f, os.Rename(f.path("l.tmp"), f.path("l")))
		},
		want: map[string]Op{"l": Modified},
	},
	{
		name: "written through a link", tree: []string{"a"},
		do: func(f *fixture) {
			must(f, os.Symlink("a", f.path("l")))
			f.settled()
			write(f, f.path("l"), "changed")
		},
		want: map[string]Op{"a": Modified},
	},
	{
		name: "written through a hard link", tree: []string{"x/a", "y/c"},
		do: func(f *fixture) {
			must(f, os.Link(f.path("x/a"), f.path("y/b")))
			f.settled()
			write(f, f.path("y/b"), "changed")
		},
		want: map[string]Op{"x/a": Modified, "y/b": Modified},
	},
}

// keepingTime sets the modification time of a file back to what it was before do.
func keepingTime(t testing.TB, path string, do func()) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	do()
	must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// TestWrittenKeepingTime writes files of which only size and time were known, and
// keeps both. The event alone says that they were written.
func TestWrittenKeepingTime(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) {
		for _, name := range []string{"a.txt", "sub/b.txt", "c.txt"} {
			write(t, filepath.Join(dir, name), "one")
			age(t, filepath.Join(dir, name))
		}
	})
	for _, name := range []string{"a.txt", "sub/b.txt"} {
		keepingTime(f, f.path(name), func() { write(f, f.path(name), "two") })
	}
	must(f, os.Chmod(f.path("c.txt"), 0o600))
	want := map[string]Op{"a.txt": Modified, "sub/b.txt": Modified}
	if diff := cmp.Diff(want, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

func TestBehaviour(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		for _, test := range behaviours {
			t.Run(backend.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				f := watching(t, func(dir string) {
					for _, name := range test.tree {
						write(t, filepath.Join(dir, name), name)
						age(t, filepath.Join(dir, name))
					}
				}, backend.opt)
				var follow []string
				for _, name := range test.follow {
					follow = append(follow, f.path(name))
				}
				f.w.Follow(Following{Files: follow})
				test.do(f)
				if diff := cmp.Diff(test.want, f.settled()); diff != "" {
					t.Errorf("reported (-want +got):\n%s", diff)
				}
			})
		}
	}
}
