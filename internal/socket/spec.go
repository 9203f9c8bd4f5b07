package socket

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// The types of a [Spec].
const (
	HTTP  = "http"
	HTTPS = "https"
	TCP   = "tcp"
	UDP   = "udp"
	Unix  = "unix"
)

// defaultHost is used where a spec gives a port alone: nothing becomes
// reachable from other machines unless somebody wrote so.
const defaultHost = "127.0.0.1"

// Spec describes a socket to open. It is written [NAME=][TYPE::]VALUE, where
// VALUE is a port, HOST:PORT, or the path of a unix socket:
//
//	http::3000    https::localhost:8443    api=tcp::[::1]:9000
//	udp::0        unix::/run/app.sock      3000    ./app.sock
//
// Without a type, a value with a slash is a unix socket and any other is tcp.
type Spec struct {
	Name    string // what LISTEN_FDNAMES calls it; the type unless given
	Type    string // HTTP, HTTPS, TCP, UDP or Unix
	Address string // host:port, or the path; port 0 lets the kernel choose
}

// SpecError says what is wrong with a spec.
type SpecError struct {
	Spec   string
	Reason string
}

func (e *SpecError) Error() string { return fmt.Sprintf("socket %q: %s", e.Spec, e.Reason) }

// Hint shows what would be right.
func (e *SpecError) Hint() string {
	return "write [NAME=][TYPE::]VALUE, such as http::3000, tcp::HOST:PORT, udp::PORT, unix::PATH or api=http::0"
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *SpecError) UserFault() bool { return true }

var (
	// A path cannot be mistaken for a name: a name has no slash.
	namedSpec = regexp.MustCompile(`^(?s)([A-Za-z0-9._-]+)=(.*)$`)
	// An IPv6 address cannot be mistaken for a type: it has no letter alone
	// before the first two colons, or stands in brackets.
	typedSpec = regexp.MustCompile(`^(?s)([A-Za-z]+)::(.*)$`)
)

// ParseSpec reads a spec. Errors are of type [*SpecError].
func ParseSpec(s string) (Spec, error) {
	spec, reason := parseSpec(s)
	if reason != "" {
		return Spec{}, &SpecError{Spec: s, Reason: reason}
	}
	return spec, nil
}

func parseSpec(s string) (spec Spec, wrong string) {
	value := s
	if m := namedSpec.FindStringSubmatch(value); m != nil {
		spec.Name, value = m[1], m[2]
	}
	m := typedSpec.FindStringSubmatch(value)
	switch {
	case m != nil:
		spec.Type, value = m[1], m[2]
	case strings.Contains(value, "/"):
		spec.Type = Unix
	default:
		spec.Type = TCP
	}
	if spec.Name == "" {
		spec.Name = spec.Type
	}
	if value == "" {
		return Spec{}, "nothing to listen on"
	}
	switch spec.Type {
	case HTTP, HTTPS, TCP, UDP:
		spec.Address, wrong = hostPort(value)
	case Unix:
		spec.Address = value
		if strings.ContainsRune(value, 0) {
			wrong = "the path contains a zero byte"
		}
	default:
		wrong = fmt.Sprintf("unknown type %q", spec.Type)
	}
	return spec, wrong
}

// hostPort completes a port or HOST:PORT.
func hostPort(value string) (addr, wrong string) {
	host, port := "", value
	if strings.Contains(value, ":") {
		var err error
		if host, port, err = net.SplitHostPort(value); err != nil {
			return "", "not HOST:PORT: an IPv6 address goes in brackets"
		}
	}
	switch host {
	case "":
		host = defaultHost
	case HTTP, HTTPS, TCP, UDP:
		return "", fmt.Sprintf("a type is followed by two colons: %s::%s", host, port)
	}
	if strings.ContainsAny(host, "/ \x00") {
		return "", fmt.Sprintf("%q is not a host", host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Sprintf("%q is not a port from 0 to 65535", port)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), ""
}

// String writes the spec so that ParseSpec reads the same.
func (s Spec) String() string {
	text := s.Type + "::" + s.Address
	if s.Name != s.Type {
		text = s.Name + "=" + text
	}
	return text
}

// network is what package net calls the type.
func (s Spec) network() string {
	switch s.Type {
	case HTTP, HTTPS:
		return TCP
	default:
		return s.Type
	}
}
