package main

import "net"

// everyNetwork reports whether an address to listen on is that of every network
// that this machine is in.
func everyNetwork(host string) bool { return net.ParseIP(host).IsUnspecified() }

// lanHosts are the addresses at which other machines reach this one, if it is
// listening on every network.
func lanHosts(listening string) []string {
	if !everyNetwork(listening) {
		return nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil // the banner says localhost then, which is true as well
	}
	return reachable(all)
}

// reachable leaves out what leads nowhere from elsewhere: loopback, and
// addresses that need the name of a network interface. Phones and people prefer
// IPv4; the rest of a machine's addresses change by the hour.
func reachable(all []net.Addr) []string {
	var hosts []string
	for _, addr := range all {
		if n, ok := addr.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			hosts = append(hosts, n.IP.String())
		}
	}
	return hosts
}
