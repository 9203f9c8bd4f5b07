//go:build unix && !linux

package socket

import "golang.org/x/sys/unix"

// privateDescriptors does nothing where threads cannot part.
func privateDescriptors() {}

// replace makes number to a copy of fd that survives exec.
func replace(fd, to int) error { return unix.Dup2(fd, to) }
