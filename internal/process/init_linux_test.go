package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// report is the real command under init, in a PID namespace of its own. It leaves
// orphans behind, waits for SIGTERM, and reports when no zombie is left.
func report(args []string) int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	for range 20 { // each sh exits at once and leaves its child to init
		if err := exec.Command("sh", "-c", "sh -c 'exit 0' & exit 0").Run(); err != nil {
			fmt.Println("child failed:", err)
			return 1
		}
	}
	fmt.Println("pid", os.Getpid(), "args", args)
	<-stop
	for limit := time.After(deadline); zombies() > 0; { // one may be dying just now
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			fmt.Println("zombies", zombies())
			return 1
		}
	}
	fmt.Println("zombies 0")
	return 42
}

// zombies counts the zombies of this PID namespace, whose /proc must be mounted.
func zombies() int {
	count := 0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if stat, err := os.ReadFile(path); err == nil && strings.Contains(string(stat), ") Z ") {
			count++
		}
	}
	return count
}

func TestInit(t *testing.T) {
	t.Parallel()
	out := newOutput()
	// The shell mounts the namespace's own /proc and becomes our binary as PID 1.
	cmd := exec.Command("sh", "-c", `mount -t proc proc /proc && exec "$0" one two`, testBinary(t))
	cmd.Env = append(os.Environ(), "PROCESS_TEST_ROLE=report")
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID,
		Unshareflags: syscall.CLONE_NEWNS,
	}
	if err := cmd.Start(); errors.Is(err, syscall.EPERM) {
		t.Skip("no right to make a PID namespace")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	out.await(t, `pid \d+ args \[one two\]`)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	out.await(t, `zombies 0\n`)
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Errorf("init returned %v, want the child's exit code 42", err)
	}
}
