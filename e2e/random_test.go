//go:build unix

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// freshEvery is after how many steps a devtool is started anew for comparison.
const freshEvery = 25

// TestRandom does what people and their tools do to a tree, in any order, and
// after each step waits until what is served is what the tree says. From time to
// time it compares with a devtool that was just started. More steps, another
// source of them, and less patience:
//
//	RANDOM_STEPS=2000 RANDOM_SEED=7 RANDOM_PATIENCE=20s go test -timeout 0 -run TestRandom ./e2e
func TestRandom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	count, seed, patience := setting(t, "RANDOM_STEPS", strconv.Atoi, 25), setting(t, "RANDOM_SEED", strconv.Atoi, 1), setting(t, "RANDOM_PATIENCE", time.ParseDuration, devtooltest.Patience)
	r := &randomRun{t: t, steps: &steps{numbered: newNumbered(t), draw: rand.New(rand.NewPCG(uint64(seed), 0))}, patience: patience}
	r.start()
	r.expect("the start")
	fresh := freshEvery
	for i := range count {
		did := r.next()
		r.done = append(r.done, fmt.Sprintf("%d %s", i+1, did))
		if !r.expect(did) {
			t.Logf("seed %d, after the steps\n%s", seed, strings.Join(r.done, "\n"))
			if r.differences++; r.differences == 3 {
				break
			}
			r.saveAgain()
		}
		if fresh--; fresh <= 0 && r.want.appFault+r.want.webFault == "" {
			fresh = freshEvery
			r.compareFresh()
		}
	}
	t.Logf("seed %d: %d steps, %d builds, %d differences", seed, len(r.done), len(outcomes(r.s, 0)), r.differences)
}

// setting reads a number or the like from the environment.
func setting[T any](t *testing.T, name string, parse func(string) (T, error), otherwise T) T {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := parse(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// randomRun is a devtool on a tree that changes at random.
type randomRun struct {
	*steps
	t           *testing.T
	patience    time.Duration
	done        []string // the steps so far
	want        served   // after the last of them
	shown       served   // before it
	differences int
	looks       *looking
}

func (r *randomRun) start() {
	r.s = r.serve(r.dir)
	r.looks = look(r.t, r.s.url)
}

// serve starts a devtool on a tree. A module that is away is not looked for
// elsewhere.
func (r *randomRun) serve(dir string) *server {
	p := &project{t: r.t, dir: filepath.Join(dir, "app")}
	p.prepare = func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "GOFLAGS=", "GOPROXY=off") }
	return p.start()
}

// expect waits until what is served is what the tree says, and reports whether
// that came about.
func (r *randomRun) expect(did string) bool {
	r.t.Helper()
	r.shown, r.want = r.want, r.model()
	if !r.once { // what was there in between may have been built
		r.shown = served{}
	}
	mark := r.s.Mark()
	got, why := r.looks.until(r.want, r.shown, r.patience)
	if why == "" {
		r.want = r.want.over(got)
		return true
	}
	r.t.Errorf("after %q: %s; outcomes since %q; problems %+v", did, why, outcomes(r.s, mark), got.problems)
	r.want = r.want.over(got)
	return false
}

// saveAgain tells a save that was not seen from a tree that is not understood,
// and goes on from there.
func (r *randomRun) saveAgain() {
	r.t.Helper()
	for _, name := range []string{"app/main.go", "app/web/main.ts"} {
		if r.exists(name) {
			r.save(name, r.renumber(r.read(name)), "by rename")
		}
	}
	want := r.model()
	got, why := r.looks.until(want, served{}, r.patience)
	if why == "" {
		r.t.Log("a second save helped")
	} else {
		r.t.Logf("a second save did not help: %s; a new start follows", why)
		r.s.Stop()
		r.start()
		got, why = r.looks.until(want, served{}, r.patience)
		if why != "" {
			r.t.Fatalf("nor does a new start: %s; problems %+v", why, got.problems)
		}
	}
	r.want = want.over(got)
}

// compareFresh starts a devtool on a copy of the tree: it must serve the same.
func (r *randomRun) compareFresh() {
	r.t.Helper()
	dir := r.t.TempDir()
	if out, err := exec.Command("cp", "-a", r.dir+"/.", dir).CombinedOutput(); err != nil {
		r.t.Fatalf("copy the tree: %v\n%s", err, out)
	}
	s := r.serve(dir)
	defer s.Stop()
	fresh := look(r.t, s.url)
	if _, why := fresh.until(r.model(), served{}, r.patience); why != "" {
		r.t.Errorf("a fresh start after %d steps: %s", len(r.done), why)
	}
	ours, err := r.looks.outputs(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	theirs, err := fresh.outputs(dir)
	if err != nil {
		r.t.Fatal(err)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		r.differences++
		r.t.Errorf("after %d steps a fresh start serves other outputs (-fresh +ours):\n%s", len(r.done), diff)
	}
}
