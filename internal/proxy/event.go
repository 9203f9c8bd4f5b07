package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// EventKind says what an [Event] is about.
type EventKind string

const (
	NotInjected EventKind = "not injected" // an HTML document passed without the tag
	Refused     EventKind = "refused"      // the guard turned a request away
	NotServed   EventKind = "not served"   // a file that is there, but that browsers are not to have
	Unreachable EventKind = "unreachable"  // the app took no connection, or dropped one without an answer
)

// Event is something a person may want to know. The same event is reported once.
type Event struct {
	Kind    EventKind
	Request string // such as "GET /export"; never a query, which may hold secrets
	Reason  string
}

// Requests are written by anybody. These bounds keep what a flood of them costs
// to some kilobytes of memory and of terminal.
const (
	longestName   = 120 // bytes of what is told of a request, and of each text quoted from it
	longestReason = 400 // bytes
	mostReported  = 100 // events of each kind
)

// clip returns a copy of text that has at most limit bytes. It is a copy because
// a substring would keep the whole request in memory.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return strings.Clone(text)
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// quote is how a reason quotes a text of a request.
func quote(text string) string { return strconv.Quote(clip(text, longestName)) }

// nameOf names a request for people, without its query.
func nameOf(r *http.Request) string {
	if len(r.Method)+len(r.URL.Path) < longestName {
		return r.Method + " " + r.URL.Path
	}
	return clip(r.Method+" "+r.URL.Path, longestName)
}

// journal passes each event on once.
type journal struct {
	log func(Event)

	mu    sync.Mutex
	seen  map[Event]struct{}
	count map[EventKind]int // in seen
}

func newJournal(log func(Event)) journal {
	return journal{log: log, seen: make(map[Event]struct{}), count: make(map[EventKind]int)}
}

func (j *journal) report(ev Event) {
	if j.log == nil {
		return
	}
	ev.Request, ev.Reason = clip(ev.Request, longestName), clip(ev.Reason, longestReason)
	switch n := j.note(ev); {
	case n == 0:
	case n < mostReported:
		j.log(ev)
	case n == mostReported:
		j.log(Event{Kind: ev.Kind, Request: "further requests", Reason: "this is not reported any more"})
	}
}

// note returns how many events of its kind there are with ev, or 0 if there is
// nothing to report.
func (j *journal) note(ev Event) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, again := j.seen[ev]; again || j.count[ev.Kind] == mostReported {
		return 0
	}
	j.seen[ev] = struct{}{}
	j.count[ev.Kind]++
	return j.count[ev.Kind]
}
