//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// patience is how long a server gets to stop its own children.
const patience = 5 * time.Second

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup interrupts the leader, which may have put its children into groups
// of their own, and kills what is left of its group.
func endGroup(leader *os.Process, done <-chan struct{}) {
	leader.Signal(os.Interrupt)
	select {
	case <-done:
	case <-time.After(patience):
	}
	syscall.Kill(-leader.Pid, syscall.SIGKILL)
}
