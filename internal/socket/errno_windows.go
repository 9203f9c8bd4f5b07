package socket

import (
	"errors"

	"golang.org/x/sys/windows"
)

// addressBusy reports whether the address is taken. WSAEACCES is the answer for
// a port held exclusively.
func addressBusy(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// addressMissing reports whether the machine lacks the address, or its family.
func addressMissing(err error) bool {
	return errors.Is(err, windows.WSAEADDRNOTAVAIL) || errors.Is(err, windows.WSAEAFNOSUPPORT)
}
