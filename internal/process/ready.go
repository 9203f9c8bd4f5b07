package process

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// startedAfter is how long a worker must run to count as started.
	startedAfter = 50 * time.Millisecond
	// scanInterval is how often a group is looked for at addresses of its own.
	scanInterval = 10 * time.Millisecond
	// settleOwn is how long an app has to open no further address of its own choice
	// before one is chosen: a profiler often listens just before the site does.
	settleOwn = 150 * time.Millisecond
	// settleRefused is how long a better address is waited for if all so far refuse
	// a page: a profiler does, with 404, but so do many APIs.
	settleRefused = 2 * time.Second
	// settleNotified is how long an app that said READY=1 is given to show its
	// protocol and address.
	settleNotified = 250 * time.Millisecond
)

// Ready waits until the app is ready by Spec.Ready and returns where it is. If the
// app ends first, Ready returns [ErrFinished] or an [*ExitError], after ReadyTimeout
// (from the start) a [*NotReadyError], and the error of ctx when that ends. The
// app runs on in each of these cases; stopping it is the caller's decision.
func (g *Generation) Ready(ctx context.Context) (Target, error) {
	// A timer, not a deadline: dialling would report that as a fault of the app.
	timeout := time.NewTimer(time.Until(g.since.Add(g.spec.ReadyTimeout)))
	defer timeout.Stop()
	searchCtx, cancel := context.WithCancel(ctx)
	s := &search{g: g, tried: map[string]string{}, answers: make(chan Target)}
	found := make(chan Target, 1)
	var searching sync.WaitGroup
	searching.Go(func() {
		if target, err := s.run(searchCtx); err == nil {
			found <- target
		}
	})
	defer searching.Wait()
	defer cancel()
	select {
	case target := <-found:
		if g.Exit() != nil { // a stranger answered, or it was its last word
			return Target{}, g.exitBeforeReady()
		}
		return target, nil
	case <-g.Done():
		return Target{}, g.exitBeforeReady()
	case <-ctx.Done():
		return Target{}, ctx.Err()
	case <-timeout.C:
	}
	return Target{}, &NotReadyError{
		Timeout:   g.spec.ReadyTimeout,
		Tried:     s.summary(),
		Listening: g.listensAt(),
		Tail:      g.Tail(),
	}
}

func (g *Generation) exitBeforeReady() error {
	exit := g.Exit()
	if exit.Code == 0 && !exit.Stopped {
		return ErrFinished
	}
	return exit
}

// listensAt returns where the process group listens, the passed sockets left out.
func (g *Generation) listensAt() []netip.AddrPort {
	opened := slices.DeleteFunc(listening(), func(s socket) bool { return g.baseline[s.inode] })
	if len(opened) == 0 {
		return nil // spares the walk through /proc
	}
	held := groupSockets(g.PID())
	var addrs []netip.AddrPort
	for _, s := range opened {
		if held[s.inode] {
			addrs = append(addrs, s.local)
		}
	}
	return addrs
}

func inodes(sockets []socket) map[uint64]bool {
	set := make(map[uint64]bool, len(sockets))
	for _, s := range sockets {
		set[s.inode] = true
	}
	return set
}

// sleep waits for d, or returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
