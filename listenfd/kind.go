package listenfd

import "strings"

// kind is what a socket turned out to be.
type kind struct {
	network   string // tcp4, tcp6, udp4, udp6, unix, unixgram, unixpacket
	listening bool
}

func (k kind) String() string {
	switch {
	case k.stream() && k.listening:
		return "a listening " + k.network + " socket"
	case k.stream():
		return "a " + k.network + " connection"
	default:
		return "a " + k.network + " socket"
	}
}

// stream reports whether such a socket must listen before it is of use.
func (k kind) stream() bool {
	return strings.HasPrefix(k.network, "tcp") || k.network == "unix" || k.network == "unixpacket"
}

// serves reports whether the socket can stand in for one that package net would
// open for network: "tcp" is served by tcp4 and tcp6, all others by themselves.
func (k kind) serves(network string) bool {
	if k.stream() && !k.listening {
		return false
	}
	if network == "tcp" || network == "udp" {
		return strings.TrimRight(k.network, "46") == network
	}
	return k.network == network
}
