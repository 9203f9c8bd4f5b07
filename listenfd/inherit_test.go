//go:build unix

package listenfd

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child prepares this binary in a role, with files from descriptor 3 up.
func child(t *testing.T, role string, env []string, files ...*os.File) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "127.0.0.1:0")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "LISTEN_")
	}), append(env,
		"LISTENFD_TEST_ROLE="+role,
		"GORACE=atexit_sleep_ms=0", // a second for each child otherwise
	)...)
	cmd.ExtraFiles = files
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // Wait closes it
		t.Fatal(err)
	}
	return cmd
}

func findingsOf(t *testing.T, cmd *exec.Cmd) findings {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	var found findings
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("child printed %q: %v", out, err)
	}
	return found
}

// fileOf duplicates a socket for a child, without touching its flags.
func fileOf(t *testing.T, socket any) *os.File {
	t.Helper()
	raw, err := socket.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var file *os.File
	var dupErr error
	err = raw.Control(func(fd uintptr) {
		dup, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 3)
		if errno != 0 {
			dupErr = errno
			return
		}
		file = os.NewFile(dup, "socket")
	})
	if err != nil || dupErr != nil {
		t.Fatal(err, dupErr)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func listen(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func listenPacket(t *testing.T, network, addr string) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// startHTTP starts the http role and returns it once it listens.
func startHTTP(t *testing.T, cmd *exec.Cmd) (addr string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v printed %q: %v", cmd.Args, line, err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

func TestInheritEveryKind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tcp := listen(t, "tcp", "127.0.0.1:0")
	unix := listen(t, "unix", filepath.Join(dir, "s"))
	udp := listenPacket(t, "udp", "127.0.0.1:0")
	gram := listenPacket(t, "unixgram", filepath.Join(dir, "g"))

	found := findingsOf(t, child(t, "report", []string{"LISTEN_FDS=4", "LISTEN_FDNAMES=a:b:c:d"},
		fileOf(t, tcp), fileOf(t, unix), fileOf(t, udp), fileOf(t, gram)))

	want := []string{
		"tcp " + tcp.Addr().String(), "unix " + unix.Addr().String(),
		"udp " + udp.LocalAddr().String(), "unixgram " + gram.LocalAddr().String(),
	}
	if !slices.Equal(found.Adopted, want) {
		t.Errorf("adopted %q, want %q", found.Adopted, want)
	}
	if !slices.Equal(found.Names, []string{"a", "b", "c", "d"}) {
		t.Errorf("names %q", found.Names)
	}
	if len(found.Skipped)+len(found.Env)+len(found.Leaked) > 0 {
		t.Errorf("skipped %q, variables left %q, descriptors for grandchildren %v; want none", found.Skipped, found.Env, found.Leaked)
	}
	if !strings.Contains(found.Again, "already taken") {
		t.Errorf("taking index 0 twice: %q", found.Again)
	}
	if !found.NonBlock {
		t.Error("the test passed a blocking socket; it proves nothing")
	}
	// The child is gone, yet the sockets live and still do not block: it
	// neither shut down nor reconfigured what it shared with us.
	if !nonBlocking(t, tcp) {
		t.Error("the child made the shared socket blocking")
	}
	conn, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatalf("the socket did not survive the child: %v", err)
	}
	conn.Close()
	if _, err := os.Stat(unix.Addr().String()); err != nil {
		t.Errorf("the child removed the unix socket: %v", err)
	}
}

func nonBlocking(t *testing.T, socket any) bool {
	t.Helper()
	raw, err := socket.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var flags uintptr
	if err := raw.Control(func(fd uintptr) {
		flags, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
	}); err != nil {
		t.Fatal(err)
	}
	return flags&syscall.O_NONBLOCK != 0
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "leaked"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	reader, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); pipe.Close() })
	socket := fileOf(t, listen(t, "tcp", "127.0.0.1:0"))
	connected := fileOf(t, dial(t, listen(t, "tcp", "127.0.0.1:0").Addr()))

	tests := []struct {
		name  string
		env   []string
		files []*os.File
		want  string // in Skipped, or in the error of index 0
	}{
		{"meant for another process", []string{"LISTEN_FDS=1", "LISTEN_PID=1"}, []*os.File{socket}, "meant for another process"},
		{"a regular file", []string{"LISTEN_FDS=1"}, []*os.File{file}, "is a regular file, not a socket"},
		{"a pipe", []string{"LISTEN_FDS=1"}, []*os.File{pipe}, "is a pipe, not a socket"},
		{"a connection", []string{"LISTEN_FDS=1"}, []*os.File{connected}, "is a tcp4 connection"},
		// Beyond what was passed stand descriptors of the child's own runtime,
		// or none.
		{"more claimed than passed", []string{"LISTEN_FDS=40"}, nil, "inherited fd 40 is closed"},
		{"our own descriptor", []string{"LISTEN_FDS=1"}, nil, "fd 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found := findingsOf(t, child(t, "report", test.env, test.files...))
			all := strings.Join(append(found.Skipped, found.Adopted...), "\n")
			if !strings.Contains(all, test.want) {
				t.Errorf("got reasons %q, want %q", all, test.want)
			}
			if !strings.HasPrefix(found.Fallback, "127.0.0.1:") {
				t.Errorf("Listen did not bind instead: %q", found.Fallback)
			}
			if len(found.Env) > 0 {
				t.Errorf("variables left: %q", found.Env)
			}
		})
	}
}

func TestRawFileAndClose(t *testing.T) {
	t.Parallel()
	reader, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); pipe.Close() })
	cmd := child(t, "raw", []string{"LISTEN_FDS=2"}, pipe, fileOf(t, listen(t, "tcp", "127.0.0.1:0")))
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if got, err := io.ReadAll(reader); err != nil || string(got) != "raw after close" {
		t.Errorf("read %q, %v", got, err)
	}
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestFirstFDMoves(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	ln := listen(t, "tcp", "127.0.0.1:0")
	found := findingsOf(t, child(t, "report", []string{"LISTEN_FDS=1", "LISTEN_FDS_FIRST_FD=4"}, null, fileOf(t, ln)))
	if want := []string{"tcp " + ln.Addr().String()}; !slices.Equal(found.Adopted, want) {
		t.Errorf("adopted %q, want %q; skipped %q", found.Adopted, want, found.Skipped)
	}
}

// TestListenPID starts the child through a shell that becomes it, which is the
// one way to know its pid beforehand.
func TestListenPID(t *testing.T) {
	t.Parallel()
	ln := listen(t, "tcp", "127.0.0.1:0")
	cmd := child(t, "report", nil, fileOf(t, ln))
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"`}, cmd.Args...)
	found := findingsOf(t, cmd)
	if want := []string{"tcp " + ln.Addr().String()}; !slices.Equal(found.Adopted, want) {
		t.Errorf("adopted %q, want %q; skipped %q", found.Adopted, want, found.Skipped)
	}
}

// TestSystemdSocketActivate is the reference implementation as the parent.
func TestSystemdSocketActivate(t *testing.T) {
	t.Parallel()
	activate, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("systemd-socket-activate is not installed")
	}
	// It cannot choose a free port itself.
	ln := listen(t, "tcp", "127.0.0.1:0")
	addr := ln.Addr().String()
	ln.Close()

	cmd := exec.Command(activate, "--listen="+addr, "--fdname=web",
		"--setenv=LISTENFD_TEST_ROLE=http", os.Args[0], "127.0.0.1:0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	said, err := bufio.NewReader(stderr).ReadString('\n') // "Listening on … as 3."
	if err != nil || !strings.Contains(said, "Listening") {
		t.Fatalf("systemd-socket-activate said %q: %v", said, err)
	}
	// It starts the server, in its own place, on the first connection.
	body := get(t, http.DefaultClient, "http://"+addr)
	if want := strconv.Itoa(cmd.Process.Pid); !strings.HasPrefix(body, want) {
		t.Errorf("answered by %q, want process %s", body, want)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, addr) {
		t.Errorf("server printed %q, %v; want its inherited address %s", line, err, addr)
	}
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
