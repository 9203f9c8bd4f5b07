package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestLostGuardian kills the process that ends what devtool started, as often as
// it comes back: people are told while devtool runs, with what to do.
func TestLostGuardian(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{"page.go": "package main\n\nfunc page() string { return \"page\" }\n"})
	s := p.start()
	lost := func() *devtooltest.Message {
		for _, m := range s.Since(0) {
			if m.Type == "remark" && strings.Contains(m.Text, "guardian process is gone") {
				return &m
			}
		}
		return nil
	}
	timeout, tick := time.After(devtooltest.Patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	killed := 0
	for lost() == nil {
		if pid, found := guardianOf(t, s.Cmd.Process.Pid); found && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("nothing was told although the guardian was killed %d times", killed)
		}
	}
	if m := lost(); !strings.Contains(m.Text, "killed") || !strings.Contains(m.Hint, "Ctrl-C") {
		t.Errorf("told %q, %q; want how it ended and what to do", m.Text, m.Hint)
	}
	// The app serves on all the same.
	if got := s.Outcome(func() { p.edit("page.go", `"page"`, `"other"`) }); got.Result != "reloaded" {
		t.Errorf("outcome %+v, want a reload", got)
	}
	if got := devtooltest.Get(t, s.url); got != "other" {
		t.Errorf("the app says %q, want %q", got, "other")
	}
}

// guardianOf returns the guardian among the children of a process.
func guardianOf(t *testing.T, parent int) (pid int, found bool) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil || len(lists) == 0 {
		t.Skip("this kernel does not list the children of a process")
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list) // the thread may be gone
		for child := range strings.FieldsSeq(string(children)) {
			cmdline, _ := os.ReadFile(filepath.Join("/proc", child, "cmdline"))
			if bytes.Contains(cmdline, []byte("\x00__guardian\x00")) {
				pid, err := strconv.Atoi(child)
				return pid, err == nil
			}
		}
	}
	return 0, false
}
