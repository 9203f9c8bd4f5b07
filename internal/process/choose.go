package process

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// candidate is an address of the app's own choice.
type candidate struct {
	Target
	status int // of the answer to a page; 0 if it was not asked, or said nothing in time
	asked  bool
}

// choose returns the best of the addresses an app opened, in that order: what a
// browser can open comes before a port for gRPC, one that has the page before
// one that refuses it, then the one that served the previous generation, and
// then the last, because main ends in the server that is meant. missing reports
// that not even the best has the page.
func choose(found []candidate, previous string) (best Target, missing bool) {
	compare := func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(preference(a.Protocol), preference(b.Protocol)),
			cmp.Compare(refusal(a.status), refusal(b.status)),
		)
	}
	chosen := found[0]
	for _, c := range found[1:] {
		if order := compare(c, chosen); order < 0 || order == 0 && chosen.Addr != previous {
			chosen = c
		}
	}
	best, missing = chosen.Target, refusal(chosen.status) > 0
	for _, c := range found {
		if c.Addr != best.Addr {
			best.Others = append(best.Others, c.Addr)
			best.Guess = best.Guess || compare(c, chosen) == 0
		}
	}
	slices.Sort(best.Others)
	return best, missing
}

func preference(protocol string) int {
	return slices.Index([]string{http1, https, h2c}, protocol)
}

// refusal returns how far an answer is from a page. A port for machines refuses a
// browser (401, 403, 405); one that answers 404 has nothing at the root at all. A
// port that says nothing in time may have the page.
func refusal(status int) int {
	switch {
	case status == http.StatusNotFound:
		return 2
	case status >= http.StatusBadRequest:
		return 1
	default:
		return 0
	}
}

// askForPage asks each candidate that was not asked before for the page that
// tells a site from a profiler: the health path, or the root. An app that need
// not speak HTTP is asked nothing.
func (s *search) askForPage(ctx context.Context, found []candidate) {
	if s.g.spec.Ready == TCP {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleRefused)
	defer cancel()
	path := "/"
	if strings.HasPrefix(string(s.g.spec.Ready), "/") {
		path = string(s.g.spec.Ready)
	}
	var asking sync.WaitGroup
	for i := range found {
		if c := &found[i]; !c.asked {
			c.asked = true
			asking.Go(func() {
				client := healthClient(c.Target)
				defer client.CloseIdleConnections()
				c.status, _ = statusOf(ctx, client, c.url(path)) // one without an answer may have the page
			})
		}
	}
	asking.Wait()
}

// Reconsider returns target with the addresses of the app's own choice on which
// it listens by now. A late one makes target a guess, which [Spec.Known] does not
// believe. The system tells who listens on Linux only.
func (g *Generation) Reconsider(target Target) Target {
	if target.Via != ViaOwn {
		return target
	}
	given := map[string]bool{target.Addr: true}
	for _, socket := range g.sockets {
		given[socket.String()] = true
	}
	others := slices.Clone(target.Others)
	for _, local := range g.listensAt() {
		own := dialable(local)
		onPort := g.spec.Port != nil && int(own.Port()) == g.spec.Port.Port()
		if addr := own.String(); !onPort && !given[addr] && !slices.Contains(others, addr) {
			others = append(others, addr)
			target.Guess = true
		}
	}
	slices.Sort(others)
	target.Others = others
	return target
}
