//go:build unix && !linux

package process

import "syscall"

// groupAttr has no parent-death signal here: the guardian is all there is.
func groupAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit has no portable form here, so the group is killed just after the
// leader is reaped.
func awaitExit(int) bool { return false }
