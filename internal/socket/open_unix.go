//go:build unix

package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxUnixPath is the kernel's limit, without the zero byte at the end.
const maxUnixPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// liveTimeout bounds the question whether somebody still answers at a path.
const liveTimeout = time.Second

// endpoint is a listener or a packet connection of package net.
type endpoint interface {
	syscall.Conn
	Close() error
}

func open(ctx context.Context, spec Spec, backlog int) (*Socket, error) {
	s := &Socket{Spec: spec}
	var bound endpoint
	var err error
	switch spec.network() {
	case TCP:
		bound, err = s.openTCP(ctx)
	case UDP:
		bound, err = s.openUDP(ctx)
	default:
		bound, err = s.openUnix(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer bound.Close() // the duplicate remains
	if backlog > 0 && spec.Type != UDP {
		err = control(bound, func(fd int) error { return unix.Listen(fd, backlog) })
	}
	if err == nil {
		s.File, err = duplicate(bound, spec.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", spec.Address, err)
	}
	return s, nil
}

func (s *Socket) openTCP(ctx context.Context) (endpoint, error) {
	var lc net.ListenConfig
	// Go's default is a multipath socket, which other programs know nothing of.
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(ctx, "tcp", s.Spec.Address)
	if err != nil {
		return nil, s.busy(err)
	}
	s.Addr = ln.Addr()
	return ln.(*net.TCPListener), nil
}

func (s *Socket) openUDP(ctx context.Context) (endpoint, error) {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp", s.Spec.Address)
	if err != nil {
		return nil, s.busy(err)
	}
	s.Addr = conn.LocalAddr()
	return conn.(*net.UDPConn), nil
}

func (s *Socket) busy(err error) error {
	if !addressBusy(err) {
		return err
	}
	return newBusyError(s.Spec.network(), s.Spec.Address, err)
}

// openUnix binds the path. Only if that fails does it look at what is there:
// the other order would leave a moment in between.
func (s *Socket) openUnix(ctx context.Context) (endpoint, error) {
	path := s.Spec.Address
	if len(path) > maxUnixPath {
		return nil, &PathError{Path: path, Reason: fmt.Sprintf("the path is %d bytes long, the limit is %d", len(path), maxUnixPath),
			hint: "use a shorter path, perhaps relative or in /tmp"}
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if addressBusy(err) {
		if err := removeStale(ctx, path, err); err != nil {
			return nil, err
		}
		ln, err = lc.Listen(ctx, "unix", path)
	}
	if err != nil {
		return nil, err
	}
	listener := ln.(*net.UnixListener)
	listener.SetUnlinkOnClose(false)
	s.Addr = ln.Addr()
	if !strings.HasPrefix(path, "@") { // an abstract name is no file
		if s.made, err = os.Lstat(path); err != nil {
			ln.Close()
			return nil, err
		}
	}
	return listener, nil
}

// removeStale removes the file of a unix socket that nobody listens on any
// more. Whatever else is at the path stays, and is an error.
func removeStale(ctx context.Context, path string, cause error) error {
	info, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.Mode().Type() != fs.ModeSocket {
		return &PathError{Path: path, Reason: "there is a file already, and it is not a socket", Err: cause, hint: "choose another path"}
	}
	dialer := net.Dialer{Timeout: liveTimeout}
	conn, dialErr := dialer.DialContext(ctx, "unix", path)
	if dialErr == nil {
		conn.Close()
	}
	switch {
	case errors.Is(dialErr, syscall.ECONNREFUSED):
		return os.Remove(path)
	case errors.Is(dialErr, fs.ErrNotExist):
		return nil // it went away meanwhile
	default: // also a full queue or a socket of another type
		return &PathError{Path: path, Reason: "address already in use", Err: cause,
			hint: "a living process listens there; stop it or choose another path"}
	}
}

// duplicate returns a file for the socket that blocks and does not survive an
// exec. The File methods of package net would do, but give the copy a mode
// that os/exec changes under the feet of whoever shares the socket.
func duplicate(socket syscall.Conn, name string) (file *os.File, err error) {
	err = control(socket, func(original int) error {
		fd, err := unix.FcntlInt(uintptr(original), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return os.NewSyscallError("dup", err)
		}
		if err := unix.SetNonblock(fd, false); err != nil {
			unix.Close(fd)
			return os.NewSyscallError("set blocking", err)
		}
		file = os.NewFile(uintptr(fd), name)
		return nil
	})
	return file, err
}

// control calls f with the descriptor of a socket.
func control(socket syscall.Conn, f func(fd int) error) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
