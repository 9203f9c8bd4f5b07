// Package group makes commands that lead a process group, so that cancelling one
// also kills what it started: the go command and npx do little themselves, the
// compilers below them do the work.
package group

import (
	"context"
	"os/exec"
	"time"
)

// pipeDelay bounds the wait for output after a command has ended or was killed. A
// daemon it left behind may hold the pipe forever.
const pipeDelay = 2 * time.Second

// Command returns a command that will lead a group, which is killed when ctx
// ends.
func Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	lead(cmd)
	cmd.Cancel = func() error { return kill(cmd.Process) }
	cmd.WaitDelay = pipeDelay
	return cmd
}

// Start starts cmd. The returned function waits until it ends.
func Start(cmd *exec.Cmd) (wait func() error, err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Wait, nil
}
