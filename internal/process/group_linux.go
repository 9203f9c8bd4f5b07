package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// groupAttr adds the parent-death signal, which covers the moment between the
// fork and the guardian's learning of it.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit returns true once the child is dead and before it is reaped.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}
