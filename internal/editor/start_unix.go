//go:build unix

package editor

import "syscall"

// detached gives a program a session of its own: it neither hears our Ctrl-C
// nor can it take our terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
