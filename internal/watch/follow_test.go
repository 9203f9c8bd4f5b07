package watch

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// below returns a function that names files below dir.
func below(dir string) func(string) string {
	return func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
}

func writeAll(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		write(t, filepath.Join(dir, name), name)
		age(t, filepath.Join(dir, name))
	}
}

func link(t testing.TB, target, place string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(place), 0o755))
	must(t, os.Symlink(target, place))
}

// relink does what ln -sfn does: older versions leave a moment without the link.
func relink(t testing.TB, target, place string) {
	t.Helper()
	must(t, os.Remove(place))
	must(t, os.Symlink(target, place))
}

// relinkAtOnce replaces the link by renaming another over it.
func relinkAtOnce(t testing.TB, target, place string) {
	t.Helper()
	must(t, os.Symlink(target, place+".tmp"))
	must(t, os.Rename(place+".tmp", place))
}

// links: what exists, what is followed, which link is redirected, and what must
// be reported then and after an edit of edited.
var links = []struct {
	name    string
	files   []string
	links   map[string]string // place → target
	follow  []string
	do      func(f *fixture)
	want    map[string]Op
	edited  string
	further map[string]Op
}{
	{
		name: "directory on the way", files: []string{"v1/x.ts", "v2/x.ts"}, links: map[string]string{"web/cur": "../v1"},
		follow:  []string{"web/cur/x.ts"},
		do:      func(f *fixture) { relink(f, "../v2", f.path("web/cur")) },
		want:    map[string]Op{"web/cur": Modified, "web/cur/x.ts": Modified},
		edited:  "v2/x.ts",
		further: map[string]Op{"web/cur/x.ts": Modified},
	},
	{
		name: "pnpm", files: []string{"node_modules/.pnpm/dep@1.0.0/node_modules/dep/i.js", "node_modules/.pnpm/dep@1.0.1/node_modules/dep/i.js"},
		links:   map[string]string{"node_modules/dep": ".pnpm/dep@1.0.0/node_modules/dep"},
		follow:  []string{"node_modules/dep/i.js"},
		do:      func(f *fixture) { relinkAtOnce(f, ".pnpm/dep@1.0.1/node_modules/dep", f.path("node_modules/dep")) },
		want:    map[string]Op{"node_modules/dep/i.js": Modified},
		edited:  "node_modules/.pnpm/dep@1.0.1/node_modules/dep/i.js",
		further: map[string]Op{"node_modules/dep/i.js": Modified},
	},
	{
		name: "link to a link", files: []string{"ignored/r1/x.ts", "ignored/r2/x.ts"},
		links:   map[string]string{"ignored/now": "r1", "web/cur": "../ignored/now"},
		follow:  []string{"web/cur/x.ts"},
		do:      func(f *fixture) { relink(f, "r2", f.path("ignored/now")) },
		want:    map[string]Op{"web/cur/x.ts": Modified},
		edited:  "ignored/r2/x.ts",
		further: map[string]Op{"web/cur/x.ts": Modified},
	},
	{
		name: "seen in the tree, followed under the real path", files: []string{"v1/x.ts", "v2/x.ts", "other/y.ts"},
		links:  map[string]string{"web/cur": "../v1"},
		follow: []string{"v1/x.ts", "other/y.ts"},
		do:     func(f *fixture) { relink(f, "../v2", f.path("web/cur")) },
		want:   map[string]Op{"web/cur": Modified, "v1/x.ts": Modified},
	},
	{
		name: "in the tree, led to by another", files: []string{"v1/x.ts", "v2/x.ts"},
		links:  map[string]string{"web/cur": "../now", "now": "v1"},
		follow: []string{"v1/x.ts"},
		do: func(f *fixture) {
			relink(f, "v2", f.path("now"))
			f.settled()
			f.w.Follow(Following{Files: []string{f.path("v2/x.ts")}})
			relink(f, "../v1", f.path("web/cur"))
		},
		want: map[string]Op{"web/cur": Modified, "v2/x.ts": Modified},
	},
	{
		name: "leads nowhere yet", links: map[string]string{"node_modules/dep": "../ignored/dep"},
		follow: []string{"node_modules/dep/i.js"},
		do:     func(f *fixture) { write(f, f.path("ignored/dep/i.js"), "new") },
		want:   map[string]Op{"node_modules/dep/i.js": Created},
	},
	{
		name: "directory becomes a link", files: []string{"ignored/dep/i.js", "ignored/v2/i.js"},
		follow: []string{"ignored/dep/i.js"},
		do: func(f *fixture) {
			must(f, os.RemoveAll(f.path("ignored/dep")))
			link(f, "v2", f.path("ignored/dep"))
		},
		want:    map[string]Op{"ignored/dep/i.js": Modified},
		edited:  "ignored/v2/i.js",
		further: map[string]Op{"ignored/dep/i.js": Modified},
	},
	{
		name: "link becomes a directory", files: []string{"ignored/v1/i.js"}, links: map[string]string{"ignored/dep": "v1"},
		follow: []string{"ignored/dep/i.js"},
		do: func(f *fixture) {
			must(f, os.Remove(f.path("ignored/dep")))
			write(f, f.path("ignored/dep/i.js"), "own")
		},
		want:    map[string]Op{"ignored/dep/i.js": Modified},
		edited:  "ignored/dep/i.js",
		further: map[string]Op{"ignored/dep/i.js": Modified},
	},
	{
		name: "circle", links: map[string]string{"ignored/a": "b", "ignored/b": "a"},
		follow: []string{"ignored/a/i.js"},
		do: func(f *fixture) {
			must(f, os.Remove(f.path("ignored/b")))
			write(f, f.path("ignored/b/i.js"), "x")
		},
		want:    map[string]Op{"ignored/a/i.js": Modified},
		edited:  "ignored/b/i.js",
		further: map[string]Op{"ignored/a/i.js": Modified},
	},
}

func TestLinksOnTheWay(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		for _, test := range links {
			t.Run(backend.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				f := watching(t, func(dir string) {
					write(t, filepath.Join(dir, ".gitignore"), "ignored\n")
					writeAll(t, dir, test.files...)
					for place, target := range test.links {
						link(t, target, filepath.Join(dir, place))
					}
				}, backend.opt)
				var what Following
				for _, name := range test.follow {
					what.Files = append(what.Files, f.path(name))
				}
				f.w.Follow(what)
				test.do(f)
				got := f.settled()
				for name, op := range got { // a moment without the link does not matter
					if test.want[name] == Modified && op == Created {
						got[name] = Modified
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("reported (-want +got):\n%s", diff)
				}
				if test.edited == "" {
					return
				}
				write(f, f.path(test.edited), "edited")
				got = f.settled()
				maps.DeleteFunc(got, func(name string, _ Op) bool { return name == test.edited && test.further[name] == 0 })
				if diff := cmp.Diff(test.further, got); diff != "" {
					t.Errorf("after an edit of where it leads now, reported (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestSince checks that files written between the beginning of a build and the
// call of Follow are reported, and no others.
func TestSince(t *testing.T) {
	t.Parallel()
	outside := below(realTempDir(t))
	writeAll(t, outside(""), "lib/old.go", "lib/edited.go", "lib/copied.go", "dir/old.go", "dir/edited.go", "glob/a/old.html", "glob/a/edited.html")
	f := watching(t, func(dir string) {
		write(t, filepath.Join(dir, ".gitignore"), "*_gen.go\n")
		writeAll(t, dir, "pkg/old_gen.go", "pkg/edited_gen.go")
	})
	since := laterThanFiles(t)
	for _, name := range []string{"lib/edited.go", "dir/edited.go", "glob/a/edited.html"} {
		write(t, outside(name), "edited")
	}
	write(t, f.path("pkg/edited_gen.go"), "edited")
	keepingTime(t, outside("lib/copied.go"), func() { write(t, outside("lib/copied.go"), "copied over") })
	f.w.Follow(Following{
		Files: []string{outside("lib/old.go"), outside("lib/edited.go"), outside("lib/copied.go"), f.path("pkg/old_gen.go"), f.path("pkg/edited_gen.go")},
		Dirs:  []string{outside("dir")},
		Globs: []Glob{{Dir: outside("glob"), Pattern: "**/*.html"}},
		Since: since,
	})
	want := map[string]Op{
		outside("lib/edited.go"): Modified, outside("lib/copied.go"): Modified, outside("dir/edited.go"): Modified,
		outside("glob/a/edited.html"): Modified, f.path("pkg/edited_gen.go"): Modified,
	}
	got := f.absolute()
	if runtime.GOOS == "windows" {
		delete(want, outside("lib/copied.go"))
		delete(got, outside("lib/copied.go"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	f.w.Follow(Following{Files: []string{outside("lib/edited.go")}, Since: since})
	if diff := cmp.Diff(map[string]Op{}, f.absolute()); diff != "" {
		t.Errorf("followed again, reported (-want +got):\n%s", diff)
	}
}

// TestMissed checks that a file which the caller did not find is reported though
// it never changed for the watcher.
func TestMissed(t *testing.T) {
	t.Parallel()
	outside := below(realTempDir(t))
	writeAll(t, outside(""), "lib/a.go")
	f := watching(t, func(dir string) { writeAll(t, dir, "web/main.ts", "web/page.css", "web/gone.ts") })
	files := []string{f.path("web/main.ts"), f.path("web/page.css"), outside("lib/a.go")}
	f.w.Follow(Following{Files: files})
	if diff := cmp.Diff(map[string]Op{}, f.absolute()); diff != "" {
		t.Errorf("at first reported (-want +got):\n%s", diff)
	}
	if err := os.Remove(f.path("web/gone.ts")); err != nil {
		t.Fatal(err)
	}
	f.w.Follow(Following{Files: files, Missed: []string{f.path("web/page.css"), outside("lib/a.go"), f.path("web/gone.ts"), f.path("web/never.ts")}})
	want := map[string]Op{f.path("web/page.css"): Modified, outside("lib/a.go"): Modified, f.path("web/gone.ts"): Removed}
	if diff := cmp.Diff(want, f.absolute()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	f.w.Follow(Following{Files: files})
	if diff := cmp.Diff(map[string]Op{}, f.absolute()); diff != "" {
		t.Errorf("followed again, reported (-want +got):\n%s", diff)
	}
}

// TestMissedBehindLink has a file missed that a link leads to, which is away at
// that moment or back already.
func TestMissedBehindLink(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{true, false} {
		outside := below(realTempDir(t))
		writeAll(t, outside(""), "lib/page.css")
		var link string
		f := watching(t, func(dir string) {
			link = filepath.Join(dir, "linked")
			if err := os.Symlink(outside("lib"), link); err != nil {
				t.Skip(err)
			}
		})
		file := f.path("linked/page.css")
		f.w.Follow(Following{Files: []string{file}})
		if diff := cmp.Diff(map[string]Op{}, f.absolute()); diff != "" {
			t.Errorf("at first reported (-want +got):\n%s", diff)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
		again := func() {
			if err := os.Symlink(outside("lib"), link); err != nil {
				t.Fatal(err)
			}
		}
		if back {
			again()
		}
		f.w.Follow(Following{Files: []string{file}, Missed: []string{file}})
		if !back {
			again()
		}
		if got := f.absolute(); got[file] != Modified {
			t.Errorf("back already: %v; reported %v, want %s modified", back, got, file)
		}
	}
}

// laterThanFiles returns a time later than any file so far, by the clock of the
// filesystem.
func laterThanFiles(t *testing.T) time.Time {
	t.Helper()
	probe := filepath.Join(realTempDir(t), "probe")
	write(t, probe, "")
	begin, _ := lstat(probe)
	for {
		write(t, probe, "again")
		if m, _ := lstat(probe); !begin.writtenAfter(time.Unix(0, m.mtime)) {
			return time.Unix(0, m.mtime)
		}
	}
}

func TestWrittenAfter(t *testing.T) {
	t.Parallel()
	at := time.Unix(1000, 500_000_000)
	tests := []struct {
		name         string
		mtime, ctime time.Time
		want         bool
	}{
		{"long before", at.Add(-time.Minute), at.Add(-30 * time.Second), false},
		{"after", at.Add(time.Second), at.Add(time.Second), true},
		{"after, with an old time", at.Add(-time.Hour), at.Add(time.Millisecond), true},
		{"within a tick", at.Add(-5 * time.Millisecond), at.Add(-5 * time.Millisecond), true},
		{"in the same second, without fractions", time.Unix(1000, 0), time.Unix(1000, 0), true},
		{"seconds before, without fractions", time.Unix(998, 0), time.Unix(998, 0), false},
	}
	for _, test := range tests {
		m := meta{mtime: test.mtime.UnixNano(), ctime: test.ctime.UnixNano()}
		if got := m.writtenAfter(at); got != test.want {
			t.Errorf("%s: written after %v, want %v", test.name, got, test.want)
		}
	}
}

// TestFollowedTreeComesBack takes a tree outside the roots away, or one further up.
func TestFollowedTreeComesBack(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		for _, moved := range []string{"lib", "lib/sub", "."} {
			t.Run(backend.name+"/"+moved, func(t *testing.T) {
				t.Parallel()
				parent := realTempDir(t)
				outside := below(filepath.Join(parent, "top"))
				writeAll(t, outside(""), "lib/go.mod", "lib/sub/v.go", "lib/sub/deep/w.go", "lib/web/a/x.ts")
				write(t, filepath.Join(parent, "root/main.go"), "x")
				f := watchingDir(t, Options{Roots: []string{filepath.Join(parent, "root")}}, backend.opt)
				what := Following{
					Files: []string{outside("lib/go.mod"), outside("lib/sub/v.go")},
					Dirs:  []string{outside("lib/sub"), outside("lib/sub/deep")},
					Globs: []Glob{{Dir: outside("lib/web"), Pattern: "**/*.ts"}},
				}
				f.w.Follow(what)
				away := filepath.Join(parent, "away")
				gone := make(map[string]Op)
				for _, name := range []string{"lib/go.mod", "lib/sub/v.go", "lib/sub/deep/w.go", "lib/web/a/x.ts"} {
					if within(outside(moved), outside(name)) {
						gone[outside(name)] = Removed
					}
				}
				must(t, os.Rename(outside(moved), away))
				if diff := cmp.Diff(gone, f.absolute()); diff != "" {
					t.Errorf("taken away, reported (-want +got):\n%s", diff)
				}
				f.w.Follow(what) // as after a failed build
				must(t, os.Rename(away, outside(moved)))
				for name := range gone {
					gone[name] = Created
				}
				if diff := cmp.Diff(gone, f.absolute()); diff != "" {
					t.Errorf("back, reported (-want +got):\n%s", diff)
				}
				write(t, outside("lib/sub/v.go"), "edited")
				write(t, outside("lib/sub/deep/new.go"), "new")
				want := map[string]Op{outside("lib/sub/v.go"): Modified, outside("lib/sub/deep/new.go"): Created}
				if diff := cmp.Diff(want, f.absolute()); diff != "" {
					t.Errorf("then edited, reported (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// sets: what exists, what is followed as a set, what is done, and what is
// reported.
var sets = []struct {
	name  string
	files []string
	dirs  []string
	globs []Glob // Dir is relative to the root
	do    func(f *fixture)
	want  map[string]Op
}{
	{
		name: "ignored file in a package", files: []string{"pkg/a.go", "pkg/a_templ.go"}, dirs: []string{"pkg"},
		do: func(f *fixture) {
			write(f, f.path("pkg/a_templ.go"), "changed")
			write(f, f.path("pkg/b_templ.go"), "new")
			write(f, f.path("pkg/sub/c_templ.go"), "of another package")
		},
		want: map[string]Op{"pkg/a_templ.go": Modified, "pkg/b_templ.go": Created},
	},
	{
		name: "package that is not there yet, in an ignored directory", dirs: []string{"ignored/gen"},
		do:   func(f *fixture) { write(f, f.path("ignored/gen/a.go"), "new") },
		want: map[string]Op{"ignored/gen/a.go": Created},
	},
	{
		name: "embedded tree", files: []string{"ignored/dist/index.html", "ignored/dist/assets/a.js"},
		globs: []Glob{{"", "ignored/dist/**"}},
		do: func(f *fixture) {
			write(f, f.path("ignored/dist/assets/a.js"), "changed")
			write(f, f.path("ignored/dist/assets/deep/b.js"), "new")
			write(f, f.path("ignored/dist/node_modules/c.js"), "never")
			write(f, f.path("ignored/else.js"), "nobody asked")
			must(f, os.Remove(f.path("ignored/dist/index.html")))
		},
		want: map[string]Op{"ignored/dist/assets/a.js": Modified, "ignored/dist/assets/deep/b.js": Created, "ignored/dist/index.html": Removed},
	},
	{
		name: "one level", files: []string{"pages/a_templ.go"}, globs: []Glob{{"pages", "*.{go,css}"}},
		do: func(f *fixture) {
			write(f, f.path("pages/b_templ.go"), "new")
			write(f, f.path("pages/ignored/c.go"), "below")
		},
		want: map[string]Op{"pages/b_templ.go": Created},
	},
	{
		name: "two levels", files: []string{"pages/x/a_templ.go"}, globs: []Glob{{"pages", "*/*.go"}},
		do: func(f *fixture) {
			write(f, f.path("pages/ignored/c.go"), "new")
			write(f, f.path("pages/ignored/deep/c.go"), "too deep")
			write(f, f.path("pages/x/a_templ.go"), "changed")
		},
		want: map[string]Op{"pages/ignored/c.go": Created, "pages/x/a_templ.go": Modified},
	},
	{
		name: "directory made anew", files: []string{"ignored/gen/a.ts"}, globs: []Glob{{"ignored/gen", "**/*.ts"}},
		do: func(f *fixture) {
			must(f, os.RemoveAll(f.path("ignored")))
			f.settled()
			write(f, f.path("ignored/gen/sub/b.ts"), "new")
		},
		want: map[string]Op{"ignored/gen/sub/b.ts": Created},
	},
	{
		name: "brackets in the directory's name", globs: []Glob{{"[slug]", "*_templ.go"}},
		do:   func(f *fixture) { write(f, f.path("[slug]/a_templ.go"), "new") },
		want: map[string]Op{"[slug]/a_templ.go": Created},
	},
}

func TestSets(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		for _, test := range sets {
			t.Run(backend.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				f := watching(t, func(dir string) {
					write(t, filepath.Join(dir, ".gitignore"), "ignored\n*_templ.go\n")
					writeAll(t, dir, test.files...)
				}, backend.opt)
				var what Following
				for _, name := range test.dirs {
					what.Dirs = append(what.Dirs, f.path(name))
				}
				for _, g := range test.globs {
					what.Globs = append(what.Globs, Glob{f.path(g.Dir), g.Pattern})
				}
				f.w.Follow(what)
				if diff := cmp.Diff(map[string]Op{}, f.settled()); diff != "" {
					t.Errorf("what was there all the time is reported:\n%s", diff)
				}
				test.do(f)
				if diff := cmp.Diff(test.want, f.settled()); diff != "" {
					t.Errorf("reported (-want +got):\n%s", diff)
				}
				f.w.Follow(Following{}) // and no longer followed
				for _, name := range test.files {
					write(f, f.path(name), "nobody asks")
				}
				got := f.settled()
				delete(got, "pkg/a.go")
				if diff := cmp.Diff(map[string]Op{}, got); diff != "" {
					t.Errorf("no longer followed, reported (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestTracked checks that git's rules do not apply to what git tracks.
func TestTracked(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := realTempDir(t)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	writeAll(t, dir, "dist/keep.html", "dist/drop.html", "a.gen.css", "b.gen.css", "later.css", "node_modules/m/i.js", "mine/x.html")
	git("add", "-f", "dist/keep.html", "a.gen.css", "later.css", "node_modules/m/i.js", "mine/x.html")
	write(t, filepath.Join(dir, ".gitignore"), "dist/\n*.gen.css\nnode_modules\nmine\n")
	f := watchingDir(t, Options{
		Roots:  []string{dir},
		Ignore: func(path string, _ bool) bool { return filepath.Base(path) == "mine" },
	})
	f.w.Follow(Following{Wanted: func(path string) bool { return filepath.Base(path) == "wanted.gen.css" }})
	edit := func(content string) map[string]Op {
		for _, name := range []string{"dist/keep.html", "dist/drop.html", "a.gen.css", "b.gen.css", "wanted.gen.css", "later.css", "node_modules/m/i.js", "mine/x.html"} {
			write(t, f.path(name), content)
		}
		return f.settled()
	}
	want := map[string]Op{"dist/keep.html": Modified, "a.gen.css": Modified, "wanted.gen.css": Created, "later.css": Modified}
	if diff := cmp.Diff(want, edit("one")); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	git("add", "-f", "dist/drop.html")
	git("rm", "-qf", "--cached", "dist/keep.html")
	write(t, f.path(".gitignore"), "dist/\n*.gen.css\nnode_modules\nmine\nlater.css\n")
	f.untilTracked("dist/drop.html", "later.css")
	want = map[string]Op{"dist/drop.html": Modified, "a.gen.css": Modified, "wanted.gen.css": Modified, "later.css": Modified}
	if diff := cmp.Diff(want, edit("two")); diff != "" {
		t.Errorf("after the index and the rules changed, reported (-want +got):\n%s", diff)
	}
}

// untilTracked waits until the watcher knows that git tracks these ignored files.
func (f *fixture) untilTracked(names ...string) {
	f.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		f.settled()
		found := true
		f.w.do(func() {
			for _, name := range names {
				found = found && f.w.tree.followed.files[f.path(name)] != nil
			}
		})
		if found {
			return
		}
	}
	f.Fatalf("%v are not found to be tracked", names)
}
