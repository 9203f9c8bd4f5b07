//go:build unix

package typecheck

import "syscall"

// niceness is that of a task nobody waits for.
const niceness = 10

// yield lets the group that pid leads run when nothing else wants to. That it
// fails changes nothing but the speed of builds.
func yield(pid int) { _ = syscall.Setpriority(syscall.PRIO_PGRP, pid, niceness) }
