//go:build unix

package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestPerish lets an app that serves end in each way that Go programs do, and
// reads why from what devtool says.
func TestPerish(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	pid := a.app
	for i, c := range []struct{ how, message, note string }{
		{"nil map", "panic: assignment to entry in nil map", "exited with code 2 in goroutine"},
		{"index", "panic: runtime error: index out of range [3] with length 0", "exited with code 2 in goroutine"},
		{"error", "no such day", "exited with code 2 in goroutine"},
		{"goroutine", "panic: in the background", "created by main.perish"},
		{"repanic", "panic: again", "exited with code 2 in goroutine"},
		{"fatal", "app exited with code 1: no database", ""},
		{"exit", "app exited with code 1", ""},
		{"kill", "app was ended by a signal: killed", "when memory runs out"},
	} {
		if i == 4 { // before devtool waits for a change after the fifth
			from := a.Mark()
			a.Outcome(func() { a.code("v2", "") })
			pid = a.readyAfter(from).PID
		}
		from := a.Mark()
		if c.how == "kill" {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		} else {
			a.askLater("POST", "/perish?how="+url.QueryEscape(c.how), nil)
		}
		told := a.AwaitAfter(from, "the crash", func(m devtooltest.Message) bool { return m.Type == "app-crashed" }).Problems
		if len(told) != 1 {
			t.Fatalf("%s: told %+v, want one problem", c.how, told)
		}
		got := told[0]
		if got.Source != "crash" || !strings.Contains(got.Message, c.message) {
			t.Errorf("%s: got %+v, want %q", c.how, got, c.message)
		}
		if !slices.ContainsFunc(append(got.Notes, ""), func(note string) bool { return strings.Contains(note, c.note) }) {
			t.Errorf("%s: notes %q, want %q", c.how, got.Notes, c.note)
		}
		if line := "dies: " + c.how; strings.Contains(a.read("perish.go"), line) {
			a.at(got, "crash", "perish.go", line)
		} else if got.File != "" {
			t.Errorf("%s: blames %s:%d", c.how, got.File, got.Line)
		}
		if alive := fmt.Sprint(a.readyAfter(from).PID); alive == fmt.Sprint(pid) {
			t.Errorf("%s: still process %s", c.how, alive)
		}
		pid = a.readyAfter(from).PID
	}
}
