package proxy

import "sync"

// EventKind says what an [Event] is about.
type EventKind string

const (
	NotInjected EventKind = "not injected" // an HTML document passed without the tag
	Refused     EventKind = "refused"      // the security gate turned a request away
	Unreachable EventKind = "unreachable"  // the app took no connection, or dropped one without an answer
)

// Event is something a person may want to know. The same event is reported once.
type Event struct {
	Kind    EventKind
	Request string // such as "GET /export"; never a query, which may hold secrets
	Reason  string
}

// maxReported bounds the memory of journal: paths are chosen by clients.
const maxReported = 1000

// journal passes each event on once.
type journal struct {
	log func(Event)

	mu   sync.Mutex
	seen map[Event]struct{}
}

func (j *journal) report(ev Event) {
	if j.log == nil {
		return
	}
	j.mu.Lock()
	_, again := j.seen[ev]
	silent := again || len(j.seen) >= maxReported
	if !silent {
		j.seen[ev] = struct{}{}
	}
	j.mu.Unlock()
	if !silent {
		j.log(ev)
	}
}
