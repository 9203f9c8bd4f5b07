//go:build unix

package process

import (
	"errors"
	"syscall"
)

// Alive tells whether a process has that id, whoever owns it.
func Alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
