//go:build unix

package socket

import (
	"errors"
	"syscall"
)

// addressBusy reports whether the address is taken.
func addressBusy(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// addressMissing reports whether the machine lacks the address, or its family.
func addressMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
