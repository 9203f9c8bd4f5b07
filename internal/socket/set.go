package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/listenfd"
)

// Socket is an open socket, to be handed over.
type Socket struct {
	Spec Spec
	Addr net.Addr // where it is: port 0 is replaced by the kernel's choice
	// File holds it. It is close-on-exec, so os/exec passes it only where told
	// to, and blocking, which is what systemd passes and what programs that do
	// not set the mode themselves expect.
	File *os.File

	made os.FileInfo // the file of a unix socket; nil if there is none to remove
}

// String describes the socket for people: a URL where it can.
func (s *Socket) String() string {
	switch s.Spec.Type {
	case HTTP, HTTPS:
		return s.Spec.Type + "://" + s.Addr.String() + "/"
	default:
		return s.Spec.Type + " " + s.Addr.String()
	}
}

// Set is the sockets of one command, in the order in which they are passed:
// the first becomes descriptor 3.
type Set struct {
	Sockets []*Socket
}

// Open opens the sockets, all or none. backlog is how many connections may
// wait to be accepted; 0 is the system's maximum, which also caps it. Errors
// are of type [*BusyError] or [*PathError] where an address cannot be had. The
// caller closes the set.
func Open(ctx context.Context, specs []Spec, backlog int) (*Set, error) {
	if backlog < 0 {
		return nil, fmt.Errorf("backlog %d: want 1 or more, or 0 for the system's maximum", backlog)
	}
	set := &Set{}
	for _, spec := range specs {
		s, err := open(ctx, spec, backlog)
		if err != nil {
			set.Close()
			return nil, err
		}
		set.Sockets = append(set.Sockets, s)
	}
	return set, nil
}

// Close closes our copies and removes the files of unix sockets, unless
// another process has put its own there. Processes that hold a copy keep it.
func (s *Set) Close() error {
	var errs []error
	for _, socket := range s.Sockets {
		errs = append(errs, socket.File.Close())
		if socket.made == nil {
			continue
		}
		now, err := os.Lstat(socket.Spec.Address)
		if err == nil && os.SameFile(now, socket.made) {
			errs = append(errs, os.Remove(socket.Spec.Address))
		}
	}
	return errors.Join(errs...)
}

// Environ returns base with the variables that announce the set: LISTEN_FDS,
// LISTEN_FDNAMES and, unless pid is 0, LISTEN_PID. What an outer supervisor
// said about sockets of its own is left out.
func (s *Set) Environ(base []string, pid int) []string {
	var env []string
	for _, entry := range base {
		if !strings.HasPrefix(entry, "LISTEN_") {
			env = append(env, entry)
		}
	}
	names := make([]string, len(s.Sockets))
	for i, socket := range s.Sockets {
		names[i] = socket.Spec.Name
	}
	env = append(env,
		listenfd.EnvFDs+"="+strconv.Itoa(len(s.Sockets)),
		listenfd.EnvNames+"="+strings.Join(names, ":"))
	if pid != 0 {
		env = append(env, listenfd.EnvPID+"="+strconv.Itoa(pid))
	}
	return env
}

// PathError says why a unix socket cannot be at a path.
type PathError struct {
	Path   string
	Reason string
	hint   string
	Err    error // of the operating system; may be nil
}

func (e *PathError) Error() string { return fmt.Sprintf("listen %s: %s", e.Path, e.Reason) }

// Hint tells what to do about it.
func (e *PathError) Hint() string { return e.hint }

// Taken reports whether the path cannot be had.
func (e *PathError) Taken() bool { return true }

func (e *PathError) Unwrap() error { return e.Err }
