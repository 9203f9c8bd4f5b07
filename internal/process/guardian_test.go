//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stubborn is a shell script that soon ends only by SIGKILL, and says so.
const stubborn = `trap "" TERM INT HUP; echo stubborn $$; exec sleep 1000`

// playRole is what the test binary does when it is started as something else.
func playRole(role string, args []string) int {
	switch role {
	case "parent": // a devtool that runs an app and waits to be killed
		g, err := StartGuardian(args[0], func(err error) { fmt.Println("lost", err) })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		generation, err := Start(context.Background(), Spec{Guardian: g, Path: args[0], Args: args[1:], Base: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("app", generation.PID())
		fmt.Println("guardian", g.pid)
		<-generation.Done()
		return 0
	case "report": // the real command under init
		return report(args)
	}
	return 2
}

func TestNothingSurvivesKill(t *testing.T) {
	t.Parallel()
	out := newOutput()
	parent := exec.Command(testBinary(t), appPath, "-ignore-term", "-child", stubborn)
	parent.Env = append(os.Environ(), "PROCESS_TEST_ROLE=parent")
	parent.Stdout, parent.Stderr = out, out
	parent.WaitDelay = deadline
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	app := watchExit(t, out.awaitPID(t, `(?m)^app (\d+)$`))
	guardian := watchExit(t, out.awaitPID(t, `(?m)^guardian (\d+)$`))
	grandchild := watchExit(t, out.awaitPID(t, `(?m)^stubborn (\d+)$`))
	out.await(t, `(?m)^idle$`)

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitDone(t, app)
	waitDone(t, grandchild)
	waitDone(t, guardian)
	_ = parent.Wait() // killed, as it should be
}

func TestGuardianIsReplaced(t *testing.T) {
	t.Parallel()
	g := newGuardian(t)
	app := startApp(t, Spec{Guardian: g, Ready: Started}, "-ignore-term")
	ready(t, app)

	first := guardianPID(g)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for limit := time.After(deadline); guardianPID(g) == first; {
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatal("the guardian process was not replaced")
		}
	}
	// What the kernel does when we die. The new process must know the old group.
	g.mu.Lock()
	g.lifeline.Close()
	g.mu.Unlock()
	waitDone(t, app.Done())
	if got := app.Exit(); got.Signal != "killed" {
		t.Errorf("the app's exit is %v, want killed", got)
	}
}

func guardianPID(g *Guardian) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pid
}

// TestLostGuardianIsToldAtOnce tells of a loss when it happens, and when it is
// over: until then nothing would end what we started if we were killed.
func TestLostGuardianIsToldAtOnce(t *testing.T) {
	t.Parallel()
	told := make(chan error, 10)
	g, err := startGuardian(appPath, func(err error) { told <- err }, budget{limit: 2, per: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	app := startApp(t, Spec{Guardian: g, Ready: Started}, "-ignore-term")
	var lost *GuardianError
	for limit := time.After(deadline); lost == nil; {
		_ = syscall.Kill(guardianPID(g), syscall.SIGKILL) // perhaps dead already
		select {
		case err := <-told:
			if !errors.As(err, &lost) || lost.Hint() == "" || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("told %v, want a GuardianError that says how it ended", err)
			}
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatal("the loss was not told")
		}
	}
	select {
	case err := <-told:
		if err != nil {
			t.Errorf("told %v, want that there is one again", err)
		}
	case <-time.After(deadline):
		t.Fatal("a new one was not told")
	}
	// The new process must know the old group.
	g.mu.Lock()
	g.lifeline.Close()
	g.mu.Unlock()
	waitDone(t, app.Done())
	_ = g.Close() // its guardian process has just ended
}

// TestGuardianThatCannotLiveIsTold covers one that ends by itself, and one whose
// executable is gone.
func TestGuardianThatCannotLiveIsTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, script, want string }{
		{"it fails at once", "#!/bin/sh\nexit 3\n", "exit status 3"},
		{"its executable was removed", "#!/bin/sh\nrm \"$0\"\n", "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			self := filepath.Join(t.TempDir(), "guardian")
			writeExecutable(t, self, test.script)
			told := make(chan error, 10)
			g, err := StartGuardian(self, func(err error) { told <- err })
			if err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-told:
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("told %v, want %q", err, test.want)
				}
			case <-time.After(deadline):
				t.Error("nothing was told")
			}
			var lost *GuardianError
			if err := g.Close(); !errors.As(err, &lost) {
				t.Errorf("Close returned %v, want a GuardianError", err)
			}
			if len(told) > 0 {
				t.Errorf("told again: %v", <-told)
			}
		})
	}
}

// writeExecutable writes a script without leaving a descriptor to a child that is
// being forked, which would make it "text file busy".
func writeExecutable(t *testing.T, file, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	begun := time.Unix(1000, 0)
	b := budget{limit: 2, per: time.Minute}
	for _, test := range []struct{ at, want time.Duration }{
		{0, 0}, {10 * time.Second, 0}, {20 * time.Second, 40 * time.Second}, {59 * time.Second, time.Second},
		{60 * time.Second, 0}, {61 * time.Second, 9 * time.Second}, {time.Hour, 0},
	} {
		if got := b.take(begun.Add(test.at)); got != test.want {
			t.Errorf("after %v: wait %v, want %v", test.at, got, test.want)
		}
	}
}

func TestCloseKillsWhatIsLeft(t *testing.T) {
	t.Parallel()
	g, err := StartGuardian(appPath, func(err error) { t.Errorf("guardian: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	out := newOutput()
	app := startApp(t, Spec{Guardian: g, Ready: Started, Stdout: out}, "-ignore-term", "-child", stubborn)
	grandchild := watchExit(t, out.awaitPID(t, `(?m)^stubborn (\d+)$`))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if app.Exit() == nil {
		t.Error("Close returned before the app was reaped")
	}
	waitDone(t, grandchild)
}

func TestClosedGuardianStartsNothing(t *testing.T) {
	t.Parallel()
	g := newGuardian(t)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Start(exec.Command(appPath)); err == nil {
		t.Error("a closed guardian started a command")
	}
}

func TestCommandContextKillsGroup(t *testing.T) {
	t.Parallel()
	g := newGuardian(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := newOutput()
	cmd := exec.CommandContext(ctx, "sh", "-c", "sh -c '"+stubborn+"' & wait")
	cmd.Stdout = out
	wait, err := g.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	grandchild := watchExit(t, out.awaitPID(t, `stubborn (\d+)`))
	cancel()
	waitDone(t, grandchild)
	var exit *exec.ExitError
	if err := wait(); !errors.As(err, &exit) {
		t.Errorf("wait returned %v, want the exit of a killed process", err)
	}
}

func TestCommandResult(t *testing.T) {
	t.Parallel()
	g := newGuardian(t)
	for _, test := range []struct {
		script, want string
	}{
		{"exit 0", "<nil>"},
		{"exit 3", "exit status 3"},
		{"kill -9 $$", "signal: killed"},
	} {
		wait, err := g.Start(exec.Command("sh", "-c", test.script))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(wait()); got != test.want {
			t.Errorf("%s: wait returned %s, want %s", test.script, got, test.want)
		}
	}
	if _, err := g.Start(exec.Command("/no/such/program")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("starting what is not there: %v", err)
	}
}

// A process that left the group and holds our pipe must not hold up Wait.
func TestEscapedProcessDoesNotHoldWait(t *testing.T) {
	t.Parallel()
	g := newGuardian(t)
	out := newOutput()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid(1) here")
	}
	cmd := exec.Command("sh", "-c", `setsid sh -c 'echo escaped $$; exec sleep 1000' & read line`)
	cmd.Stdout = out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := g.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	pid := out.awaitPID(t, `escaped (\d+)`)
	defer syscall.Kill(pid, syscall.SIGKILL)
	if _, err := io.WriteString(stdin, "exit\n"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := wait(); err != nil {
		t.Errorf("wait returned %v for a command that exited well", err)
	}
	if took := time.Since(began); took > deadline/2 {
		t.Errorf("wait took %v", took)
	}
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lines string
		want        map[int]bool
	}{
		{"none", "", nil},
		{"one left", "+12\n+13\n-12\n", map[int]bool{13: true}},
		{"again", "+12\n-12\n+12\n", map[int]bool{12: true}},
		{"never everything", "+1\n+0\n+-1\n+\n\nx\n*7\n", nil},
	} {
		if got, dirs := orphans(strings.NewReader(test.lines)); !maps.Equal(got, test.want) || len(dirs) > 0 {
			t.Errorf("%s: orphans(%q) = %v, %v, want %v", test.name, test.lines, got, dirs, test.want)
		}
	}
}

// Only a whole line, with a path that is somebody's, counts.
func TestDirectoriesOfOrphans(t *testing.T) {
	t.Parallel()
	_, got := orphans(strings.NewReader("d\"/tmp/a b\\n\"\nd\"/\"\nd\"tmp\"\nd\"\"\nd/tmp/bare\n+12\nd\"/tmp/c\"\nk\"/tmp/c\"\nd\"/tmp/devtool-1"))
	if want := map[string]bool{"/tmp/a b\n": true}; !maps.Equal(got, want) {
		t.Errorf("directories %v, want %v", got, want)
	}
}

func FuzzOrphans(f *testing.F) {
	f.Add("+12\n+13\n-12\n")
	f.Add("+1\n+-1\n\n+99999999999999999999\n")
	f.Fuzz(func(t *testing.T, lines string) {
		groups, dirs := orphans(strings.NewReader(lines))
		for pgid := range groups {
			if pgid < 2 {
				t.Errorf("would kill group %d", pgid)
			}
		}
		for dir := range dirs {
			if !filepath.IsAbs(dir) || dir == "/" {
				t.Errorf("would remove %q", dir)
			}
		}
	})
}

func BenchmarkShim(b *testing.B) {
	// What the shim adds is the difference of the two.
	for name, args := range map[string][]string{
		"direct": {appPath, "-exit", "0"},
		"shim":   {appPath, execCommand, appPath, appPath, "-exit", "0"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Stderr = io.Discard
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
