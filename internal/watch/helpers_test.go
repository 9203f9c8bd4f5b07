package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline fails a test that would hang; it never makes one pass.
const deadline = 20 * time.Second

// fixture is a running watcher over a fresh directory.
type fixture struct {
	*testing.T
	dir string // the root, as named in the options
	w   *Watcher

	cookies int
	mu      sync.Mutex
	notices []Notice
}

// watching starts a watcher over dir once setup has filled it.
func watching(t *testing.T, setup func(dir string), opts ...func(*Watcher)) *fixture {
	t.Helper()
	dir := realTempDir(t)
	if setup != nil {
		setup(dir)
	}
	return watchingDir(t, Options{Roots: []string{dir}}, opts...)
}

func watchingDir(t *testing.T, o Options, opts ...func(*Watcher)) *fixture {
	t.Helper()
	f := &fixture{T: t, dir: o.Roots[0]}
	o.Notice = func(n Notice) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.notices = append(f.notices, n)
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range opts {
		opt(w)
	}
	f.w = w
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want context.Canceled", err)
		}
	})
	select {
	case <-w.Ready():
	case <-time.After(deadline):
		t.Fatal("not ready")
	}
	return f
}

func realTempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func polling(every time.Duration) func(*Watcher) {
	return func(w *Watcher) {
		w.open = nil
		w.opts.Poll = every
	}
}

// next receives one batch.
func (f *fixture) next() Batch {
	f.Helper()
	select {
	case b := <-f.w.Batches():
		return b
	case <-time.After(deadline):
		f.Fatalf("no batch came; notices: %v", f.said())
		panic("unreachable")
	}
}

// settled returns what is reported, relative to the root, until everything done
// so far has been seen.
func (f *fixture) settled() map[string]Op {
	f.Helper()
	got := make(map[string]Op)
	for _, c := range f.untilSettled() {
		got[f.rel(c.Path)] = merged(got[f.rel(c.Path)], c.Op)
	}
	maps.DeleteFunc(got, func(_ string, op Op) bool { return op == 0 })
	return got
}

// untilSettled writes a cookie file and returns what is reported until it is: as
// events keep their order, everything done before was seen then. The file is new
// each time, so that only its event or a walk can find it. A poller may see it
// before what was done earlier, but not before it ends a whole scan, which the
// third cookie proves.
func (f *fixture) untilSettled() (changes []Change) {
	f.Helper()
	return slices.Concat(f.batches()...)
}

// batches returns the same, batch by batch.
func (f *fixture) batches() (batches [][]Change) {
	f.Helper()
	more := 1
	if f.w.open == nil {
		more = 3
	}
	for ; more > 0; more-- {
		f.cookies++
		cookie := f.path(fmt.Sprintf("cookie%d", f.cookies))
		write(f, cookie, "x")
		for seen := false; ; {
			b := f.next()
			var changes []Change
			for _, c := range b.Changes {
				seen = seen || c.Path == cookie
				if !isCookie(c.Path) {
					changes = append(changes, c)
				}
			}
			if len(changes) > 0 {
				batches = append(batches, changes)
			}
			if seen && !b.More {
				break
			}
		}
	}
	return batches
}

func isCookie(path string) bool { return strings.HasPrefix(filepath.Base(path), "cookie") }

// merged is the sum of two operations on one file, 0 if it is nothing.
func merged(a, b Op) Op {
	switch {
	case a == Created && b == Removed:
		return 0
	case a == Created:
		return Created
	case a == Removed && b == Created:
		return Modified
	}
	return b
}

func (f *fixture) rel(path string) string {
	rel, err := filepath.Rel(f.dir, path)
	if err != nil {
		f.Fatal(err)
	}
	return filepath.ToSlash(rel)
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *fixture) said() []Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.notices)
}

// told fails unless some notice contains text.
func (f *fixture) told(text string) {
	f.Helper()
	if !slices.ContainsFunc(f.said(), func(n Notice) bool { return strings.Contains(n.Text+n.Hint, text) }) {
		f.Errorf("no notice says %q: %v", text, f.said())
	}
}

// depth multiplies the generated cases of a test: DEVTOOL_TEST_DEPTH=20 go test …
func depth(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("DEVTOOL_TEST_DEPTH"), "1"))
	if err != nil || n < 1 {
		t.Fatalf("DEVTOOL_TEST_DEPTH is %q, want a number from 1", os.Getenv("DEVTOOL_TEST_DEPTH"))
	}
	return n
}

func write(t testing.TB, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

// age makes a file look as if it had been written long ago.
func age(t testing.TB, path string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(path, old, old))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
