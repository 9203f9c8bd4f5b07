package socket

import (
	"math"

	"golang.org/x/sys/unix"
)

// privateDescriptors gives the calling thread a copy of the descriptor table.
// The numbers from 3 up usually belong to the Go runtime, to its poller for
// one, and the runtime's other threads would stop the program if those became
// sockets in the moment before exec.
//
// Containers often forbid unshare but allow close_range, which here copies the
// table and closes nothing. If both fail there is that moment; so be it.
func privateDescriptors() {
	if unix.Unshare(unix.CLONE_FILES) != nil {
		_ = copyTable()
	}
}

// copyTable closes the one descriptor that nobody can have.
func copyTable() error {
	return unix.CloseRange(math.MaxUint32, math.MaxUint32, unix.CLOSE_RANGE_UNSHARE)
}

// replace makes number to a copy of fd that survives exec.
func replace(fd, to int) error { return unix.Dup3(fd, to, 0) }
