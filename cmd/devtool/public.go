package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/socket"
)

// passed are the sockets devtool itself was started with.
type passed struct {
	listeners []net.Listener
	skipped   []error // why others that were announced are not used
}

// public is where devtool is reached.
type public struct {
	listeners []net.Listener
	url       string
	others    []string          // further addresses of it
	port      uint16            // that devtool answers at
	direct    *devserver.Direct // where that is, if the app holds the public sockets
	remarks   []policy.Remark
}

// openPublic takes the sockets that were passed, else opens the public address.
// In direct mode it also opens one for devtool itself, at the next free port.
// devserver.Run closes the listeners.
func openPublic(s config.Server, from passed) (*public, error) {
	p, direct := &public{listeners: from.listeners}, s.Mode == "direct"
	for _, err := range from.skipped {
		p.remarks = append(p.remarks, policy.Remark{Text: err.Error()})
	}
	var port int
	if len(p.listeners) > 0 {
		port = p.adopted(s)
	} else {
		var err error
		if p.listeners, port, err = socket.ListenHosts(hosts(s.Host, direct), s.Port, s.StrictPort); err != nil {
			return nil, err
		}
		if s.Port != 0 && port != s.Port {
			p.remarks = append(p.remarks, policy.Remark{Text: fmt.Sprintf("port %d is taken; using %d", s.Port, port)})
		}
	}
	p.url, p.port = publicURL(scheme(s), s.Host, port), uint16(port)
	if addr, ok := p.listeners[0].Addr().(*net.TCPAddr); ok { // a passed one may be any
		for _, host := range lanHosts(addr.IP.String()) {
			p.others = append(p.others, publicURL(scheme(s), host, port))
		}
	}
	if !direct {
		return p, nil
	}
	beside, port, err := socket.ListenHosts(hosts(s.Host, false), min(port+1, 65535), false)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("a port for devtool beside the app's: %w", err), p.close())
	}
	p.port, p.direct = uint16(port), &devserver.Direct{Listeners: beside, URL: publicURL("http", s.Host, port)}
	return p, nil
}

// adopted settles for the port of the sockets that were passed.
func (p *public) adopted(s config.Server) (port int) {
	if addr, ok := p.listeners[0].Addr().(*net.TCPAddr); ok {
		port = addr.Port
	}
	if s.StrictPort && s.Port != 0 && s.Port != port {
		p.remarks = append(p.remarks, policy.Remark{
			Text: fmt.Sprintf("port %d is not used: a socket at port %d was passed to devtool", s.Port, port),
			Hint: "whoever started devtool chose it (LISTEN_FDS)",
		})
	}
	return port
}

func (p *public) close() error {
	var errs []error
	for _, ln := range p.listeners {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}

// hosts are the addresses to listen on: localhost is both loopbacks, because
// browsers try either. An app that is given the socket itself usually takes
// one, and clients of the other would wait for ever.
func hosts(host string, direct bool) []string {
	switch {
	case host != "" && host != "localhost":
		return []string{host}
	case direct:
		return []string{"127.0.0.1"}
	default:
		return []string{"127.0.0.1", "::1"}
	}
}

func scheme(s config.Server) string {
	if s.HTTPS || s.Cert != "" {
		return "https"
	}
	return "http"
}

func publicURL(scheme, host string, port int) string {
	if host == "" || everyNetwork(host) {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}
