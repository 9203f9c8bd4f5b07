package process

import (
	"errors"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func TestReservedPort(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	port := strconv.Itoa(p.Port())
	for _, host := range []string{"127.0.0.1", "::1"} {
		if conn, err := net.Dial("tcp", net.JoinHostPort(host, port)); !errors.Is(err, syscall.ECONNREFUSED) {
			if err == nil {
				conn.Close()
			}
			t.Errorf("dial %s: %v, want refused", host, err)
		}
	}
	// Servers bind over it, again and again.
	for _, host := range []string{"127.0.0.1", "localhost", "::1", "", "0.0.0.0", "127.0.0.1"} {
		if err := eventually(t, func() error {
			ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
			if err == nil {
				ln.Close()
			}
			return err
		}); err != nil {
			t.Errorf("listen on %q over the reservation: %v", host, err)
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	const script = `import http.server, sys; http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler)`
	if err := eventually(t, func() error {
		return exec.Command(python, "-c", script, port).Run()
	}); err != nil {
		t.Errorf("python3 cannot bind over the reservation: %v", err)
	}
}

// eventually tries again for some seconds: any program of this machine may hold a
// free port for a moment, or come back for a number it had before.
func eventually(t *testing.T, try func() error) error {
	t.Helper()
	err := try()
	for limit := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(limit); {
		if sleepErr := sleep(t.Context(), 10*time.Millisecond); sleepErr != nil {
			return sleepErr
		}
		err = try()
	}
	return err
}

// Who asks for any free port must not be given a reserved one.
func TestReservedPortIsGivenToNobody(t *testing.T) {
	t.Parallel()
	reserved := map[int]bool{}
	for range 50 {
		reserved[newPort(t).Port()] = true
	}
	for range 2000 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if port := ln.Addr().(*net.TCPAddr).Port; reserved[port] {
			t.Errorf("port %d was given away", port)
		}
		ln.Close()
	}
}

func TestReleasedPortIsFree(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	strict := func() error { // a server that does not set SO_REUSEADDR
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer syscall.Close(fd)
		return syscall.Bind(fd, &syscall.SockaddrInet4{Port: p.Port(), Addr: [4]byte{127, 0, 0, 1}})
	}
	if err := strict(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("before Release: %v, want address in use", err)
	}
	p.Release()
	p.Release()
	if err := eventually(t, strict); err != nil {
		t.Errorf("after Release: %v", err)
	}
}
