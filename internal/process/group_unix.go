//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// group is the process group of one child. The lock orders signals against the
// reaping of the leader, after which its number may belong to a stranger.
type group struct {
	mu   sync.Mutex
	id   int
	gone bool
}

// start starts cmd as the leader of the group. The lock makes a cancellation that
// comes at once wait for the number.
func (g *group) start(cmd *exec.Cmd) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if cmd.SysProcAttr == nil { // else a session, for a terminal
		cmd.SysProcAttr = groupAttr()
	}
	if err := cmd.Start(); err != nil {
		return explainSize(err, cmd.Env)
	}
	g.id = cmd.Process.Pid
	return nil
}

func (g *group) signal(sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("signal %v: not a signal of this system", sig)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.send(number)
}

// terminate asks the group to end. A stopped process must run to hear it.
func (g *group) terminate() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.send(syscall.SIGTERM); err != nil {
		return err
	}
	return g.send(syscall.SIGCONT)
}

func (g *group) kill() error { return g.signal(syscall.SIGKILL) }

// bury kills what is left of the group and forgets its number.
func (g *group) bury() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.send(syscall.SIGKILL)
	g.gone = true
}

func (g *group) send(sig syscall.Signal) error {
	if g.gone {
		return os.ErrProcessDone
	}
	err := syscall.Kill(-g.id, sig)
	if err == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return err
}
