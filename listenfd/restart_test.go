//go:build unix

package listenfd

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestNoRequestLostOverRestarts replaces the process behind a socket, old one
// first, while clients send POSTs, which no client repeats by itself: some on
// kept connections, some each on its own.
func TestNoRequestLostOverRestarts(t *testing.T) {
	t.Parallel()
	restarts, clients := 6, 8
	if testing.Short() {
		restarts = 2
	}
	ln := listen(t, "tcp", "127.0.0.1:0")
	file := fileOf(t, ln)
	ln.Close() // only the file holds the socket, as in a supervisor

	var lost, answered atomic.Int64
	var running sync.WaitGroup
	done := make(chan struct{})
	stop := sync.OnceFunc(func() { close(done) })
	defer running.Wait()
	defer stop()
	progress := make(chan struct{}, 1)
	for n := range clients {
		running.Go(func() {
			client := &http.Client{
				Timeout:   30 * time.Second,
				Transport: &http.Transport{DisableKeepAlives: n%2 == 0},
			}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := post(client, "http://"+ln.Addr().String()); err != nil {
					lost.Add(1)
					t.Errorf("lost: %v", err)
				}
				answered.Add(1)
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	for range restarts {
		cmd := child(t, "http", []string{"LISTEN_FDS=1"}, file)
		startHTTP(t, cmd)
		// Let it answer some before it is replaced.
		for target := answered.Load() + int64(5*clients); answered.Load() < target; {
			<-progress
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("server: %v", err)
		}
	}
	startHTTP(t, child(t, "http", []string{"LISTEN_FDS=1"}, file)) // for those who wait
	stop()
	running.Wait()
	t.Logf("%d requests, %d lost, over %d restarts", answered.Load(), lost.Load(), restarts)
}

func post(client *http.Client, url string) error {
	resp, err := client.Post(url, "text/plain", strings.NewReader("x"))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// TestQueueHolds connects before any process accepts.
func TestQueueHolds(t *testing.T) {
	t.Parallel()
	ln := listen(t, "tcp", "127.0.0.1:0")
	file := fileOf(t, ln)
	ln.Close()
	const waiting = 200
	conns := make([]net.Conn, waiting)
	begin := time.Now()
	for i := range conns {
		conns[i] = dialTCP(t, ln.Addr().String())
		io.WriteString(conns[i], "GET / HTTP/1.0\r\n\r\n")
	}
	// The kernel sends the first SYN again after a second.
	if took := time.Since(begin); took > time.Second {
		t.Skipf("connecting took %v: the machine is too busy, or its backlog too short (somaxconn)", took)
	}
	startHTTP(t, child(t, "http", []string{"LISTEN_FDS=1"}, file))
	for i, conn := range conns {
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.0 200") {
			t.Fatalf("connection %d got %q, %v", i, answer, err)
		}
	}
}
