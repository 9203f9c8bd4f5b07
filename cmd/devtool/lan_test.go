package main

import (
	"net"
	"slices"
	"testing"
)

func TestReachable(t *testing.T) {
	t.Parallel()
	var all []net.Addr
	for _, text := range []string{"127.0.0.1/8", "::1/128", "192.168.1.7/24", "169.254.3.4/16", "fe80::1/64", "10.0.0.3/8", "fd00::2/64"} {
		ip, network, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	if got, want := reachable(all), []string{"192.168.1.7", "10.0.0.3"}; !slices.Equal(got, want) {
		t.Errorf("reachable = %q, want %q", got, want)
	}
	for _, host := range []string{"", "localhost", "127.0.0.1", "192.168.1.7"} {
		if got := lanHosts(host); got != nil {
			t.Errorf("listening on %q, lanHosts = %q", host, got)
		}
	}
}
