package process

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// waitDelay bounds how long a process that left the group but kept our pipes can
// hold up the reaping of one that is dead.
const waitDelay = 200 * time.Millisecond

// child is a started command: the leader of a process group.
type child struct {
	group group
	done  chan struct{} // closed once it is reaped
	err   error         // of exec.Cmd.Wait; read after done
}

func (c *child) wait() error {
	<-c.done
	return c.err
}

// Start starts cmd in a process group of its own that is killed with us, when the
// context of cmd ends, and when its leader exits. The returned function waits for
// the leader and returns what exec.Cmd.Wait does; the process is reaped whether it
// is called or not. cmd.SysProcAttr, Cancel and WaitDelay are ours. Output goes to a
// writer: a StdoutPipe would be closed at the exit, before all of it is read.
func (g *Guardian) Start(cmd *exec.Cmd) (wait func() error, err error) {
	c, err := g.start(cmd, func(error) {})
	if err != nil {
		return nil, err
	}
	return c.wait, nil
}

// start is Start; exited is called with the result before done is closed.
func (g *Guardian) start(cmd *exec.Cmd, exited func(error)) (*child, error) {
	if err := g.begin(); err != nil {
		return nil, err
	}
	c := &child{done: make(chan struct{})}
	started := make(chan error)
	go g.tend(cmd, c, started, exited)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// tend starts, awaits and reaps one command. It stays on one thread: the
// parent-death signal fires when the thread that forked exits, not the process.
func (g *Guardian) tend(cmd *exec.Cmd, c *child, started chan<- error, exited func(error)) {
	defer g.children.Done()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	if cmd.Cancel != nil { // made with a context
		cmd.Cancel = c.group.kill
	}
	cmd.WaitDelay = waitDelay
	if err := c.group.start(cmd); err != nil {
		started <- err
		return
	}
	release := g.Register(cmd.Process.Pid)
	started <- nil

	// While the dead leader is not reaped its number names this group and no
	// other, so that is when the rest is killed.
	if awaitExit(cmd.Process.Pid) {
		c.group.bury()
		release()
	}
	err := cmd.Wait()
	c.group.bury()
	release()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it exited well; only a process that escaped still holds its output
	}
	c.err = err
	exited(err)
	close(c.done)
}
