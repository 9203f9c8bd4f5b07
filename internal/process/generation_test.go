//go:build unix

package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// told is what /env of testdata/app answers.
type told struct {
	PID  int
	Args []string
	Env  []string
}

func (v told) env(name string) string {
	for _, entry := range v.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func askEnv(t *testing.T, target Target) (v told) {
	t.Helper()
	response, err := http.Get("http://" + target.Addr + "/env")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return v
}

func TestAppIsTold(t *testing.T) {
	t.Parallel()
	port := newPort(t)
	g := startApp(t, Spec{
		Port: port, Socket: true, Build: 12, URL: "http://localhost:3000", Manifest: "/tmp/manifest.json",
		Base: []string{"LISTEN_FDS=7", "LISTEN_PID=1", "LISTEN_FDS_FIRST_FD=9", "NOTIFY_SOCKET=/nowhere"},
		Env:  []string{"OWN_PORT=${PORT}"},
	}, "-listen", "socket", "-print", "${HOST}:${PORT}\n")
	defer g.Stop(t.Context())
	got := askEnv(t, ready(t, g))

	if got.PID != g.PID() {
		t.Errorf("pid %d, want %d: the shim must become the app", got.PID, g.PID())
	}
	address := fmt.Sprintf("127.0.0.1:%d", port.Port())
	if want := []string{"-listen", "socket", "-print", address + "\n"}; !slices.Equal(got.Args, want) {
		t.Errorf("args %q, want %q", got.Args, want)
	}
	for name, want := range map[string]string{
		"LISTEN_FDS": "1", "LISTEN_PID": fmt.Sprint(g.PID()), "LISTEN_FDNAMES": "http", "LISTEN_FDS_FIRST_FD": "",
		"HOST": "127.0.0.1", "PORT": fmt.Sprint(port.Port()), "OWN_PORT": fmt.Sprint(port.Port()),
		"DEV_MODE": "1", "DEVTOOL_BUILD": "12", "DEVTOOL_URL": "http://localhost:3000", "DEVTOOL_MANIFEST": "/tmp/manifest.json",
		"NOTIFY_SOCKET": g.notify.path,
	} {
		if got := got.env(name); got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
}

// An app gets its three streams and the socket, and nothing else of ours.
func TestNothingElseIsInherited(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	out := newOutput()
	g, err := Start(t.Context(), Spec{
		Guardian: newGuardian(t), Path: "sh", Args: []string{"-c", "echo up; exec sleep 1000"},
		Socket: true, Port: newPort(t), Stdout: out, Stderr: newOutput(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(t.Context())
	out.await(t, "up") // and no longer the shim
	got := openFiles(g.PID())
	// What we were started with ourselves is not of our making.
	for fd, link := range startedWith {
		if fd > 3 && got[fd] == link {
			delete(got, fd)
		}
	}
	for fd, want := range map[int]string{0: "/dev/null", 1: "pipe:", 2: "pipe:", 3: "socket:"} {
		if !strings.HasPrefix(got[fd], want) {
			t.Errorf("file descriptor %d is %q, want %q", fd, got[fd], want)
		}
		delete(got, fd)
	}
	if len(got) > 0 {
		t.Errorf("inherited besides: %v", got)
	}
}

// Our copy of the socket must be gone: else connections to a dead app would wait.
func TestCrashedAppRefuses(t *testing.T) {
	t.Parallel()
	g := startApp(t, Spec{Socket: true}, "-listen", "socket")
	target := ready(t, g)
	if err := g.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitDone(t, g.Done())
	if got := g.Exit(); got.Signal != "killed" || got.Code != -1 || got.Stopped {
		t.Errorf("exit %+v, want killed", *got)
	}
	if conn, err := net.Dial("tcp", target.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			conn.Close()
		}
		t.Errorf("dial: %v, want refused", err)
	}
}

// In direct mode every generation gets the same socket, which must stay usable here.
func TestInheritedSocketOutlivesGenerations(t *testing.T) {
	t.Parallel()
	guardian, ln := newGuardian(t), listen(t)
	seen := map[int]bool{}
	for range 3 {
		g := startApp(t, Spec{Guardian: guardian, Inherit: []Inherited{{Name: "public", Conn: ln}}}, "-listen", "socket")
		target := ready(t, g)
		if target.Addr != ln.Addr().String() || target.Via != ViaSocket {
			t.Errorf("target %+v, want %v", target, ln.Addr())
		}
		got := askEnv(t, target)
		if got.env("LISTEN_FDNAMES") != "public" {
			t.Errorf("LISTEN_FDNAMES=%q", got.env("LISTEN_FDNAMES"))
		}
		seen[got.PID] = true
		g.Stop(t.Context())
	}
	if len(seen) != 3 {
		t.Errorf("%d processes answered, want 3", len(seen))
	}
	raw, err := ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("flags %#x, %v: O_NONBLOCK is gone, Accept would block", flags, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name   string
		ctx    context.Context
		args   []string
		limit  time.Duration
		before func(*Generation) error
		forced bool
		signal string
	}{
		{name: "by SIGTERM", ctx: t.Context(), limit: time.Hour, signal: "terminated"},
		{name: "by SIGKILL in the end", ctx: t.Context(), args: []string{"-ignore-term"}, limit: 50 * time.Millisecond, forced: true, signal: "killed"},
		{name: "by SIGKILL in haste", ctx: cancelled, args: []string{"-ignore-term"}, limit: time.Hour, forced: true, signal: "killed"},
		{name: "while suspended", ctx: t.Context(), limit: time.Hour, signal: "terminated",
			before: func(g *Generation) error { return g.Signal(syscall.SIGSTOP) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := newOutput()
			g := startApp(t, Spec{Guardian: guardian, Port: newPort(t), Stdout: out, StopTimeout: test.limit},
				append(test.args, "-listen", "port", "-child", stubborn)...)
			ready(t, g)
			grandchild := watchExit(t, out.awaitPID(t, `(?m)^stubborn (\d+)$`))
			if test.before != nil {
				if err := test.before(g); err != nil {
					t.Fatal(err)
				}
			}
			if got := g.Stop(test.ctx); got != test.forced {
				t.Errorf("forced is %v, want %v", got, test.forced)
			}
			waitDone(t, g.Done())
			waitDone(t, grandchild)
			if got := g.Exit(); got.Signal != test.signal || !got.Stopped {
				t.Errorf("exit %+v, want signal %q, stopped", *got, test.signal)
			}
			if err := syscall.Kill(g.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d is still there: %v", g.PID(), err)
			}
			if g.Stop(test.ctx) {
				t.Error("a second Stop had to force")
			}
			if err := g.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("Signal after the end: %v, want process done", err)
			}
		})
	}
}

// A leader that dies takes its group along, whatever the group ignores or holds.
func TestCrashTakesGroupAlong(t *testing.T) {
	t.Parallel()
	out := newOutput()
	g := startApp(t, Spec{Ready: Started, Stdout: out, Stderr: out}, "-listen", "none", "-child", stubborn)
	grandchild := watchExit(t, out.awaitPID(t, `(?m)^stubborn (\d+)$`))
	if err := syscall.Kill(g.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitDone(t, g.Done())
	waitDone(t, grandchild)
}

func TestContextKillsApp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	g, err := Start(ctx, Spec{Guardian: newGuardian(t), Path: appPath, Args: []string{"-ignore-term"}, Ready: Started})
	if err != nil {
		t.Fatal(err)
	}
	ready(t, g)
	cancel()
	waitDone(t, g.Done())
	if got := g.Exit(); got.Signal != "killed" {
		t.Errorf("exit %+v, want killed", *got)
	}
}

// An app that notifies for as long as it runs must not block once it is ready.
func TestNotificationsAreRead(t *testing.T) {
	t.Parallel()
	out := newOutput()
	g := startApp(t, Spec{Port: newPort(t), Stdout: out}, "-listen", "port", "-notify", "5000")
	defer g.Stop(t.Context())
	ready(t, g)
	out.await(t, "notified")
}

func TestNotificationSocketIsRemoved(t *testing.T) {
	t.Parallel()
	g := startApp(t, Spec{}, "-listen", "none", "-notify", "1")
	ready(t, g)
	dir := filepath.Dir(g.notify.path)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory of the socket: %v, %v, want mode 0700", info.Mode(), err)
	}
	g.Stop(t.Context())
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end %s is still there: %v", dir, err)
	}
}

func TestStdin(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	guardian, out := newGuardian(t), newOutput()
	g, err := Start(t.Context(), Spec{Guardian: guardian, Path: "cat", Stdin: r, Stdout: out, Ready: Started})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("typed\n"); err != nil {
		t.Fatal(err)
	}
	out.await(t, `(?m)^typed$`)
	w.Close()
	waitDone(t, g.Done())

	null, err := Start(t.Context(), Spec{Guardian: guardian, Path: "cat", Ready: Started})
	if err != nil {
		t.Fatal(err)
	}
	waitDone(t, null.Done())
	if got := null.Exit(); got.Code != 0 {
		t.Errorf("cat of the null device: %+v", *got)
	}
}

// One writer for both streams keeps the order of what the app wrote.
func TestOutputKeepsItsOrder(t *testing.T) {
	t.Parallel()
	const script = `i=0; while [ $i -lt 50 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done`
	out := newOutput()
	g, err := Start(t.Context(), Spec{Guardian: newGuardian(t), Path: "sh", Args: []string{"-c", script}, Stdout: out, Stderr: out, Ready: Started})
	if err != nil {
		t.Fatal(err)
	}
	waitDone(t, g.Done())
	var want strings.Builder
	for i := range 50 {
		fmt.Fprintf(&want, "out %d\nerr %d\n", i, i)
	}
	if got := strings.Join(out.all(), ""); got != want.String() || g.Tail() != got {
		t.Errorf("output %q, tail %q", got, g.Tail())
	}
}

func TestOwns(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("who has a socket is known on Linux only")
	}
	g := startApp(t, Spec{Port: newPort(t)}, "-listen", "port")
	defer g.Stop(t.Context())
	target := ready(t, g)
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server := addrPort(r.Context().Value(http.LocalAddrContextKey).(net.Addr))
		fmt.Fprint(w, g.Owns(netip.MustParseAddrPort(r.RemoteAddr), server))
	}))
	defer public.Close()
	for url, want := range map[string]string{
		public.URL: "false",
		"http://" + target.Addr + "/get?url=" + public.URL: "true",
	} {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 16)
		n, _ := response.Body.Read(body)
		response.Body.Close()
		if got := string(body[:n]); got != want {
			t.Errorf("GET %s: owned is %q, want %s", url, got, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func addrPort(addr net.Addr) netip.AddrPort { return addr.(*net.TCPAddr).AddrPort() }

// TestWithoutNotifySocket starts an app whose notification socket cannot be made
// anywhere, or not in the first place: readiness is found out as ever.
func TestWithoutNotifySocket(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	missing := filepath.Join(t.TempDir(), "missing")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the parallel tests
		if left, _ := filepath.Glob(filepath.Join(long, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	for _, test := range []struct {
		name     string
		dirs     []string
		degraded bool
	}{
		{"a path too long for a socket", []string{long, "/tmp"}, false},
		{"a directory that is missing", []string{missing, "/tmp"}, false},
		{"nowhere", []string{missing, file, long}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := startApp(t, Spec{Guardian: guardian, Port: newPort(t), notifyDirs: test.dirs}, "-listen", "port")
			defer g.Stop(t.Context())
			if got := ready(t, g); got.Via != ViaPort {
				t.Errorf("ready %+v, want it on PORT", got)
			}
			var degraded *NotifyError
			if err := g.Degraded(); errors.As(err, &degraded) != test.degraded || degraded != nil && degraded.Hint() == "" {
				t.Errorf("degraded: %v, want %v", err, test.degraded)
			}
		})
	}
}
