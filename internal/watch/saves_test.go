package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSavedBeforeStart checks that a file written just before the start is the
// baseline, although its size and time do not prove that it is unchanged.
func TestSavedBeforeStart(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		t.Run(backend.name, func(t *testing.T) {
			t.Parallel()
			dir := realTempDir(t)
			for _, name := range []string{"go.mod", "app/a.go", "app/b.css", "app/sub/c.txt"} {
				write(t, filepath.Join(dir, name), name)
			}
			f := watchingDir(t, Options{Roots: []string{filepath.Join(dir, "app")}}, backend.opt)
			f.w.Follow(Following{Files: []string{filepath.Join(dir, "go.mod"), f.path("a.go")}}) // above the root
			must(t, os.Chmod(f.path("b.css"), 0o600))
			f.w.rescan()
			if diff := cmp.Diff(map[string]Op{}, f.settled()); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
			write(t, f.path("sub/c.txt"), "APP/SUB/C.TXT")
			if diff := cmp.Diff(map[string]Op{"sub/c.txt": Modified}, f.settled()); diff != "" {
				t.Errorf("after an edit of equal size, reported (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSlowSave has a program truncate a file and write it a moment later.
func TestSlowSave(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "a.css"), "x")
	f := watchingDir(t, Options{Roots: []string{dir}, Quiet: func(string) time.Duration { return 0 }})
	f.w.Follow(Following{Files: []string{f.path("a.css")}})
	for quick := 0; quick < 3; {
		begun := time.Now()
		file, err := os.Create(f.path("a.css"))
		must(t, err)
		<-time.After(30 * time.Millisecond)
		_, err = file.WriteString(begun.String())
		must(t, err)
		must(t, file.Close())
		elapsed, batches := time.Since(begun), f.batches()
		if elapsed > emptyQuiet {
			continue // we were held up: that it was empty may be told
		}
		quick++
		if len(batches) != 1 {
			t.Errorf("one save led to %d batches: %v", len(batches), batches)
		}
	}
}

// TestSaveBeginsDuringRead reads a file that was whole at the time of the hint
// and is empty now.
func TestSaveBeginsDuringRead(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) { write(t, filepath.Join(dir, "a.css"), "x") })
	f.w.Follow(Following{Files: []string{f.path("a.css")}})
	f.w.do(func() {
		must(t, os.Truncate(f.path("a.css"), 0))
		f.w.tree.candidates = f.w.tree.readAll([]string{f.path("a.css")})
		if got := f.w.tree.changes(); len(got) > 0 {
			t.Errorf("%v was reported at once", got)
		}
	})
	write(t, f.path("a.css"), "x")
	if diff := cmp.Diff(map[string]Op{}, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	must(t, os.Truncate(f.path("a.css"), 0))
	if diff := cmp.Diff(map[string]Op{"a.css": Modified}, f.settled()); diff != "" {
		t.Errorf("an empty file that stays so: reported (-want +got):\n%s", diff)
	}
}
