//go:build unix

package process

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// duplicate returns a second descriptor of a socket, to be handed over. It does
// not use the File method, because os/exec would then call Fd on the result,
// which clears O_NONBLOCK on the description that all copies share: an Accept
// of somebody else would block and its Close hang.
func duplicate(conn syscall.Conn, name string) (*os.File, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("duplicate socket %s: %w", name, err)
	}
	var fd int
	var dupErr error
	err = raw.Control(func(original uintptr) {
		fd, dupErr = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 3)
	})
	if err == nil {
		err = dupErr
	}
	if err != nil {
		return nil, fmt.Errorf("duplicate socket %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
