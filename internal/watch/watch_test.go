package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewChecksRoots(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	file := filepath.Join(dir, "file")
	write(t, file, "x")
	tests := []struct{ root, want string }{
		{"relative", "not an absolute path"},
		{filepath.Join(dir, "absent"), "no such file"},
		{file, "not a directory"},
	}
	for _, test := range tests {
		_, err := New(Options{Roots: []string{test.root}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New with root %s: %v, want %q", test.root, err, test.want)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New without roots succeeded")
	}
}

func TestRunOnce(t *testing.T) {
	t.Parallel()
	f := watching(t, nil)
	if err := f.w.Run(context.Background()); err == nil {
		t.Error("a second Run succeeded")
	}
}

func TestRunEndsDuringTheCrawl(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Roots: []string{realTempDir(t)}})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want context.Canceled", err)
	}
	w.Follow(Following{Files: []string{"/x"}}) // must not block
	w.stats()
	w.rescan()
}

func TestRootThroughLink(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "real/a.go"), "x")
	link := filepath.Join(dir, "link")
	must(t, os.Symlink("real", link))
	f := watchingDir(t, Options{Roots: []string{link}})
	f.w.Follow(Following{Files: []string{filepath.Join(link, "a.go")}})
	write(f, filepath.Join(dir, "real/a.go"), "changed")
	write(f, filepath.Join(dir, "real/b.go"), "new")
	want := map[string]Op{"a.go": Modified, "b.go": Created}
	if diff := cmp.Diff(want, f.settled()); diff != "" {
		t.Errorf("reported below the link (-want +got):\n%s", diff)
	}
}

func TestNestedRoots(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, ".gitignore"), "inner\n")
	write(t, filepath.Join(dir, "inner/a.go"), "x")
	f := watchingDir(t, Options{Roots: []string{dir, filepath.Join(dir, "inner")}})
	write(f, f.path("inner/a.go"), "changed")
	want := map[string]Op{"inner/a.go": Modified} // a root counts even if ignored
	if diff := cmp.Diff(want, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

func TestFollowOutsideTheRoots(t *testing.T) {
	t.Parallel()
	outside := realTempDir(t)
	for _, name := range []string{"pkg/a.go", "pkg/b.go", "target.css"} {
		write(t, filepath.Join(outside, name), name)
	}
	f := watching(t, func(dir string) {
		must(t, os.Symlink(filepath.Join(outside, "target.css"), filepath.Join(dir, "link.css")))
	})
	followed := []string{filepath.Join(outside, "pkg/a.go"), filepath.Join(outside, "later/c.go"), f.path("link.css")}
	f.w.Follow(Following{Files: followed})
	write(t, filepath.Join(outside, "pkg/b.go"), "nobody asked")
	write(t, filepath.Join(outside, "pkg/a.go"), "changed")
	write(t, filepath.Join(outside, "later/c.go"), "new")
	write(t, filepath.Join(outside, "target.css"), "changed")
	want := map[string]Op{followed[0]: Modified, followed[1]: Created, followed[2]: Modified}
	if diff := cmp.Diff(want, f.absolute()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	f.w.Follow(Following{Files: followed[:1]}) // the rest is let go
	write(t, filepath.Join(outside, "pkg/a.go"), "changed again")
	write(t, filepath.Join(outside, "later/c.go"), "changed")
	if diff := cmp.Diff(map[string]Op{followed[0]: Modified}, f.absolute()); diff != "" {
		t.Errorf("reported after a new Follow (-want +got):\n%s", diff)
	}
}

// absolute is settled with paths as they are reported.
func (f *fixture) absolute() map[string]Op {
	f.Helper()
	got := make(map[string]Op)
	for _, c := range f.untilSettled() {
		got[c.Path] = merged(got[c.Path], c.Op)
	}
	return got
}

func TestFollowDoesNotHideAChange(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) {
		write(t, filepath.Join(dir, "a.go"), "x")
		age(t, filepath.Join(dir, "a.go"))
	})
	write(f, f.path("a.go"), "changed before it was followed")
	f.w.Follow(Following{Files: []string{f.path("a.go")}})
	if diff := cmp.Diff(map[string]Op{"a.go": Modified}, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

func TestCallersIgnore(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "tmp/a.go"), "x")
	var mu sync.Mutex
	asked := make(map[string]bool)
	f := watchingDir(t, Options{Roots: []string{dir}, Ignore: func(path string, isDir bool) bool {
		mu.Lock()
		defer mu.Unlock()
		asked[path] = isDir
		return filepath.Base(path) == "tmp"
	}})
	write(f, f.path("tmp/a.go"), "changed")
	write(f, f.path("b.go"), "new")
	if diff := cmp.Diff(map[string]Op{"b.go": Created}, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	mu.Lock()
	defer mu.Unlock()
	if isDir, known := asked[f.path("tmp")]; !known || !isDir {
		t.Errorf("asked about %v, want the directory tmp among them", asked)
	}
	if _, known := asked[f.path("tmp/a.go")]; known {
		t.Error("asked about a file in an ignored directory")
	}
}

func TestRootRecreated(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(realTempDir(t), "root")
	write(t, filepath.Join(dir, "a.go"), "x")
	f := watchingDir(t, Options{Roots: []string{dir}})
	f.w.Follow(Following{Files: []string{f.path("a.go")}})
	must(t, os.RemoveAll(dir))
	if b := f.next(); len(b.Changes) != 1 || b.Changes[0].Op != Removed {
		t.Fatalf("after the root was removed: %v, want a.go removed", b.Changes)
	}
	write(t, f.path("sub/b.go"), "new")
	if diff := cmp.Diff(map[string]Op{"sub/b.go": Created}, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	write(t, f.path("sub/b.go"), "changed")
	if diff := cmp.Diff(map[string]Op{"sub/b.go": Modified}, f.settled()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	f.told("is gone")
}

// TestAudit uses a backend that never reports anything.
func TestAudit(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) { write(t, filepath.Join(dir, "a.go"), "x") }, func(w *Watcher) {
		w.open = func(sink) (backend, error) { return openNotify(newHints()) }
		w.audit = 20 * time.Millisecond
		w.opts.Poll = 20 * time.Millisecond // once events proved unreliable
	})
	f.w.Follow(Following{Files: []string{f.path("a.go")}})
	write(t, f.path("a.go"), "changed")
	if b := f.next(); len(b.Changes) != 1 || b.Changes[0] != (Change{f.path("a.go"), Modified}) {
		t.Errorf("reported %v, want a.go modified", b.Changes)
	}
	f.told("changed without a file event")
	if s := f.w.stats(); s.Unheard != 1 || s.Polled == 0 {
		t.Errorf("stats are %+v, want one change unheard and polling since", s)
	}
	write(t, f.path("b.go"), "new") // not followed: the poller finds it
	if b := f.next(); len(b.Changes) != 1 || b.Changes[0] != (Change{f.path("b.go"), Created}) {
		t.Errorf("reported %v, want b.go created", b.Changes)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) { must(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755)) })
	lock := f.path(".git/index.lock")
	write(t, lock, "")
	begun := time.Now()
	write(t, f.path("a.go"), "x")
	held := make(chan Batch)
	go func() { held <- <-f.w.Batches() }()
	select {
	case b := <-held:
		t.Fatalf("%v came while the lock was held", b.Changes)
	case <-time.After(maxWait + 100*time.Millisecond): // what is to be shown is that nothing comes
	}
	must(t, os.Remove(lock))
	if b := <-held; len(b.Changes) != 1 || b.First.Before(begun) {
		t.Errorf("batch %+v, want a.go", b)
	}
	write(t, lock, "")
	old := time.Now().Add(-time.Minute)
	must(t, os.Chtimes(lock, old, old))
	write(t, f.path("b.go"), "x")
	if diff := cmp.Diff(map[string]Op{"b.go": Created}, f.settled()); diff != "" {
		t.Errorf("reported with a stale lock (-want +got):\n%s", diff)
	}
	f.told("index.lock is older than 10s and ignored")
}

func TestLinkedWorkingTree(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "main/.git/worktrees/w/commondir"), "../..\n")
	write(t, filepath.Join(dir, "main/.git/info/exclude"), "secret\n")
	write(t, filepath.Join(dir, "w/.git"), "gitdir: ../main/.git/worktrees/w\n")
	repo, ok := findRepository(filepath.Join(dir, "w"))
	want := repository{
		top:     filepath.Join(dir, "w"),
		private: filepath.Join(dir, "main/.git/worktrees/w"),
		common:  filepath.Join(dir, "main/.git"),
	}
	if !ok || repo != want {
		t.Errorf("findRepository: %+v, %v, want %+v", repo, ok, want)
	}
	scope, _ := outerScope(filepath.Join(dir, "w"), nil)
	if !scope.ignored(filepath.Join(dir, "w/secret"), false) {
		t.Error("the exclude file of the common directory has no effect")
	}
}

func TestMisspelt(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "foo.ts"), "x")
	tests := []struct {
		name        string
		folds, want bool
	}{{"foo.ts", true, false}, {"Foo.ts", true, true}, {"Foo.ts", false, false}}
	for _, test := range tests {
		tree := &tree{foldsCase: test.folds}
		if got := tree.misspelt(filepath.Join(dir, test.name)); got != test.want {
			t.Errorf("%s, folding case %v: misspelt %v, want %v", test.name, test.folds, got, test.want)
		}
	}
}

func TestLimitHint(t *testing.T) {
	t.Parallel()
	for _, err := range []error{syscall.ENOSPC, syscall.EMFILE} {
		wrapped := &os.PathError{Op: "add", Path: "x", Err: err}
		if !isLimit(wrapped) || limitHint(wrapped) == "" {
			t.Errorf("%v: limit %v, hint %q", err, isLimit(wrapped), limitHint(wrapped))
		}
	}
	if isLimit(os.ErrNotExist) {
		t.Error("a missing directory is taken for a limit")
	}
}
