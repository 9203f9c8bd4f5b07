package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

const (
	// portsTried is how far the search for a free port goes.
	portsTried = 100
	// pairsTried is how often a port of the kernel's choice may turn out to be
	// taken in the other address family.
	pairsTried = 20
)

// BusyError says that a port is taken.
type BusyError struct {
	Addr   string // host:port that could not be bound
	Port   int
	Holder string // name of the program that listens there, if it can be told
	PID    int    // its process; 0 if it cannot be told
	Err    error  // of the operating system
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("listen %s: address already in use", e.Addr)
}

// Hint tells what to do about it.
func (e *BusyError) Hint() string {
	switch e.PID {
	case 0:
		return "another program holds it; stop it or choose another port"
	case os.Getpid():
		return "it was asked for twice; choose another port for one of them"
	}
	return fmt.Sprintf("%s (pid %d) holds it; stop it or choose another port", e.Holder, e.PID)
}

// Taken reports whether somebody else holds what was asked for.
func (e *BusyError) Taken() bool { return true }

func (e *BusyError) Unwrap() error { return e.Err }

// AddressError says that an address is none of this machine's.
type AddressError struct {
	Addr string // host:port
	Err  error  // of the operating system
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("listen %s: no such address on this machine", e.Addr)
}

// Hint tells what to do about it.
func (e *AddressError) Hint() string {
	return "localhost serves this machine alone, 0.0.0.0 every network that it is in"
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *AddressError) UserFault() bool { return true }

func (e *AddressError) Unwrap() error { return e.Err }

func newBusyError(network, addr string, err error) *BusyError {
	busy := &BusyError{Addr: addr, Err: err}
	if _, port, err := net.SplitHostPort(addr); err == nil {
		busy.Port, _ = strconv.Atoi(port)
	}
	if network != TCP {
		return busy // Holder knows of TCP only
	}
	if name, pid, ok := Holder(busy.Port); ok {
		busy.Holder, busy.PID = name, pid
	}
	return busy
}

// ListenHosts listens on every host at the same port; on 127.0.0.1 and [::1], as
// browsers resolve localhost to either. Port 0 lets the kernel choose. If the port
// is taken on one of the hosts, a strict call fails with a [*BusyError], and any
// other takes the next port that is free on all. A host ::1 that the machine lacks
// is left out, unless it is the first. The caller closes the listeners.
func ListenHosts(hosts []string, port int, strict bool) (listeners []net.Listener, chosen int, err error) {
	if len(hosts) == 0 || port < 0 || port > 65535 {
		return nil, 0, fmt.Errorf("listen on %q at port %d: need a host and a port from 0 to 65535", hosts, port)
	}
	step, tries := 1, portsTried
	switch {
	case port == 0:
		step, tries = 0, pairsTried
	case strict:
		tries = 1
	}
	var first error
	for range tries {
		listeners, err = listenAll(hosts, port)
		if err == nil {
			return listeners, portOf(listeners[0].Addr()), nil
		}
		if first == nil {
			first = err
		}
		var busy *BusyError
		if port += step; !errors.As(err, &busy) || port > 65535 {
			break
		}
	}
	return nil, 0, first
}

// listenAll listens on every host at one port, or on none.
func listenAll(hosts []string, port int) (listeners []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, ln := range listeners {
				ln.Close()
			}
			listeners = nil
		}
	}()
	for _, host := range hosts {
		addr := net.JoinHostPort(host, strconv.Itoa(port))
		ln, err := net.Listen("tcp", addr)
		switch {
		case err == nil:
			listeners = append(listeners, ln)
			port = portOf(ln.Addr()) // what the kernel chose holds for the others
		case host == "::1" && len(listeners) > 0 && addressMissing(err):
		case addressBusy(err):
			return listeners, newBusyError(TCP, addr, err)
		case addressMissing(err):
			return listeners, &AddressError{Addr: addr, Err: err}
		default:
			return listeners, err
		}
	}
	return listeners, nil
}

func portOf(addr net.Addr) int {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
