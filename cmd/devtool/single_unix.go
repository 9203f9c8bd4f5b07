//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockedElsewhere locks a file until it is closed, or reports that another
// process has. On a filesystem without locks nobody has.
func lockedElsewhere(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK
}
