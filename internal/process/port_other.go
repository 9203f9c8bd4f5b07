//go:build !linux

package process

import (
	"fmt"
	"net"
)

// ReservedPort is a loopback TCP port for the app. Here it is only chosen, not
// held: BSD sockets do not let a server bind over a held one, and on Windows the
// option that would is a way to steal a port.
type ReservedPort struct{ port int }

// ReservePort chooses a port that is free on 127.0.0.1.
func ReservePort() (*ReservedPort, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("choose a port on 127.0.0.1: %w", err)
	}
	defer ln.Close()
	return &ReservedPort{port: ln.Addr().(*net.TCPAddr).Port}, nil
}

// Port returns the number.
func (p *ReservedPort) Port() int { return p.port }

// Release does nothing here.
func (p *ReservedPort) Release() {}
