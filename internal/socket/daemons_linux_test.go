package socket

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startExec starts a daemon in the place of this binary, with one socket, and
// returns the description of that.
func startExec(t *testing.T, spec string, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(err)
	}
	cmd := another(roleExec, append([]string{spec, "--"}, command...)...)
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
		t.Fatalf("printed %q: %v", line, err)
	}
	return strings.TrimSpace(line)
}

// TestExecSystemdDaemon hands the socket to a C program that reads the
// protocol with systemd's own library, which insists on LISTEN_PID.
func TestExecSystemdDaemon(t *testing.T) {
	t.Parallel()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "through the proxy")
	}))
	defer backend.Close()
	url := startExec(t, "http::0", "/lib/systemd/systemd-socket-proxyd", strings.TrimPrefix(backend.URL, "http://"))
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := bufio.NewReader(resp.Body).ReadString(0); body != "through the proxy" {
		t.Errorf("got %q, %v", body, err)
	}
}

// TestExecBus hands a unix socket to the message bus, and greets it.
func TestExecBus(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bus")
	startExec(t, "unix::"+path, "dbus-daemon", "--session", "--address=systemd:", "--nofork", "--nopidfile")
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "\x00AUTH EXTERNAL %x\r\n", fmt.Sprint(os.Getuid()))
	if answer, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(answer, "OK ") {
		t.Errorf("the bus answered %q, %v; want OK", answer, err)
	}
}
