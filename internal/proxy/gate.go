package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Why a request did not get through a gate.
var (
	errLeft = errors.New("the client left")
	errLate = errors.New("no app within the time")
	errFull = errors.New("too many requests wait")
	errDown = errors.New("no app")
)

// Gate stands in front of one app. It decides which generation takes a request,
// and how long the request waits for one. A new gate is shut. Its methods may be
// called from any goroutine, but replacements must follow one another.
type Gate struct {
	limits  limits
	fromApp func(client netip.AddrPort) bool

	mu      sync.Mutex
	current *upstream     // takes requests; nil while shut or failed
	retired []*upstream   // still have requests
	failed  bool          // waiting is pointless
	opened  bool          // there has been an app
	moved   chan struct{} // closed when current or failed changes
	waiting int
	served  uint64
	worst   time.Duration
}

type limits struct {
	documentWait, hold time.Duration
	waiting            int
}

func newGate(l limits, fromApp func(netip.AddrPort) bool) *Gate {
	return &Gate{
		limits: l, fromApp: fromApp, moved: make(chan struct{}),
	}
}

// Counts is what a gate has done and is doing.
type Counts struct {
	InFlight  int           // requests the app has, in all generations; streams apart
	Streams   int           // websockets and event streams
	Held      int           // requests that wait
	Served    uint64        // requests that the app has ended
	WorstHold time.Duration // the longest that a request waited before it got through
}

// Counts returns the counts of this moment.
func (g *Gate) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := Counts{Held: g.waiting, Served: g.served, WorstHold: g.worst}
	ups := g.retired
	if g.current != nil {
		ups = append(ups[:len(ups):len(ups)], g.current)
	}
	for _, up := range ups {
		c.InFlight += up.counted
		c.Streams += len(up.exchanges) - up.counted
	}
	return c
}

// Shut makes new requests wait until Open or Fail. The target keeps the requests
// it has until Drain.
func (g *Gate) Shut() { g.move(nil, false) }

// Open sends requests to t from now on, those that wait first of all. A target
// that had them so far keeps the ones it has, until Drain. A Target without
// an address is for projects that have no app: it answers 404 to everything.
func (g *Gate) Open(t Target) { g.move(newUpstream(t), false) }

// fail turns every request away, also those that wait: there is no app.
func (g *Gate) fail() { g.move(nil, true) }

func (g *Gate) move(to *upstream, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.current; old != nil {
		old.retireLocked()
		g.retired = append(g.retired, old)
	}
	g.current, g.failed = to, failed
	g.opened = g.opened || to != nil
	close(g.moved)
	g.moved = make(chan struct{})
}

// enter waits until x may pass the gate. It reads nothing of the request's body.
func (g *Gate) enter(x *exchange) error {
	moved, err := g.admit(x)
	if moved == nil || err != nil {
		return err
	}
	if g.admitOwn(x) {
		return nil
	}
	if !g.queue(1) {
		return errFull
	}
	defer g.queue(-1)

	start := time.Now()
	patience := time.NewTimer(g.patience(x))
	defer patience.Stop()
	for {
		select {
		case <-moved:
		case <-patience.C:
			return errLate
		case <-x.ctx.Done():
			return errLeft
		}
		// net/http notices that a client has left only after it has read the body.
		if clientLeft(x.ctx) {
			return errLeft
		}
		moved, err = g.admit(x)
		if moved == nil {
			g.noteHold(time.Since(start))
			return err
		}
	}
}

// admit gives x to the current upstream. If there is none yet, it returns a
// channel that is closed when there may be one.
func (g *Gate) admit(x *exchange) (moved <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.current != nil:
		g.current.joinLocked(x)
		return nil, nil
	case g.failed:
		return nil, errDown
	default:
		return g.moved, nil
	}
}

// admitOwn lets a request that the app itself sends through the shut gate, to the
// generation that is being drained. Otherwise a handler that calls its own public
// URL would wait for itself.
func (g *Gate) admitOwn(x *exchange) bool {
	g.mu.Lock()
	draining := len(g.retired) > 0
	g.mu.Unlock()
	if !draining || g.fromApp == nil {
		return false
	}
	client, err := netip.ParseAddrPort(x.request.RemoteAddr)
	if err != nil || !g.fromApp(client) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current != nil || len(g.retired) == 0 {
		return false
	}
	g.retired[len(g.retired)-1].joinLocked(x)
	return true
}

func (g *Gate) patience(x *exchange) time.Duration {
	// The status page reloads itself, and only a GET may be repeated.
	if x.document && x.request.Method == http.MethodGet {
		g.mu.Lock()
		defer g.mu.Unlock()
		if !g.opened {
			return 0 // a first build takes too long to show nothing meanwhile
		}
		return g.limits.documentWait
	}
	return g.limits.hold
}

func (g *Gate) queue(n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting+n > g.limits.waiting {
		return false
	}
	g.waiting += n
	return true
}

func (g *Gate) noteHold(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.worst = max(g.worst, d)
}

// Drained is what became of the requests that a replaced target had.
type Drained struct {
	Took    time.Duration
	Aborted []string // cut off, such as "GET /export"
	Streams int      // websockets and event streams that were closed cleanly
}

// abortWait is how long Drain waits until the requests that it cut off are gone.
// That does not depend on the app: each goroutine only has to run once.
const abortWait = time.Second

// Drain waits until the targets that Shut, Open or Fail replaced have no
// request left, at most limit. Then it closes their websockets, with 1012 at
// the end of a frame, and their event streams, so that their clients connect
// anew. Everything else is aborted so that its client can tell: by a
// connection reset, or a stream error in HTTP/2. When ctx ends first, nothing
// is closed and a later Drain goes on.
func (g *Gate) Drain(ctx context.Context, limit time.Duration) Drained {
	start := time.Now()
	g.mu.Lock()
	retired := g.retired
	g.mu.Unlock()

	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, up := range retired {
		select {
		case <-up.quiet:
		case <-waiting.Done():
		}
	}
	var d Drained
	if ctx.Err() == nil {
		g.finish(retired, &d)
	}
	d.Took = time.Since(start)
	return d
}

// finish ends everything that the retired upstreams still have.
func (g *Gate) finish(retired []*upstream, d *Drained) {
	g.mu.Lock()
	g.retired = append([]*upstream(nil), g.retired[len(retired):]...)
	var ending []*exchange
	for _, up := range retired {
		for x := range up.exchanges {
			ending = append(ending, x)
			if x.stream == nil {
				d.Aborted = append(d.Aborted, x.name)
			} else {
				d.Streams++
			}
		}
	}
	g.mu.Unlock()

	for _, x := range ending {
		x.end()
	}
	patience := time.NewTimer(abortWait)
	defer patience.Stop()
	for _, x := range ending {
		select {
		case <-x.left:
		case <-patience.C:
			patience.Reset(0)
		}
	}
	for _, up := range retired {
		up.close()
	}
}

// close drops idle connections; requests in flight are their callers' affair.
func (g *Gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, up := range g.retired {
		up.close()
	}
	if g.current != nil {
		g.current.close()
	}
}
