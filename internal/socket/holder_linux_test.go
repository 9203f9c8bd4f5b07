package socket

import (
	"net"
	"slices"
	"testing"
)

func TestListeningInodes(t *testing.T) {
	t.Parallel()
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0BB8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0000000000000000 100 0 0 10 0
   3: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 444 1 0000000000000000 100 0 0 10 0
   4: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 555 1
   5: cut short`
	for port, want := range map[int][]string{
		3000: {"111", "333", "555"}, // not the connection
		80:   {"444"},
		0xB8: nil,
	} {
		if got := listeningInodes(table, port); !slices.Equal(got, want) {
			t.Errorf("port %d: inodes %q, want %q", port, got, want)
		}
	}
}

func TestHolderOfFreePort(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(ln.Addr())
	ln.Close()
	if name, pid, ok := Holder(port); ok {
		t.Errorf("Holder(%d) = %q, %d, though nobody listens", port, name, pid)
	}
}
