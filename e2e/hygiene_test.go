//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestGrandchild starts an app with a child that ignores SIGTERM and keeps its
// output open: it goes with its generation, and with devtool.
func TestGrandchild(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "child")
	env := a.prepare
	a.prepare = func(cmd *exec.Cmd) {
		env(cmd)
		// Too long for a socket: that of the commands is then elsewhere.
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+filepath.Join(a.dir, ".git", strings.Repeat("c", 100)))
	}
	a.start()
	first := number(t, a.said(0, "^child ([0-9]+)$")[1])
	from := a.Mark()
	a.Outcome(func() { a.code("v2", "deaf") })
	second := number(t, a.said(from, "^child ([0-9]+)$")[1])
	a.until("the first generation's child to be gone", func() bool { return gone(first) })
	app := a.readyAfter(from).PID
	kill(t, a.Cmd.Process.Pid)
	<-a.Ended
	a.until("all to be gone", func() bool { return gone(app) && gone(second) })
	a.until("no other to be left", func() bool { return len(children(t, a.dir)) == 0 })
	a.untilNothingStays()
}

// untilNothingStays waits until devtool's files are gone, of which the guardian
// removes the last ones.
func (a *app) untilNothingStays() {
	a.t.Helper()
	var left []string
	defer func() {
		if len(left) > 0 {
			a.t.Logf("left behind: %q", left)
		}
	}()
	a.until("its files to be gone", func() bool {
		left, _ = filepath.Glob(filepath.Join(a.temp, "*"))
		return len(left) == 0
	})
}

// TestEndings ends devtool in each way a system does: the app is asked to go,
// once, and nothing stays.
func TestEndings(t *testing.T) {
	t.Parallel()
	for _, ending := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(ending.String(), func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "", "polite child").start()
			// As if the terminal or the pager had gone first.
			if err := a.Stdout.Close(); err != nil {
				t.Fatal(err)
			}
			if err := a.Cmd.Process.Signal(ending); err != nil {
				t.Fatal(err)
			}
			<-a.Ended
			if code := a.Cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("devtool ended with %v, want exit code 0", a.Cmd.ProcessState)
			}
			if got := a.records("goodbye"); !slices.Equal(got, []string{"v1"}) {
				t.Errorf("goodbyes of the app: %q, want one", got)
			}
			if left := children(t, a.dir); len(left) > 0 {
				t.Errorf("left running: %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(a.temp, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestSuspend presses Ctrl-Z during a request: devtool and the app stop, and go
// on together.
func TestSuspend(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "child").start()
	child := number(t, a.said(0, "^child ([0-9]+)$")[1])
	slow := a.askLater("GET", "/hold?id=slow", nil)
	a.until("the handler to run", func() bool { return len(a.records("held")) == 1 })
	all := []int{a.Cmd.Process.Pid, a.app, child}
	for range 2 {
		if err := a.Cmd.Process.Signal(syscall.SIGTSTP); err != nil {
			t.Fatal(err)
		}
		a.until("all to stop", func() bool { return !slices.ContainsFunc(all, running) })
		if err := a.Cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		a.until("all to go on", func() bool { return !slices.ContainsFunc(all, func(pid int) bool { return !running(pid) }) })
	}
	a.release()
	if got := <-slow; got.body != "v1" {
		t.Errorf("the request got %v", got)
	}
	if got := a.Outcome(func() { a.code("v2", "") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v", got)
	}
}

// TestOddStates replaces an app that is stopped, then one that has closed its
// output. The one hears that it is to go, and the other is not taken for dead.
func TestOddStates(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nstop_timeout = \"10m\"", "").start()
	if err := syscall.Kill(a.app, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for _, next := range []struct{ version, habit string }{{"v2", "silent"}, {"v3", ""}} {
		if got := a.Outcome(func() { a.code(next.version, next.habit) }); got.Result != "reloaded" {
			t.Errorf("outcome %+v, want reloaded", got)
		}
		if version, _ := a.serves(); version != next.version {
			t.Errorf("version %q serves, want %s", version, next.version)
		}
	}
}

// gone reports whether a process is dead. Who is to reap it may take its time.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// running reports whether a process that exists is not stopped.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") T ")
}

// TestSecondDevtool starts another one in the same project: it names the first,
// which is not disturbed. The next one after that may start.
func TestSecondDevtool(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "lock").start()
	second := a.project.startOnly()
	<-second.Ended
	if code := second.Cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("the second one ended with %v, want exit code 2", second.Cmd.ProcessState)
	}
	said := second.Stderr()
	if !strings.Contains(said, a.url) || !strings.Contains(said, fmt.Sprint(a.Cmd.Process.Pid)) {
		t.Errorf("the second one said %q, want the address %s and pid of the first", said, a.url)
	}
	a.serves()
	kill(t, a.Cmd.Process.Pid)
	<-a.Ended
	a.until("the app to be gone", func() bool { return gone(a.app) })
	third := a.project.start()
	third.Stop()
}

// TestStandardInput types lines for two generations.
func TestStandardInput(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nstdin = true", "echo")
	read, keyboard, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	a.prepare = func(cmd *exec.Cmd) { cmd.Stdin = read }
	a.start()
	fmt.Fprintln(keyboard, "one")
	a.said(0, "^v1 heard one$")
	from := a.Mark()
	a.Outcome(func() { a.code("v2", "") })
	fmt.Fprintln(keyboard, "two")
	a.said(from, "^v2 heard two$")
	keyboard.Close()
	a.said(from, "^v2 heard the end$")
}

// TestForced asks again: the second Ctrl-C waits for nobody.
func TestForced(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nstop_timeout = \"1h\"", "deaf child").start()
	a.until("devtool to end", func() bool {
		_ = a.Cmd.Process.Signal(os.Interrupt) // two that come at once are one
		select {
		case <-a.Ended:
			return true
		default:
			return false
		}
	})
	if code := a.Cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("devtool ended with %v, want exit code 130", a.Cmd.ProcessState)
	}
	a.until("all to be gone", func() bool { return len(children(t, a.dir)) == 0 })
	a.untilNothingStays()
}

// TestStuckTerminal has nobody read what devtool and the app say, as after
// Ctrl-S: saves are served all the same, and Ctrl-C ends it.
func TestStuckTerminal(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "port")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	fill(t, w)
	env := a.prepare
	a.prepare = func(cmd *exec.Cmd) {
		env(cmd)
		cmd.Stderr = w
	}
	a.start()
	if got := a.Outcome(func() { a.code("v2", "port") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v", got)
	}
	if version, _ := a.serves(); version != "v2" {
		t.Errorf("version %q serves", version)
	}
	a.Stop()
	if code := a.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("devtool ended with %v, want exit code 0", a.Cmd.ProcessState)
	}
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Write(func(fd uintptr) bool {
		for err == nil {
			_, err = syscall.Write(int(fd), []byte{'x'})
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	s := p.start()
	group := s.Cmd.Process.Pid
	took := s.Stop()
	t.Logf("stopped in %v", took)
	if code := s.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, s.Stderr())
	}
	if alive(s.app) {
		t.Errorf("the app, pid %d, still runs", s.app)
	}
	if alive(group) {
		t.Errorf("devtool, pid %d, still runs", group)
	}
	if left := children(t, p.dir); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
}

// TestKilled kills devtool without a chance to clean up: the app must go, too.
func TestKilled(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	s := p.start()
	if err := s.Cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Ended
	for deadline := time.Now().Add(devtooltest.Patience); alive(s.app); {
		if time.Now().After(deadline) {
			t.Fatalf("the app, pid %d, outlives devtool", s.app)
		}
	}
}

// children lists processes whose working directory is within dir.
func children(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		cwd, err := os.Readlink(link) // gone meanwhile, or not ours
		if err == nil && strings.HasPrefix(cwd, dir) {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return found
}
