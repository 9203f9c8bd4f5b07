package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// search looks for a generation at every address where it may answer. One
// goroutine per address asks; run decides.
type search struct {
	g       *Generation
	asking  sync.WaitGroup
	answers chan Target

	mu    sync.Mutex
	tried map[string]string // address → what happened there last
}

// run returns the app's target, or the error of ctx.
func (s *search) run(ctx context.Context) (Target, error) {
	if s.g.spec.Ready == Started {
		return s.g.expected(), sleep(ctx, startedAfter)
	}
	asking, cancel := context.WithCancel(ctx)
	target, err := s.first(asking)
	cancel()
	s.asking.Wait()
	if err == nil && strings.HasPrefix(string(s.g.spec.Ready), "/") {
		err = s.healthy(ctx, target)
	}
	return target, err
}

// first returns the first answer from an address that was given to the app, else
// the best one from its own. The goroutines it starts end with ctx.
func (s *search) first(ctx context.Context) (Target, error) {
	s.asking.Go(func() { s.askOwnPorts(ctx, s.askGiven(ctx)) })
	var notified <-chan struct{}
	if s.g.notify != nil {
		notified = s.g.notify.ready
	}
	var found []candidate
	var settled, enough <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return Target{}, ctx.Err()
		case <-notified:
			notified = nil
			settled, enough = time.After(settleNotified), time.After(settleNotified)
		case target := <-s.answers:
			if target.Via != ViaOwn || s.believed(target.Addr) {
				return target, nil
			}
			found = append(found, candidate{Target: target})
			settled = time.After(settleOwn)
			if enough == nil {
				enough = time.After(settleRefused)
			}
		case <-settled:
			best, missing := s.conclude(ctx, found)
			if !missing || s.complete(found) {
				return best, nil
			}
			settled = nil
		case <-enough:
			best, _ := s.conclude(ctx, found)
			return best, nil
		}
	}
}

// conclude chooses among the addresses that the app opened so far. Without any
// the app said READY=1 and is where it should be. missing is as in choose.
func (s *search) conclude(ctx context.Context, found []candidate) (best Target, missing bool) {
	if len(found) == 0 {
		return s.g.expected(), false
	}
	s.askForPage(ctx, found)
	return choose(found, s.g.spec.Known.Addr)
}

// believed reports whether an address of the app's own choice needs no
// comparison with others, because the previous generation was reached there.
func (s *search) believed(addr string) bool {
	known := s.g.spec.Known
	return addr == known.Addr && !known.Guess
}

// complete reports whether every address that the previous generation opened has
// answered, so that no better one is to be waited for.
func (s *search) complete(found []candidate) bool {
	known := s.g.spec.Known
	answered := func(addr string) bool {
		return slices.ContainsFunc(found, func(c candidate) bool { return c.Addr == addr })
	}
	return len(known.Others) > 0 && answered(known.Addr) &&
		!slices.ContainsFunc(known.Others, func(addr string) bool { return !answered(addr) })
}

// expected is where an app that does not show it should be: where the previous
// generation was found, else at the socket, else at PORT, else nowhere.
func (g *Generation) expected() Target {
	target := Target{Protocol: http1}
	switch {
	case len(g.sockets) > 0:
		target.Addr, target.Via = g.sockets[0].String(), ViaSocket
	case g.spec.Port != nil:
		target.Addr, target.Via = fmt.Sprintf("%s:%d", Host, g.spec.Port.Port()), ViaPort
	}
	if g.spec.Known.Via == target.Via {
		target.Protocol = g.spec.Known.Protocol
	}
	return target
}

// askGiven asks at the addresses that were given to the app and returns them.
func (s *search) askGiven(ctx context.Context) (asked map[string]bool) {
	asked = map[string]bool{}
	ask := func(via Via, addrs ...string) {
		for _, addr := range addrs {
			asked[addr] = true
		}
		s.asking.Go(func() { s.askAt(ctx, via, addrs...) })
	}
	for _, addr := range s.g.sockets {
		ask(ViaSocket, addr.String())
	}
	if port := s.g.spec.Port; port != nil { // "localhost" may be either
		ask(ViaPort, fmt.Sprintf("127.0.0.1:%d", port.Port()), fmt.Sprintf("[::1]:%d", port.Port()))
	}
	return asked
}

// askOwnPorts asks wherever else the process group listens.
func (s *search) askOwnPorts(ctx context.Context, asked map[string]bool) {
	for sleep(ctx, scanInterval) == nil {
		for _, local := range s.g.listensAt() {
			addr := dialable(local).String()
			if !asked[addr] {
				asked[addr] = true
				s.asking.Go(func() { s.askAt(ctx, ViaOwn, addr) })
			}
		}
	}
}

// askAt asks at the addresses of one place until one of them answers: in turn, so
// that a server which has both is not left in the middle of the second question.
func (s *search) askAt(ctx context.Context, via Via, addrs ...string) {
	pause := 2 * time.Millisecond
	for round := 0; ; round++ {
		addr := addrs[round%len(addrs)]
		target, err := s.question(ctx, via, addr)
		switch {
		case err == nil && target.Protocol == unknown:
			s.note(addr, via, "answered, but not in HTTP")
			return
		case err == nil:
			select {
			case s.answers <- target:
			case <-ctx.Done():
			}
			return
		case ctx.Err() != nil:
			return
		case errors.Is(err, errNoAnswer):
			pause = 50 * time.Millisecond // it listens and may log each of these
		}
		s.note(addr, via, briefly(err))
		if addr != addrs[len(addrs)-1] {
			continue
		}
		if sleep(ctx, pause) != nil {
			return
		}
		pause = min(pause*5/4, 10*time.Millisecond)
	}
}

// question asks once at one address what Spec.Ready says.
func (s *search) question(ctx context.Context, via Via, addr string) (Target, error) {
	expected := ""
	if s.g.spec.Known.Via == via {
		expected = s.g.spec.Known.Protocol
	}
	target := Target{Addr: addr, Via: via}
	s.note(addr, via, "no answer yet")
	if s.g.spec.Ready == TCP {
		conn, err := connect(ctx, addr)
		if err != nil {
			return Target{}, err
		}
		target.Protocol = cmp.Or(expected, http1)
		return target, conn.Close()
	}
	var err error
	target.Protocol, err = probe(ctx, addr, expected)
	if err == nil && target.Protocol == unknown && via != ViaOwn {
		target.Protocol = http1 // it is where it was asked to be; the proxy will tell
	}
	return target, err
}

func (s *search) note(addr string, via Via, outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried[fmt.Sprintf("%s (%s)", addr, via)] = outcome
}

// summary lists what was tried, in a fixed order.
func (s *search) summary() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for where, outcome := range s.tried {
		lines = append(lines, where+": "+outcome)
	}
	slices.Sort(lines)
	return lines
}
