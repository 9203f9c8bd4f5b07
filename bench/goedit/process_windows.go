package main

import (
	"os"
	"os/exec"
	"strconv"
)

func ownGroup(*exec.Cmd) {}

// endGroup kills the leader and its descendants: Windows cannot interrupt a
// single process.
func endGroup(leader *os.Process, _ <-chan struct{}) {
	exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(leader.Pid)).Run()
}
