package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestReplayAgreesWithGoBuild edits two published modules at random, and after
// each edit compares what a plan makes of it with what go build does: a plan
// makes the same program to the byte, or none. With settings it runs longer:
//
//	REPLAY_EDITS=5000 REPLAY_SEED=7 go test -timeout 0 -run TestReplayAgrees ./internal/build/replay
func TestReplayAgreesWithGoBuild(t *testing.T) {
	t.Parallel()
	if testing.Short() && os.Getenv("REPLAY_EDITS") == "" {
		t.Skip("takes two minutes")
	}
	count, seed := setting(t, "REPLAY_EDITS", 100), setting(t, "REPLAY_SEED", 1)
	for _, m := range []struct {
		module, pkg string
		share       int // of the edits, in percent
	}{
		{"github.com/pelletier/go-toml/v2", "./cmd/tomljson", 75},
		{"mvdan.cc/sh/v3", "./cmd/gosh", 25}, // takes three times as long to compile
	} {
		t.Run(m.module, func(t *testing.T) {
			t.Parallel()
			d := newDifferential(t, m.module, m.pkg, uint64(seed))
			for range count * m.share / 100 {
				d.step()
			}
			t.Log(d.summary())
			if d.replayed*3 < d.succeeded {
				t.Errorf("only %d of %d builds followed a plan", d.replayed, d.succeeded)
			}
		})
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// differential is a random walk through the states of a module.
type differential struct {
	*project
	w                          *workspace
	broken                     bool // the program does not compile now
	current                    bool // the plan is of the last program
	steps, replayed, succeeded int
	history                    []string // of the edits
	declined                   map[string]int
}

func newDifferential(t *testing.T, module, pkg string, seed uint64) *differential {
	t.Helper()
	dir := copyModule(t, module)
	p := openProject(t, dir, pkg, "-mod=mod")
	p.options.Env = append(p.options.Env, "CGO_ENABLED=1")
	p.record()
	d := &differential{project: p, current: true, declined: map[string]int{}, w: &workspace{
		t: t, dir: dir, main: filepath.Join(dir, pkg), rnd: rand.New(rand.NewPCG(seed, uint64(len(module)))), original: map[string]string{},
	}}
	for _, local := range p.plan.tree.local {
		d.w.dirs = append(d.w.dirs, local.dir)
		for _, path := range d.w.sources(local.dir) {
			d.w.original[path] = d.w.read(path)
		}
	}
	d.w.original[filepath.Join(dir, "go.mod")] = d.w.read(filepath.Join(dir, "go.mod"))
	return d
}

// copyModule copies a module on which devtool depends out of the module cache.
func copyModule(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module).Output()
	var found struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(out, &found)
	}
	if err != nil {
		t.Fatalf("find %s: %v", module, err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(found.Dir)); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o600))
		}
		return os.Chmod(path, 0o700)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// step makes one edit and compares the builds.
func (d *differential) step() {
	d.t.Helper()
	name, replayable := d.edit()
	d.steps++
	d.history = append(d.history, name)
	replayed, _, err := d.replay()
	if errors.Is(err, context.Canceled) {
		d.t.Fatal(err)
	}
	built, output := d.goBuild()
	defer os.Remove(replayed)
	defer os.Remove(built)
	defer func() { d.broken = built == "" }()
	switch {
	case err == nil && (built == "" || output != ""):
		d.t.Fatalf("%s: replayed, but go build says\n%s", d.where(), output)
	case err == nil:
		d.replayed++
		d.current = true
		d.same(replayed, built)
		if d.t.Failed() {
			if keep := os.Getenv("REPLAY_KEEP"); keep != "" {
				exec.Command("cp", replayed, built, keep).Run()
				exec.Command("cp", "-r", d.options.Dir, keep).Run()
			}
			d.t.Fatalf("after %s", d.where())
		}
	case built != "":
		awkward := strings.Contains(err.Error(), "needs more than the compiler") // an edit added assembly
		if replayable && !d.broken && d.current && !awkward {
			d.t.Fatalf("%s: go build was needed: %v", d.where(), err)
		}
		d.declined[err.Error()]++
		d.rerecord(built)
	}
	if built != "" {
		d.succeeded++
	}
}

// edit makes a change, most often to undo one that does not compile.
func (d *differential) edit() (name string, replayed bool) {
	const patience = 3
	if d.broken && d.w.rnd.IntN(patience) > 0 {
		d.w.restoreAll()
		return "everything restored", false
	}
	for {
		d.w.count++
		if e := edits[d.w.rnd.IntN(len(edits))]; e.apply(d.w) {
			return e.name, e.replayed
		}
	}
}

// rerecord makes a new plan after go build was needed, most of the time.
func (d *differential) rerecord(built string) {
	d.t.Helper()
	if d.current = d.w.rnd.IntN(4) > 0; !d.current {
		return
	}
	plan, err := Record(d.t.Context(), d.options, built)
	if err != nil {
		d.declined["no plan: "+err.Error()]++
		d.current = false
		return
	}
	os.RemoveAll(d.options.WorkDir)
	d.plan = plan
}

// where names the last edits.
func (d *differential) where() string {
	const last = 4
	return fmt.Sprintf("edit %d (%s)", d.steps, strings.Join(d.history[max(0, len(d.history)-last):], ", then "))
}

func (d *differential) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d edits, %d compiled, %d of those followed a plan", d.steps, d.succeeded, d.replayed)
	if testing.Verbose() {
		for why, n := range d.declined {
			fmt.Fprintf(&b, "\n%4d %s", n, why)
		}
	}
	return b.String()
}
