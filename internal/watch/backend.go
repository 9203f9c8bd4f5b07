package watch

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// backend reports changes in single directories, not below them. Only the tree's
// goroutine calls Add and Remove. Every change in a directory after Add has
// returned leads to a hint in the sink.
type backend interface {
	Add(dir string) error
	Remove(dir string)
	Close() // waits for the backend's goroutines
}

// defaultPoll is how often directories without events are listed.
const defaultPoll = 500 * time.Millisecond

// mixed uses events where it can and polls the other directories: those on
// filesystems that other machines write to, and those beyond the system's limit
// of watches.
type mixed struct {
	events backend // nil where none could be opened, or polling is forced
	poll   *poller
	notice func(Notice)
	kinds  map[uint64]string // device → name of its filesystem if that raises no events
	said   map[string]bool   // notices that were given
	// pollAll says to poll every directory as well, because events proved
	// unreliable.
	pollAll bool
}

// openMixed makes a poller, and opens the event backend if open is not nil.
func openMixed(open func(sink) (backend, error), s sink, every time.Duration, notice func(Notice)) *mixed {
	if every <= 0 {
		every = defaultPoll
	}
	m := &mixed{
		poll:   newPoller(s, every),
		notice: notice,
		kinds:  make(map[uint64]string),
		said:   make(map[string]bool),
	}
	if open == nil {
		return m
	}
	events, err := open(s)
	if err != nil {
		m.once(Notice{Text: fmt.Sprintf("no file events (%v); polling instead", err), Hint: limitHint(err)})
		return m
	}
	m.events = events
	return m
}

// add watches dir, which lies on the given device.
func (m *mixed) add(dir string, device uint64) error {
	if m.events == nil {
		return m.poll.Add(dir)
	}
	err := m.events.Add(dir)
	if err != nil && isLimit(err) {
		m.once(Notice{
			Text: fmt.Sprintf("the system's limit of watches is reached (%v); polling the other directories", err),
			Hint: limitHint(err),
		})
		return m.poll.Add(dir)
	}
	if err == nil && (m.pollAll || m.silent(dir, device)) {
		// Writes by this machine still raise events, so both are useful.
		return m.poll.Add(dir)
	}
	return err
}

// silent reports whether others can write to dir's filesystem without raising
// events here.
func (m *mixed) silent(dir string, device uint64) bool {
	kind, known := m.kinds[device]
	if !known {
		kind = silentFilesystem(dir)
		m.kinds[device] = kind
	}
	if kind == "" {
		return false
	}
	m.once(Notice{
		Text: fmt.Sprintf("%s is on %s, where changes made elsewhere raise no events; polling it", dir, kind),
		Hint: "keep the sources on a local filesystem for faster reactions",
	})
	return true
}

func (m *mixed) Remove(dir string) {
	if m.events != nil {
		m.events.Remove(dir)
	}
	m.poll.Remove(dir)
}

func (m *mixed) Close() {
	if m.events != nil {
		m.events.Close()
	}
	m.poll.Close()
}

// polls reports whether some directory is polled.
func (m *mixed) polls() bool { return m.poll.count() > 0 }

// once gives a notice the first time it arises.
func (m *mixed) once(n Notice) {
	if m.said[n.Hint] {
		return
	}
	m.said[n.Hint] = true
	m.notice(n)
}

// isLimit reports whether err means that watches or descriptors ran out.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// SilentFilesystem names the filesystem of dir if changes made elsewhere raise
// no events on it, so that it is polled, and returns "" otherwise.
func SilentFilesystem(dir string) string { return silentFilesystem(dir) }
