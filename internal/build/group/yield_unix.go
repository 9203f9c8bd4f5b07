//go:build unix

package group

import "syscall"

// niceness is the priority of a task that nobody waits for.
const niceness = 10

// Yield lowers the priority of the group that pid leads. It ignores errors, which
// cost only speed.
func Yield(pid int) { _ = syscall.Setpriority(syscall.PRIO_PGRP, pid, niceness) }
