package listenfd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// ErrNone says that there is no inherited socket of the index or name asked
// for, or that it was taken before.
var ErrNone = errors.New("no such inherited socket")

// Files is a list of inherited descriptors. Each can be taken once; whoever
// takes one owns it. Methods may be called from several goroutines.
type Files struct {
	slots   []*slot
	refused error // why the whole claim was not believed
}

// slot is the place of one inherited descriptor.
type slot struct {
	fd   int
	name string

	mu    sync.Mutex
	err   error // why it cannot be used; fixed at the start
	kind  kind  // zero for what is not a socket
	taken bool
}

// inherited is a process-wide value because descriptors are: the environment
// may be believed once only, before anybody else opens a descriptor by the
// same number.
var inherited = sync.OnceValue(func() *Files {
	files := adopt(os.Getenv, os.Getpid())
	for _, name := range variables() {
		os.Unsetenv(name)
	}
	return files
})

// Inherited returns the descriptors this process was started with; every call
// returns the same list. The first call takes the LISTEN_* variables out of
// the environment and marks the sockets close-on-exec, so make it before
// starting other programs.
func Inherited() *Files { return inherited() }

func adopt(getenv func(string) string, pid int) *Files {
	claim, err := parseEnv(getenv, pid)
	files := &Files{refused: err}
	for i, name := range claim.names {
		s := &slot{fd: claim.first + i, name: name}
		s.kind, s.err = adoptFD(s.fd)
		files.slots = append(files.slots, s)
	}
	return files
}

// Len returns how many descriptors were passed, usable or not, taken or not:
// valid indexes are below it.
func (f *Files) Len() int { return len(f.slots) }

// Names returns the name of each descriptor; one without is "unknown".
func (f *Files) Names() []string {
	names := make([]string, len(f.slots))
	for i, s := range f.slots {
		names[i] = s.name
	}
	return names
}

// Named returns the descriptors of that name, in their order, indexed from 0.
// Taking one from it takes it from the whole.
func (f *Files) Named(name string) *Files {
	named := &Files{refused: f.refused}
	for _, s := range f.slots {
		if s.name == name {
			named.slots = append(named.slots, s)
		}
	}
	return named
}

// Skipped returns why descriptors that the environment claims are not used.
// It is empty when nothing was passed and when all is well; otherwise worth a
// line in the log.
func (f *Files) Skipped() []error {
	var reasons []error
	if f.refused != nil {
		reasons = append(reasons, f.refused)
	}
	for _, s := range f.slots {
		if s.err != nil {
			reasons = append(reasons, s.err)
		}
	}
	return reasons
}

// Listener takes socket i, which must be a listening one of the network: tcp,
// tcp4, tcp6, unix or unixpacket. The error wraps [ErrNone] if there is none.
// A socket of another type stays where it is. Closing the listener of a unix
// socket leaves its file: the one who made it removes it.
func (f *Files) Listener(network string, i int) (net.Listener, error) {
	return take(f, network, i, net.FileListener)
}

// PacketConn takes socket i, which must be of the network: udp, udp4, udp6 or
// unixgram. The error wraps [ErrNone] if there is none.
func (f *Files) PacketConn(network string, i int) (net.PacketConn, error) {
	return take(f, network, i, net.FilePacketConn)
}

// File takes descriptor i as it is, socket or not: a pipe, a device or a
// connection, for instance. It is marked close-on-exec. The error wraps
// [ErrNone] if there is none.
func (f *Files) File(i int) (*os.File, error) {
	s, err := f.slot(i)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var notSocket *notSocketError
	switch {
	case s.taken:
		return nil, fmt.Errorf("inherited fd %d (%s): %w: already taken", s.fd, s.name, ErrNone)
	case s.err != nil && !errors.As(s.err, &notSocket):
		return nil, s.err
	}
	s.taken = true
	return s.open(), nil
}

// Close closes the descriptors that nobody took. A port whose socket is
// inherited but not taken stays open, and its clients wait for ever.
func (f *Files) Close() error {
	var errs []error
	for i := range f.slots {
		if file, err := f.File(i); err == nil { // else it is taken, or not ours
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

func (f *Files) slot(i int) (*slot, error) {
	if f.refused != nil {
		return nil, fmt.Errorf("inherited socket %d: %w: %w", i, ErrNone, f.refused)
	}
	if i < 0 || i >= len(f.slots) {
		return nil, fmt.Errorf("inherited socket %d of %d: %w", i, len(f.slots), ErrNone)
	}
	return f.slots[i], nil
}

// take turns descriptor i into what package net makes of it. net duplicates
// the descriptor, so ours is closed.
func take[T any](f *Files, network string, i int, adopt func(*os.File) (T, error)) (T, error) {
	var none T
	s, err := f.slot(i)
	if err != nil {
		return none, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.taken:
		return none, fmt.Errorf("inherited fd %d (%s): %w: already taken", s.fd, s.name, ErrNone)
	case s.err != nil:
		return none, s.err
	case !s.kind.serves(network):
		return none, fmt.Errorf("inherited fd %d (%s) is %v, not one for %s", s.fd, s.name, s.kind, network)
	}
	s.taken = true
	file := s.open()
	defer file.Close()
	v, err := adopt(file)
	if err != nil {
		return none, fmt.Errorf("inherited fd %d (%s): %w", s.fd, s.name, err)
	}
	return v, nil
}

func (s *slot) open() *os.File {
	closeOnExec(s.fd)
	return os.NewFile(uintptr(s.fd), s.name)
}

// notSocketError is the reason for a descriptor that only [Files.File] gives.
type notSocketError struct {
	fd   int
	what string
}

func (e *notSocketError) Error() string {
	return fmt.Sprintf("inherited fd %d is %s, not a socket", e.fd, e.what)
}
