package process

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// runInit is PID 1 of a container: it runs the real command as its only child,
// passes signals on to it, and reaps whatever else is orphaned to it.
func runInit(args []string) (code int, handled bool) {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals)
	// The terminal goes to the child, which must be able to take it.
	signal.Ignore(syscall.SIGTTOU)
	pid, err := forkSelf(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "devtool: start as init:", err)
		return exitNotStarted, true
	}
	var forwarding sync.WaitGroup
	forwarding.Go(func() {
		for sig := range signals {
			if sig != syscall.SIGCHLD && sig != syscall.SIGURG {
				_ = syscall.Kill(pid, sig.(syscall.Signal))
			}
		}
	})
	code = reapUntil(pid)
	signal.Stop(signals)
	close(signals)
	forwarding.Wait()
	return code, true
}

// forkSelf starts our own executable with args in a group of its own, in the
// foreground of the terminal if there is one: a Ctrl-C must reach it once, not
// once from the terminal and once through us.
func forkSelf(args []string) (pid int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	attr := &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	if _, err := unix.IoctlGetInt(0, unix.TIOCGPGRP); err == nil {
		attr.Sys.Foreground = true
	}
	return syscall.ForkExec(self, append([]string{os.Args[0]}, args...), attr)
}

// reapUntil reaps every child until it has reaped pid, and returns its exit code
// as a shell would.
func reapUntil(pid int) int {
	for {
		var status unix.WaitStatus
		reaped, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return exitNotStarted // no child at all: cannot happen before pid is reaped
		case reaped != pid:
		case status.Signaled():
			return 128 + int(status.Signal())
		default:
			return status.ExitStatus()
		}
	}
}
