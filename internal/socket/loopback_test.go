package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func closeAll(listeners []net.Listener) {
	for _, ln := range listeners {
		ln.Close()
	}
}

func listenLoopback(t *testing.T, port int, strict bool) ([]net.Listener, int) {
	t.Helper()
	listeners, chosen, err := ListenHosts(loopback(), port, strict)
	if err != nil {
		t.Fatalf("on the loopback: ListenHosts(%d, %v): %v", port, strict, err)
	}
	t.Cleanup(func() { closeAll(listeners) })
	return listeners, chosen
}

func loopback() []string { return []string{"127.0.0.1", "::1"} }

func haveIPv6() bool {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	ln.Close()
	return true
}

func TestListenLoopback(t *testing.T) {
	t.Parallel()
	listeners, port := listenLoopback(t, 0, true)
	want := 1
	if haveIPv6() {
		want = 2
	}
	if len(listeners) != want {
		t.Fatalf("%d listeners, want %d", len(listeners), want)
	}
	for _, ln := range listeners {
		addr := ln.Addr().(*net.TCPAddr)
		if !addr.IP.IsLoopback() || addr.Port != port {
			t.Errorf("listens on %v, want loopback, port %d", addr, port)
		}
		conn, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Errorf("dial: %v", err)
			continue
		}
		conn.Close()
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	holder := another(roleHold)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Wait()
	defer stdin.Close()
	var port int
	if _, err := fmt.Fscan(stdout, &port); err != nil {
		t.Fatal(err)
	}

	_, _, err = ListenHosts(loopback(), port, true)
	var busy *BusyError
	if !errors.As(err, &busy) {
		t.Fatalf("strict on a taken port: %v, want a BusyError", err)
	}
	if busy.Port != port || !addressBusy(err) {
		t.Errorf("got %+v, want port %d and the system's error", busy, port)
	}
	if runtime.GOOS == "linux" {
		name := filepath.Base(os.Args[0])
		if busy.PID != holder.Process.Pid || !strings.HasPrefix(name, busy.Holder) || busy.Holder == "" {
			t.Errorf("held by %q, process %d; want %q, process %d", busy.Holder, busy.PID, name, holder.Process.Pid)
		}
		if hint := busy.Hint(); !strings.Contains(hint, fmt.Sprintf("%s (pid %d)", busy.Holder, busy.PID)) {
			t.Errorf("hint %q does not name the holder", hint)
		}
	}

	_, next := listenLoopback(t, port, false)
	if next <= port || next >= port+portsTried {
		t.Errorf("not strict: port %d, want one soon after %d", next, port)
	}
}

// TestBusyInOneFamily is the case that a listener on 127.0.0.1 alone misses:
// whoever holds ::1 would get half of the browser's requests.
func TestBusyInOneFamily(t *testing.T) {
	t.Parallel()
	if !haveIPv6() {
		t.Skip("no IPv6 loopback")
	}
	squatter, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	port := portOf(squatter.Addr())
	listeners, _, err := ListenHosts(loopback(), port, true)
	closeAll(listeners)
	var busy *BusyError
	if !errors.As(err, &busy) || !strings.HasPrefix(busy.Addr, "[::1]:") {
		t.Fatalf("got %v, want a BusyError for [::1]", err)
	}
	// The half that was free must have been given back.
	ln, err := net.Listen("tcp", strings.Replace(busy.Addr, "[::1]", "127.0.0.1", 1))
	if err != nil {
		t.Fatalf("127.0.0.1 is still held: %v", err)
	}
	ln.Close()
}

func TestListenHostsRefuses(t *testing.T) {
	t.Parallel()
	for _, port := range []int{-1, 65536} {
		if listeners, _, err := ListenHosts(loopback(), port, false); err == nil {
			closeAll(listeners)
			t.Errorf("port %d: no error", port)
		}
	}
	if _, _, err := ListenHosts(nil, 0, false); err == nil {
		t.Error("no hosts: no error")
	}
	if _, _, err := ListenHosts([]string{"no such host.invalid"}, 0, false); err == nil {
		t.Error("a host that does not exist: no error")
	}
}
