package process

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestParseTable(t *testing.T) {
	t.Parallel()
	// As a little-endian machine writes it, which all that run the tests are.
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 130 1 00000000c7d9e568 100 0 0 10 0
   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 131 1 0 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:A8B6 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 132 1 0
   3: 0100007F:0BB9 0
   4: xyz:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 133
`
	want := []socket{
		{netip.MustParseAddrPort("127.0.0.1:3000"), netip.MustParseAddrPort("0.0.0.0:0"), 130, true},
		{netip.MustParseAddrPort("[::1]:8080"), netip.MustParseAddrPort("[::]:0"), 131, true},
		{netip.MustParseAddrPort("127.0.0.1:43190"), netip.MustParseAddrPort("127.0.0.1:8080"), 132, false},
	}
	var got []socket
	parseTable(strings.NewReader(table), func(s socket) bool {
		got = append(got, s)
		return true
	})
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add("   0: 0100007F:0BB8 00000000:0000 0A 0:0 00:0 0 0 0 130 1")
	f.Add(" 0: 01:FFFFF 0 0A 0 0 0 0 0 1")
	f.Fuzz(func(t *testing.T, table string) {
		parseTable(strings.NewReader(table), func(s socket) bool {
			if !s.local.Addr().IsValid() {
				t.Errorf("invalid address from %q", table)
			}
			return true
		})
	})
}

// Both ways of asking the kernel must find the same.
func TestSocketTables(t *testing.T) {
	t.Parallel()
	held := func() map[uint64]bool { return groupSockets(syscall.Getpgrp()) }
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Skipf("no %s here: %v", addr, err)
		}
		defer ln.Close()
		want := ln.Addr().(*net.TCPAddr).AddrPort()
		isOurs := func(s socket) bool { return s.local == want && s.listening }
		sockets := listening()
		i := slices.IndexFunc(sockets, isOurs)
		if i < 0 {
			t.Fatalf("%v is not among the listeners", want)
		}
		listener := sockets[i]
		if !held()[listener.inode] {
			t.Errorf("socket %d of %v is not found in our own process group", listener.inode, want)
		}
		if fromTable := tableSockets(isOurs); !slices.Equal(fromTable, []socket{listener}) {
			t.Errorf("sock_diag: %v, /proc/net: %v", listener, fromTable)
		}

		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		local, remote := unmap(addrPort(conn.LocalAddr())), unmap(addrPort(conn.RemoteAddr()))
		inode, ok := connected(local, remote)
		if !ok || !held()[inode] {
			t.Errorf("the socket from %v to %v is not found: %d, %v", local, remote, inode, ok)
		}
		isConn := func(s socket) bool { return s.local == local && s.remote == remote && s.inode != 0 }
		if fromTable := tableSockets(isConn); len(fromTable) != 1 || fromTable[0].inode != inode {
			t.Errorf("sock_diag: %d, /proc/net: %v", inode, fromTable)
		}
		if inode, ok := connected(netip.AddrPortFrom(local.Addr(), 1), remote); ok {
			t.Errorf("found socket %d for a connection that does not exist", inode)
		}
	}
}

func tableSockets(match func(socket) bool) (found []socket) {
	for _, table := range tables() {
		readTable(table, func(s socket) bool {
			if match(s) {
				found = append(found, s)
			}
			return true
		})
	}
	return found
}

func FuzzDecodeAnswers(f *testing.F) {
	// One listener on 127.0.0.1:3000, the end, an error.
	listener, _ := binary.Append(nil, binary.NativeEndian, diagSocket{Family: 2, State: stateListen, ID: diagID{LocalPort: [2]byte{0x0b, 0xb8}, Local: [16]byte{127, 0, 0, 1}}, Inode: 130})
	f.Add(uint16(20), listener)
	f.Add(uint16(3), []byte{0, 0, 0, 0})
	f.Add(uint16(2), []byte{0xfe, 0xff, 0xff, 0xff})
	f.Add(uint16(2), []byte{})
	f.Fuzz(func(t *testing.T, kind uint16, data []byte) {
		header := syscall.NlMsghdr{Len: uint32(syscall.SizeofNlMsghdr + len(data)), Type: kind}
		datagram, err := binary.Append(nil, binary.NativeEndian, header)
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := decodeAnswers(append(datagram, data...))
		if err != nil && len(found) > 0 {
			t.Errorf("sockets and an error: %v, %v", found, err)
		}
	})
}

func BenchmarkListening(b *testing.B) {
	for b.Loop() {
		listening()
	}
}

// A browser on this machine, held at the gate.
func BenchmarkOwns(b *testing.B) {
	g := startApp(b, Spec{Port: newPort(b)}, "-listen", "port")
	conn, err := net.Dial("tcp", ready(b, g).Addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	client, server := addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	for b.Loop() {
		if g.Owns(client, server) {
			b.Fatal("our own connection counts as the app's")
		}
	}
}
