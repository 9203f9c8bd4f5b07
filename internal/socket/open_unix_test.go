//go:build unix

package socket

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func mustParse(t *testing.T, texts ...string) []Spec {
	t.Helper()
	specs := make([]Spec, len(texts))
	for i, text := range texts {
		var err error
		if specs[i], err = ParseSpec(text); err != nil {
			t.Fatal(err)
		}
	}
	return specs
}

func mustOpen(t *testing.T, backlog int, texts ...string) *Set {
	t.Helper()
	set, err := Open(t.Context(), mustParse(t, texts...), backlog)
	if err != nil {
		t.Fatalf("Open(%q): %v", texts, err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

func TestOpenStates(t *testing.T) {
	t.Parallel()
	set := mustOpen(t, 0, "http::0", "udp::0", "unix::"+filepath.Join(t.TempDir(), "s"))
	for _, s := range set.Sockets {
		err := control(s.File, func(fd int) error {
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			if err != nil || flags&unix.O_NONBLOCK != 0 {
				t.Errorf("%v: flags %#x, %v; want blocking", s, flags, err)
			}
			flags, err = unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			if err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("%v: descriptor flags %#x, %v; want close-on-exec", s, flags, err)
			}
			if port, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT); s.Spec.Type != Unix && (err != nil || port != 0) {
				t.Errorf("%v: SO_REUSEPORT %d, %v", s, port, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if got := set.Sockets[0].String(); !strings.HasPrefix(got, "http://127.0.0.1:") || strings.HasSuffix(got, ":0/") {
		t.Errorf("described as %q, want the port that was chosen", got)
	}
}

func TestOpenAllOrNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	busy := mustOpen(t, 0, "http::0").Sockets[0].Addr.String()
	_, err := Open(t.Context(), mustParse(t, "unix::"+path, "http::"+busy), 0)
	var taken *BusyError
	if !errors.As(err, &taken) || taken.Addr != busy {
		t.Fatalf("got %v, want a BusyError for %s", err, busy)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the unix socket opened before is still there: %v", err)
	}
	if _, err := Open(t.Context(), nil, -1); err == nil {
		t.Error("a negative backlog: no error")
	}
}

func TestUnixSocketAlive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	owner, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	_, err = Open(t.Context(), mustParse(t, "unix::"+path), 0)
	var taken *PathError
	if !errors.As(err, &taken) || !addressBusy(err) || taken.Hint() == "" {
		t.Fatalf("got %v, want a PathError with a hint", err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the living socket was stolen: %v", err)
	}
	conn.Close()
}

func TestUnixSocketStale(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	set := mustOpen(t, 0, "unix::"+path)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the stale socket was not replaced: %v", err)
	}
	conn.Close()
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Close left the socket's file: %v", err)
	}
}

func TestCloseLeavesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	set := mustOpen(t, 0, "unix::"+path)
	// Kept under a second name, so that the new file cannot get its inode.
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	successor, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer successor.Close()
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("Close removed another's socket: %v", err)
	}
}

func TestUnixPathRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:                                "not a socket",
		"/tmp/" + strings.Repeat("x", 110):  "bytes long",
		"/no/such/directory/for/a/socket.s": "no such file",
	} {
		_, err := Open(t.Context(), mustParse(t, "unix::"+path), 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", path, err, want)
		}
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "precious" {
		t.Errorf("the file was touched: %q, %v", content, err)
	}
}

func TestUDPBusy(t *testing.T) {
	t.Parallel()
	addr := mustOpen(t, 0, "udp::0").Sockets[0].Addr.String()
	_, err := Open(t.Context(), mustParse(t, "udp::"+addr), 0)
	var taken *BusyError
	if !errors.As(err, &taken) || taken.Addr != addr {
		t.Errorf("got %v, want a BusyError for %s", err, addr)
	}
}

func TestEnviron(t *testing.T) {
	t.Parallel()
	set := &Set{Sockets: []*Socket{{Spec: Spec{Name: "http"}}, {Spec: Spec{Name: "admin"}}}}
	base := []string{"A=1", "LISTEN_FDS=9", "LISTEN_PID=1", "LISTEN_PIDFDID=2", "LISTENER=kept"}
	for pid, want := range map[int]string{
		0:  "A=1 LISTENER=kept LISTEN_FDS=2 LISTEN_FDNAMES=http:admin",
		42: "A=1 LISTENER=kept LISTEN_FDS=2 LISTEN_FDNAMES=http:admin LISTEN_PID=42",
	} {
		if got := strings.Join(set.Environ(base, pid), " "); got != want {
			t.Errorf("pid %d: %q, want %q", pid, got, want)
		}
	}
}
