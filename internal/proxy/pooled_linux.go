package proxy

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// resetWait is how long an answer to bytes in flight on this machine may take
// when it is very busy.
const resetWait = 100 * time.Millisecond

// unread reports whether the app, which has closed its end of conn, cannot have
// read what was last written. The kernel sends a reset for bytes that reach a
// closed end, and when an end is closed before its bytes were read. If all were
// read, the connection just ends.
func unread(conn *net.TCPConn, err error) bool {
	if errors.Is(err, syscall.ECONNRESET) {
		return true
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false // closed by ourselves
	}
	for deadline := time.Now().Add(resetWait); ; {
		var info *unix.TCPInfo
		var failure error
		err := raw.Control(func(fd uintptr) {
			info, failure = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		})
		switch {
		case err != nil || failure != nil:
			return false
		case info.State == unix.BPF_TCP_CLOSE:
			return true
		case info.Unacked == 0 && info.Notsent_bytes == 0, time.Now().After(deadline):
			return false
		}
		time.Sleep(time.Millisecond)
	}
}
