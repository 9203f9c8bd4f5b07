package e2e_test

import (
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// TestInit runs devtool as the first process of a container.
func TestInit(t *testing.T) {
	t.Parallel()
	isolated := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
	try := exec.Command("sh", "-c", "mount -t proc proc /proc")
	try.SysProcAttr = isolated
	if err := try.Run(); err != nil {
		t.Skipf("no right to make a PID namespace: %v", err)
	}
	a := newApp(t, "", "child polite")
	a.prepare = func(cmd *exec.Cmd) {
		cmd.Path = "/bin/sh"
		cmd.Args = append([]string{"sh", "-c", `mount -t proc proc /proc && exec "$0" "$@"`, binary}, cmd.Args[1:]...)
		cmd.SysProcAttr = isolated
	}
	a.start()
	visitors := startKnocking(t, a.url)
	if got := a.Outcome(func() { a.code("v2", "") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v", got)
	}
	a.unhurt(visitors)
	if err := a.Cmd.Process.Signal(syscall.SIGTERM); err != nil { // as `docker stop` does
		t.Fatal(err)
	}
	<-a.Ended
	if code := a.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("devtool ended with %v, want exit code 0", a.Cmd.ProcessState)
	}
	if got := a.records("goodbye"); !slices.Equal(got, []string{"v1", "v2"}) {
		t.Errorf("goodbyes %q, want one of each generation", got)
	}
}
