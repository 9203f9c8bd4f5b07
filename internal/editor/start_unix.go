//go:build unix

package editor

import "syscall"

// detached gives a program a session of its own: our Ctrl-C does not reach it, and
// it cannot take our terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
