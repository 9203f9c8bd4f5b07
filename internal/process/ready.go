package process

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// startedAfter tells a worker that runs from one that fails at once.
	startedAfter = 50 * time.Millisecond
	// scanInterval is how often a group is looked for at addresses of its own.
	scanInterval = 10 * time.Millisecond
	// settleOwnPort is how long an address of the app's own choice must be the only
	// one: a profiler's port often opens just before the port that is meant.
	settleOwnPort = 150 * time.Millisecond
	// settleNotified is how long an app that said READY=1 is given to show its
	// protocol and address.
	settleNotified = 250 * time.Millisecond
)

// The values of Target.Via.
const (
	viaSocket  = "socket"
	viaPort    = "PORT"
	viaOwnPort = "own port"
)

// Ready waits until the app is ready by Spec.Ready, and tells where. If the app
// ends first it returns [ErrFinished] or an [*ExitError], after ReadyTimeout
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
	best := Target{}
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return Target{}, ctx.Err()
		case <-notified:
			notified = nil
			if best == (Target{}) {
				best = s.g.expected()
			}
			if settled == nil {
				settled = time.After(settleNotified)
			}
		case <-settled:
			return best, nil
		case target := <-s.answers:
			if target.Via != viaOwnPort || target.Addr == s.g.spec.Known.Addr {
				return target, nil
			}
			if best.Via != viaOwnPort || preference(target) < preference(best) {
				best = target
			}
			if settled == nil {
				settled = time.After(settleOwnPort)
			}
		}
	}
}

// preference orders addresses of the app's own choice: what a browser can open
// comes before a port for gRPC.
func preference(t Target) int {
	return slices.Index([]string{http1, https, h2c}, t.Protocol)
}

// expected is where an app that does not show it should be: where the previous
// generation was found, else at the socket, else at PORT, else nowhere.
func (g *Generation) expected() Target {
	target := Target{Protocol: http1}
	switch {
	case len(g.sockets) > 0:
		target.Addr, target.Via = g.sockets[0].String(), viaSocket
	case g.spec.Port != nil:
		target.Addr, target.Via = fmt.Sprintf("%s:%d", Host, g.spec.Port.Port()), viaPort
	}
	if g.spec.Known.Via == target.Via {
		target.Protocol = g.spec.Known.Protocol
	}
	return target
}

// askGiven asks at the addresses that were given to the app and returns them.
func (s *search) askGiven(ctx context.Context) (asked map[string]bool) {
	asked = map[string]bool{}
	ask := func(via string, addrs ...string) {
		for _, addr := range addrs {
			asked[addr] = true
		}
		s.asking.Go(func() { s.askAt(ctx, via, addrs...) })
	}
	for _, addr := range s.g.sockets {
		ask(viaSocket, addr.String())
	}
	if port := s.g.spec.Port; port != nil { // which some open on what "localhost" is first
		ask(viaPort, fmt.Sprintf("127.0.0.1:%d", port.Port()), fmt.Sprintf("[::1]:%d", port.Port()))
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
				s.asking.Go(func() { s.askAt(ctx, viaOwnPort, addr) })
			}
		}
	}
}

// askAt asks at the addresses of one place until one of them answers: in turn, so
// that a server which has both is not left in the middle of the second question.
func (s *search) askAt(ctx context.Context, via string, addrs ...string) {
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
func (s *search) question(ctx context.Context, via, addr string) (Target, error) {
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
		target.Protocol = orDefault(expected, http1)
		return target, conn.Close()
	}
	var err error
	target.Protocol, err = probe(ctx, addr, expected)
	if err == nil && target.Protocol == unknown && via != viaOwnPort {
		target.Protocol = http1 // it is where it was asked to be; the proxy will tell
	}
	return target, err
}

// healthy requests the health path until it answers 2xx or 3xx.
func (s *search) healthy(ctx context.Context, target Target) error {
	client, url := healthClient(target), "http://"+target.Addr+string(s.g.spec.Ready)
	if target.Protocol == https {
		url = "https" + strings.TrimPrefix(url, "http")
	}
	defer client.CloseIdleConnections()
	for pause := 2 * time.Millisecond; ; pause = min(pause*5/4, 50*time.Millisecond) {
		status, err := statusOf(ctx, client, url)
		switch {
		case err == nil && status >= 200 && status < 400:
			return nil
		case err == nil:
			s.note(target.Addr, target.Via, fmt.Sprintf("GET %s answered %d", s.g.spec.Ready, status))
		case ctx.Err() == nil:
			s.note(target.Addr, target.Via, fmt.Sprintf("GET %s: %s", s.g.spec.Ready, briefly(err)))
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func healthClient(target Target) *http.Client {
	transport := &http.Transport{
		Protocols:       new(http.Protocols),
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // self-made certificates on loopback
	}
	transport.Protocols.SetHTTP1(target.Protocol != h2c)
	transport.Protocols.SetUnencryptedHTTP2(target.Protocol == h2c)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func statusOf(ctx context.Context, client *http.Client, url string) (int, error) {
	// A handler that hangs while the app boots is asked again.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func (s *search) note(addr, via, outcome string) {
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
