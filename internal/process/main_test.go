//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// appPath is the compiled testdata/app; set once by TestMain. It is our own
// executable too, because one with the race detector takes a second to exit.
var appPath string

// startedWith is what the test process itself inherited; set once by TestMain.
var startedWith map[int]string

func TestMain(m *testing.M) {
	if code, handled := Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	if role := os.Getenv("PROCESS_TEST_ROLE"); role != "" {
		os.Exit(playRole(role, os.Args[1:]))
	}
	startedWith = openFiles(os.Getpid())
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "process-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	appPath = filepath.Join(dir, "app")
	if out, err := exec.Command("go", "build", "-o", appPath, "./testdata/app").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build testdata/app: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// openFiles returns what the descriptors of a process stand for, where /proc tells.
func openFiles(pid int) map[int]string {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	files := map[int]string{}
	for _, link := range links {
		fd, err := strconv.Atoi(filepath.Base(link))
		if err != nil {
			continue
		}
		if target, err := os.Readlink(link); err == nil { // else closed meanwhile
			files[fd] = target
		}
	}
	return files
}

// newGuardian returns a guardian that is closed with the test.
func newGuardian(t testing.TB) *Guardian {
	t.Helper()
	g, err := StartGuardian(appPath, func(err error) { t.Errorf("guardian: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func testBinary(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

func newPort(t testing.TB) *ReservedPort {
	t.Helper()
	p, err := ReservePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Release)
	return p
}

// startApp starts testdata/app with args; spec says the rest.
func startApp(t testing.TB, spec Spec, args ...string) *Generation {
	t.Helper()
	if spec.Guardian == nil {
		spec.Guardian = newGuardian(t)
	}
	spec.Path = appPath
	spec.Args = args
	spec.Base = append(os.Environ(), spec.Base...)
	g, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func ready(t testing.TB, g *Generation) Target {
	t.Helper()
	target, err := g.Ready(t.Context())
	if err != nil {
		t.Fatalf("not ready: %v\n%s", err, g.Tail())
	}
	return target
}

func waitDone(t testing.TB, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatal("still running")
	}
}

// watchExit returns a channel that is closed when a process that is not our child
// has ended. It must be called while the process lives.
func watchExit(t testing.TB, pid int) <-chan struct{} {
	t.Helper()
	// On Linux this opens a pidfd, so a reused number cannot deceive it.
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.Signal(0)); err != nil {
		t.Fatalf("process %d is not alive: %v", pid, err)
	}
	ended := make(chan struct{})
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	var polling sync.WaitGroup
	polling.Go(func() {
		for sleep(ctx, time.Millisecond) == nil {
			if errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) || isZombie(pid) {
				close(ended)
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); polling.Wait() })
	return ended
}

// isZombie tells a dead process that its new parent has not reaped yet.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}
