//go:build unix

package socket

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pythonServer takes descriptors 3, 4 and 5 as programs in other languages do:
// blocking, and without asking.
const pythonServer = `
import os, socket
assert os.environ["LISTEN_FDS"] == "3", os.environ["LISTEN_FDS"]
assert os.environ["LISTEN_PID"] == str(os.getpid()), os.environ["LISTEN_PID"]
assert os.environ["LISTEN_FDNAMES"] == "web:udp:ctl", os.environ["LISTEN_FDNAMES"]
for fd, family, kind in ((3, socket.AF_INET, socket.SOCK_STREAM), (5, socket.AF_UNIX, socket.SOCK_STREAM)):
    s = socket.socket(fileno=fd)
    assert (s.family, s.type) == (family, kind), (s.family, s.type)
    conn, _ = s.accept()
    conn.sendall(b"hello from %d" % os.getpid())
    conn.close()
udp = socket.socket(fileno=4)
data, peer = udp.recvfrom(100)
udp.sendto(data.upper(), peer)
extra = [fd for fd in os.listdir("/dev/fd") if int(fd) > 5 and os.path.exists("/dev/fd/" + fd) and os.readlink("/dev/fd/" + fd).startswith("socket:")] if os.path.exists("/proc/self/fd") else []
assert not extra, extra
`

func TestExecPython(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	path := filepath.Join(t.TempDir(), "ctl")
	cmd := another(roleExec, "web=http::0", "udp::0", "ctl=unix::"+path, "--", python, "-c", pythonServer)
	cmd.Env = append(cmd.Env, "LISTEN_FDS=7", "LISTEN_FDNAMES=stale", "LISTEN_PID=1") // of a supervisor above
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewReader(out)
	addrOf := func(prefix string) string {
		line, err := lines.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, prefix) {
			t.Fatalf("printed %q, %v; want %s…", line, err, prefix)
		}
		return strings.Trim(strings.TrimSpace(strings.TrimPrefix(line, prefix)), "/")
	}
	web, udp := addrOf("http://"), addrOf("udp ")
	addrOf("unix ")

	want := fmt.Sprintf("hello from %d", cmd.Process.Pid) // the same process
	if got := readAll(t, "tcp", web); got != want {
		t.Errorf("web: got %q, want %q", got, want)
	}
	if got := readAll(t, "unix", path); got != want {
		t.Errorf("ctl: got %q, want %q", got, want)
	}
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "ping")
	answer := make([]byte, 10)
	if n, err := conn.Read(answer); err != nil || string(answer[:n]) != "PING" {
		t.Errorf("udp: got %q, %v", answer[:n], err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("python: %v", err)
	}
}

func readAll(t *testing.T, network, addr string) string {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := bufio.NewReader(conn).ReadString(0)
	if err != nil && answer == "" {
		t.Fatal(err)
	}
	return answer
}

// TestExecManyTimes would catch the runtime stumbling over a descriptor taken
// from under it: with a poller at work in every one, and many sockets.
func TestExecManyTimes(t *testing.T) {
	t.Parallel()
	specs := make([]string, 12)
	for i := range specs {
		specs[i] = fmt.Sprintf("s%d=tcp::0", i)
	}
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		cmd := another(roleExec, append(specs, "--", "sh", "-c", `echo "$LISTEN_FDS $LISTEN_PID $$ $LISTEN_FDNAMES"`)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		m := regexp.MustCompile(`(?m)^12 (\d+) (\d+) s0:s1:.*:s11$`).FindSubmatch(out)
		if m == nil || string(m[1]) != string(m[2]) {
			t.Fatalf("the command printed %s", out)
		}
	}
}

func TestExecNoPID(t *testing.T) {
	t.Parallel()
	out, err := another(roleExec, "-no-pid", "http::0", "--", "env").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "LISTEN_FDS=1\n") || strings.Contains(string(out), "LISTEN_PID=") {
		t.Errorf("environment:\n%s\nwant LISTEN_FDS and no LISTEN_PID", out)
	}
}

func TestExecMissingCommand(t *testing.T) {
	t.Parallel()
	cmd := another(roleExec, "http::0", "--", "no-such-command-here")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "start no-such-command-here: ") {
		t.Errorf("got %v and %q", err, stderr.String())
	}
}

func TestExecKeepsOtherDescriptorsClosed(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("needs /proc")
	}
	out, err := another(roleExec, "http::0", "udp::0", "--", "sh", "-c", "ls -l /proc/$$/fd").Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(out), "socket:["); n != 2 {
		t.Errorf("%d sockets in the command, want 2:\n%s", n, out)
	}
	for _, fd := range []string{" 3 -> socket:[", " 4 -> socket:["} {
		if !strings.Contains(string(out), fd) {
			t.Errorf("no%q among\n%s", fd, out)
		}
	}
}
