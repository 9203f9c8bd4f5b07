package watch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file beside the root is followed for a while, so that the directory above the
// root is watched. What is followed next no longer needs that directory, but the
// root still counts.
func TestRootIsWatchedWhenWhatIsBesideItIsNot(t *testing.T) {
	t.Parallel()
	for name, next := range map[string][]string{"nothing": nil, "a file of the root": {"root/sub/a.go"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above := below(realTempDir(t))
			writeAll(t, above(""), "root/sub/a.go", "beside.go")
			f := watchingDir(t, Options{Roots: []string{above("root")}})
			f.w.Follow(Following{Files: []string{above("beside.go")}})
			write(t, above("beside.go"), "edited")
			f.next()
			var files []string
			for _, file := range next {
				files = append(files, above(file))
			}
			f.w.Follow(Following{Files: files})
			f.settled()
			write(t, f.path("new.go"), "new")
			write(t, f.path("sub/new.go"), "new")
			want := map[string]Op{"new.go": Created, "sub/new.go": Created}
			if diff := cmp.Diff(want, f.settled()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A followed file that becomes a link changes itself, and what it leads to counts
// under its own name too.
func TestFollowedFileThatBecomesLink(t *testing.T) {
	t.Parallel()
	for name, there := range map[string]bool{"to a new file": false, "to another file": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := watching(t, func(dir string) {
				write(t, filepath.Join(dir, "a.go"), "a")
				if there {
					write(t, filepath.Join(dir, "b.go"), "old")
				}
			})
			f.w.Follow(Following{Files: []string{f.path("a.go")}})
			must(t, os.Symlink("b.go", f.path("a.tmp")))
			must(t, os.Rename(f.path("a.tmp"), f.path("a.go")))
			write(t, f.path("b.go"), "content of b")
			want := map[string]Op{"a.go": Modified, "b.go": Created}
			if there {
				want["b.go"] = Modified
			}
			if diff := cmp.Diff(want, f.settled()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
