package listenfd

import (
	"errors"
	"fmt"
	"net"
)

// Listen returns the next inherited socket that listens on the network, and
// binds addr if there is none. Network and addr are those of [net.Listen].
//
// Call it once for each address, in the order of the sockets, or use
// [Files.Listen] of [Files.Named] to tell sockets apart.
func Listen(network, addr string) (net.Listener, error) {
	return Inherited().Listen(network, addr)
}

// ListenPacket is [Listen] for udp and unixgram sockets.
func ListenPacket(network, addr string) (net.PacketConn, error) {
	return Inherited().ListenPacket(network, addr)
}

// Listen returns the first socket in the list that listens on the network and
// is not taken; it binds addr if there is none. If that fails too, the error
// says why inherited sockets were not used.
func (f *Files) Listen(network, addr string) (net.Listener, error) {
	return first(f, network, addr, f.Listener, net.Listen)
}

// ListenPacket is [Files.Listen] for udp and unixgram sockets.
func (f *Files) ListenPacket(network, addr string) (net.PacketConn, error) {
	return first(f, network, addr, f.PacketConn, net.ListenPacket)
}

func first[T any](f *Files, network, addr string, take func(string, int) (T, error), bind func(string, string) (T, error)) (T, error) {
	for i := range f.slots {
		if v, err := take(network, i); err == nil {
			return v, nil
		}
	}
	v, err := bind(network, addr)
	if skipped := f.Skipped(); err != nil && len(skipped) > 0 {
		err = fmt.Errorf("%w (inherited sockets not used: %w)", err, errors.Join(skipped...))
	}
	return v, err
}
