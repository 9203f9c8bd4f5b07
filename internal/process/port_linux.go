package process

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// ReservedPort is a loopback TCP port kept for the app over all its generations.
// A socket is bound to it with SO_REUSEADDR and never listens: servers that set
// the same option, as nearly all do, bind over it; nobody else is given it; and a
// connection is refused while no app listens.
type ReservedPort struct {
	port int

	mu  sync.Mutex
	fds []int
}

// ReservePort reserves a free port on 127.0.0.1 and, where there is IPv6, on ::1,
// for apps that listen on "localhost".
func ReservePort() (*ReservedPort, error) {
	v4, err := bindLoopback(unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err != nil {
		return nil, fmt.Errorf("reserve a port on 127.0.0.1: %w", err)
	}
	name, err := unix.Getsockname(v4)
	if err != nil {
		unix.Close(v4)
		return nil, fmt.Errorf("reserve a port on 127.0.0.1: %w", err)
	}
	p := &ReservedPort{port: name.(*unix.SockaddrInet4).Port, fds: []int{v4}}
	v6, err := bindLoopback(unix.AF_INET6, &unix.SockaddrInet6{Port: p.port, Addr: [16]byte{15: 1}})
	if err == nil { // without IPv6, or with a stranger there, 127.0.0.1 must do
		p.fds = append(p.fds, v6)
	}
	return p, nil
}

func bindLoopback(family int, addr unix.Sockaddr) (fd int, err error) {
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil && family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, addr)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Port returns the number, also after Release.
func (p *ReservedPort) Port() int { return p.port }

// Release gives the reservation up: at the end of the run, or for an app that
// reports the port in use because its server does not set SO_REUSEADDR.
func (p *ReservedPort) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fd := range p.fds {
		unix.Close(fd)
	}
	p.fds = nil
}
