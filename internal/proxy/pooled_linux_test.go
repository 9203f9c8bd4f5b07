package proxy

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// awaitUnread returns when there is something to read, and leaves it there.
func awaitUnread(t *testing.T, conn net.Conn) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Error(err)
		return
	}
	err = raw.Read(func(fd uintptr) bool {
		// What came before the poller was asked, it does not tell of.
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return !errors.Is(err, syscall.EAGAIN)
	})
	if err != nil {
		t.Error(err)
	}
}
