// Package group makes commands that lead a process group, so that cancelling
// one kills what it started too: the go command or npx hold nothing themselves,
// the compilers below them do.
package group

import (
	"context"
	"os/exec"
	"time"
)

// pipeDelay bounds the wait for output after a command ended or was killed: a
// daemon it left behind may hold the pipe for ever.
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

// Start starts cmd. The returned function waits for its end.
func Start(cmd *exec.Cmd) (wait func() error, err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Wait, nil
}
