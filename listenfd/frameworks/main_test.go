//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// patience bounds every wait. It may only fail a test.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv("PLAY_FRAMEWORKS") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestServers starts each server by devtool socket and talks to it.
func TestServers(t *testing.T) {
	t.Parallel()
	devtool := filepath.Join(t.TempDir(), "devtool")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", devtool, "./cmd/devtool")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, ask := range map[string]func(*testing.T, string) string{
		"net/http": askHTTP, "gin": askHTTP, "echo": askHTTP, "go-systemd": askHTTP,
		"grpc": askGRPC, "udp": askUDP,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t, devtool, name)
			if got := ask(t, addr); got != name {
				t.Errorf("got %q, want %q", got, name)
			}
		})
	}
}

// start starts a server on a free port until the test ends, which it has to do
// cleanly, and returns the address.
func start(t *testing.T, devtool, name string) string {
	t.Helper()
	spec := "http::0"
	if name == "udp" {
		spec = "udp::0"
	}
	cmd := exec.Command(devtool, "socket", "-s", spec, "--", os.Args[0], name)
	cmd.Env = append(os.Environ(), "PLAY_FRAMEWORKS=1")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n') // devtool: http://127.0.0.1:41533/ is descriptor 3
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		rest, _ := io.ReadAll(lines)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, rest)
		}
		killer.Stop()
	})
	words := strings.Fields(line)
	if err != nil || len(words) < 3 {
		t.Fatalf("devtool says %q, %v", line, err)
	}
	if name == "udp" {
		return words[2]
	}
	return strings.Trim(strings.TrimPrefix(words[1], "http://"), "/")
}

func askHTTP(t *testing.T, addr string) string {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr)
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

func askGRPC(t *testing.T, addr string) string {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	resp, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != healthpb.HealthCheckResponse_SERVING {
		return resp.Status.String()
	}
	return "grpc"
}

func askUDP(t *testing.T, addr string) string {
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, "udp"); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 100)
	n, err := conn.Read(packet)
	if err != nil {
		t.Fatal(err)
	}
	return string(packet[:n])
}
