//go:build unix

package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// FollowSuspend makes Ctrl-Z suspend everything that we started, then us, and
// continues it when we are continued. Our children are in process groups of
// their own, which a terminal does not reach. It returns when ctx ends.
func (g *Guardian) FollowSuspend(ctx context.Context) {
	if os.Getppid() == 1 {
		return // of a container, perhaps: nobody there could wake us
	}
	suspend, resume := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(suspend, syscall.SIGTSTP)
	defer signal.Stop(suspend)
	signal.Notify(resume, syscall.SIGCONT)
	defer signal.Stop(resume)
	for {
		select {
		case <-suspend:
		case <-resume:
			continue // nothing of ours was stopped
		case <-ctx.Done():
			return
		}
		g.signalAll(syscall.SIGSTOP)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		select {
		case <-resume: // the stop takes effect only about when Kill returns
		case <-ctx.Done():
		}
		g.signalAll(syscall.SIGCONT)
	}
}

func (g *Guardian) signalAll(sig syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for pgid := range g.groups {
		_ = syscall.Kill(-pgid, sig) // it may have ended just now
	}
}
