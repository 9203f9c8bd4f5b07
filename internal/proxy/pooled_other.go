//go:build !linux

package proxy

import (
	"errors"
	"net"
	"syscall"
)

// unread knows less than it does on Linux: a close that leaves bytes unread may
// look like any other here. Such a GET is not sent again but answered with 502.
func unread(_ *net.TCPConn, err error) bool { return errors.Is(err, syscall.ECONNRESET) }
