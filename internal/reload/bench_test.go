package reload

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/routes"
)

// BenchmarkTabs sends an update to 1,000 tabs, and reports how much memory a
// silent tab takes. The tabs' ends are bare sockets, which add no more than a
// few hundred bytes each.
func BenchmarkTabs(b *testing.B) {
	const tabs = 1000
	h := New(Options{Token: token})
	server := httptest.NewServer(h.Handler())
	defer server.Close()
	before := inUse()
	for range tabs {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %sws?token=%s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", routes.Prefix, token, protocol)
		// One byte at a time, so that no frame is swallowed with the answer.
		for last := [4]byte{}; string(last[:]) != "\r\n\r\n"; {
			copy(last[:], last[1:])
			if _, err := conn.Read(last[3:]); err != nil {
				b.Fatal(err)
			}
		}
		hello := []byte(`{"type":"hello"}`)
		frame := append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...) // masked with zeros
		if _, err := conn.Write(frame); err != nil {
			b.Fatal(err)
		}
		go io.Copy(io.Discard, conn)
	}
	for deadline := time.Now().Add(patience); h.Clients() < tabs; runtime.Gosched() {
		if time.Now().After(deadline) {
			b.Fatalf("only %d tabs joined", h.Clients())
		}
	}
	perTab := float64(inUse()-before) / tabs / 1024
	build := 0
	for b.Loop() {
		build++
		h.Update(Update{Build: build, Reload: true})
	}
	b.ReportMetric(perTab, "KiB/tab")
	if err := h.Close(context.Background()); err != nil {
		b.Error(err)
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
