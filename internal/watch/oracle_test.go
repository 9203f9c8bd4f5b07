package watch

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestNothingIsLost does random things to a tree, with a reader of events and a
// receiver of batches that stall, and compares after each round what the watcher
// says with what an independent walk finds:
//
//   - the index has every file, with the hash of its content;
//   - every file that differs from the round before was reported, with what
//     happened to it;
//   - no other was, unless it changed and changed back with a report in between,
//     or a link led to it, through which a program may have reached it.
//
// It goes on for 1,000 batches; for 20,000:
//
//	DEVTOOL_TEST_DEPTH=20 go test -timeout=1h -run=NothingIsLost ./internal/watch
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		for seed := range uint64(8) {
			enough := 110
			if backend.name == "polling" {
				enough = 15
			}
			t.Run(fmt.Sprintf("%s/%d", backend.name, seed), func(t *testing.T) {
				t.Parallel()
				o := newOracle(t, seed, backend.opt)
				o.big = seed == 0
				for o.told < enough*depth(t) && !t.Failed() {
					o.round()
				}
				t.Logf("%d batches in %d rounds", o.told, o.rounds)
			})
		}
	}
}

// oracle knows the true content of a watched tree.
type oracle struct {
	*fixture
	rnd    *rand.Rand
	gate   *sync.Mutex // held: the reader of events stalls
	truth  map[string]string
	ledTo  map[string]bool // every file that a link has led to
	log    []string        // what was done in this round
	serial int             // makes contents unique
	big    bool            // one checkout is of thousands of files

	rounds, told int // so far; told counts batches
}

func newOracle(t *testing.T, seed uint64, with func(*Watcher)) *oracle {
	dir := filepath.Join(realTempDir(t), "root")
	o := &oracle{rnd: rand.New(rand.NewPCG(seed, 7)), gate: new(sync.Mutex), ledTo: make(map[string]bool)}
	var files []string
	for i := range 30 {
		name := filepath.Join(dir, fmt.Sprintf("d%d/e%d/f%d.go", i%3, i%2, i))
		write(t, name, name)
		files = append(files, name)
	}
	o.fixture = watchingDir(t, Options{Roots: []string{dir}, Quiet: webAtOnce}, func(w *Watcher) {
		w.open = func(s sink) (backend, error) { return openNotify(stalling{s, o.gate}) }
		with(w)
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("done in the last round: %s", strings.Join(o.log, "\n"))
		}
	})
	o.w.Follow(Following{Files: files})
	o.settled()
	o.truth = o.survey()
	return o
}

// stalling is a sink that keeps its backend waiting while the gate is held.
type stalling struct {
	sink
	gate *sync.Mutex
}

func (s stalling) hint(path string, what happening) {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.sink.hint(path, what)
}

func (o *oracle) round() {
	o.log = nil
	o.rounds++
	stalled := o.rnd.IntN(2) == 0
	if stalled {
		o.gate.Lock()
	}
	switch {
	case o.big && o.rounds == 3:
		must(o, o.checkout(o.path("big"), "big", 5000))
	case o.big && o.rounds == 4:
		must(o, os.RemoveAll(o.path("big")))
	default:
		for range 1 + o.rnd.IntN(12) {
			o.act()
		}
	}
	if stalled {
		o.gate.Unlock()
	}
	reports := make(map[string][]Op)
	for _, batch := range o.batches() {
		o.told++
		for _, c := range batch {
			reports[o.rel(c.Path)] = append(reports[o.rel(c.Path)], c.Op)
		}
	}
	truth := o.survey()
	o.check(reports, truth)
	o.truth = truth
}

func (o *oracle) check(reports map[string][]Op, truth map[string]string) {
	for path, content := range truth {
		was, known := o.truth[path]
		switch {
		case !known && sum(reports[path]) != Created:
			o.Errorf("%s was created, reported %v; done: %v", path, reports[path], o.log)
		case known && was != content && sum(reports[path]) != Modified:
			o.Errorf("%s was modified, reported %v; done: %v", path, reports[path], o.log)
		case known && was == content && len(reports[path]) == 1 && !o.ledTo[path]:
			o.Errorf("%s is as it was, reported %v; done: %v", path, reports[path], o.log)
		}
	}
	for path := range o.truth {
		if _, still := truth[path]; !still && sum(reports[path]) != Removed {
			o.Errorf("%s was removed, reported %v; done: %v", path, reports[path], o.log)
		}
	}
	index := make(map[string]string)
	o.w.do(func() {
		for _, d := range o.w.tree.dirs {
			for name, e := range d.files {
				if isCookie(name) {
					continue
				}
				index[o.rel(filepath.Join(d.path, name))] = fmt.Sprintf("%x", e.sum)
			}
		}
	})
	if diff := cmp.Diff(truth, index); diff != "" {
		o.Errorf("index (-disk +index):\n%s\ndone: %v", diff, o.log)
	}
}

func sum(ops []Op) (total Op) {
	for _, op := range ops {
		total = merged(total, op)
	}
	return total
}

// survey reads the tree without the code under test.
func (o *oracle) survey() map[string]string {
	o.Helper()
	truth := make(map[string]string)
	must(o, filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isCookie(path) {
			return err
		}
		var content []byte
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			must(o, err)
			content = []byte(target)
			o.noteLink(path)
		} else if content, err = os.ReadFile(path); err != nil {
			return err
		}
		truth[o.rel(path)] = fmt.Sprintf("%x", sha256.Sum256(content))
		return nil
	}))
	return truth
}

func (o *oracle) noteLink(path string) {
	if end, err := filepath.EvalSymlinks(path); err == nil {
		o.ledTo[o.rel(end)] = true
	}
}

// act does one random thing. Whatever cannot be done is skipped.
func (o *oracle) act() {
	file, other := o.somewhere(), o.somewhere()
	dir, otherDir := filepath.Dir(file), filepath.Dir(other)
	o.serial++
	content := fmt.Sprintf("content %d", o.serial)
	acts := []struct {
		name string
		do   func() error
	}{
		{"write", func() error { return os.WriteFile(file, []byte(content), 0o644) }},
		{"same size", func() error { return o.rewrite(file) }},
		{"append", func() error { return appendTo(file, content) }},
		{"truncate", func() error { return os.Truncate(file, 0) }},
		{"chmod", func() error { return os.Chmod(file, 0o600) }},
		{"touch", func() error { return os.Chtimes(file, time.Now(), time.Now()) }},
		{"same size and time", func() error { return o.rewriteKeepingTime(file) }},
		{"there and back", func() error { return thereAndBack(file) }},
		{"tmp+rename", func() error {
			_ = os.WriteFile(file+".tmp", []byte(content), 0o644)
			return os.Rename(file+".tmp", file)
		}},
		{"remove", func() error { return os.Remove(file) }},
		{"rename", func() error { return os.Rename(file, other) }},
		{"mkdir -p", func() error {
			deep := filepath.Join(dir, "new", fmt.Sprint(o.serial))
			_ = os.MkdirAll(deep, 0o755)
			return os.WriteFile(filepath.Join(deep, "f.css"), []byte(content), 0o644)
		}},
		{"rename directory", func() error { return os.Rename(dir, filepath.Join(otherDir, fmt.Sprint("r", o.serial%4))) }},
		{"swap directories", func() error { return swap(dir, otherDir) }},
		{"remove directory", func() error { return o.removeDir(dir) }},
		{"symlink", func() error { return os.Symlink(filepath.Base(other), file+".link") }},
		{"hard link", func() error { return os.Link(file, other+".hard") }},
		{"checkout", func() error { return o.checkout(dir, content, 30+o.rnd.IntN(70)) }},
		{"recreate root", func() error { return o.recreate(content) }},
	}
	a := acts[o.rnd.IntN(len(acts))]
	if rare := a.name == "recreate root" || a.name == "checkout"; rare && o.rnd.IntN(4) > 0 {
		return
	}
	err := a.do()
	o.log = append(o.log, fmt.Sprintf("%s %s %s: %v", a.name, o.rel(file), o.rel(other), err))
}

// somewhere returns a file of the tree, or a place for one.
func (o *oracle) somewhere() string {
	var files []string
	_ = filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !isCookie(path) {
			if d.Type()&fs.ModeSymlink != 0 {
				o.noteLink(path)
			}
			files = append(files, path)
		}
		return nil
	})
	if len(files) == 0 || o.rnd.IntN(6) == 0 {
		name := fmt.Sprintf("d%d/n%d%s", o.rnd.IntN(3), o.rnd.IntN(9), pick(o.rnd, []string{".go", ".css", ""}))
		_ = os.MkdirAll(filepath.Dir(o.path(name)), 0o755)
		return o.path(name)
	}
	return files[o.rnd.IntN(len(files))]
}

func (o *oracle) rewrite(file string) error {
	old, err := os.ReadFile(file)
	if err != nil || len(old) == 0 {
		return err
	}
	old[0] ^= byte(1 + o.rnd.IntN(200))
	return os.WriteFile(file, old, 0o644)
}

func (o *oracle) rewriteKeepingTime(file string) error {
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if err := o.rewrite(file); err != nil {
		return err
	}
	return os.Chtimes(file, info.ModTime(), info.ModTime())
}

func appendTo(file, content string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(content)
	return err
}

func thereAndBack(file string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_ = os.WriteFile(file, []byte("for a moment"), 0o644)
	return os.WriteFile(file, old, 0o644)
}

func swap(a, b string) error {
	if err := os.Rename(a, a+".swap"); err != nil {
		return err
	}
	if err := os.Rename(b, a); err != nil {
		return os.Rename(a+".swap", a)
	}
	return os.Rename(a+".swap", b)
}

func (o *oracle) removeDir(dir string) error {
	if dir == o.dir {
		return nil
	}
	return os.RemoveAll(dir)
}

func (o *oracle) checkout(dir, content string, files int) error {
	for i := range files {
		name := filepath.Join(dir, fmt.Sprintf("c%d/%d.css", i%5, i))
		_ = os.Remove(name) // as git does; and truncating is slow on some filesystems
		_ = os.MkdirAll(filepath.Dir(name), 0o755)
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (o *oracle) recreate(content string) error {
	if err := os.RemoveAll(o.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.path("d0/e0"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(o.path("d0/e0/f0.go"), []byte(content), 0o644)
}
