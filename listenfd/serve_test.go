package listenfd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// serving is a Serve in progress.
type serving struct {
	addr string
	srv  *http.Server
	stop context.CancelFunc
	done chan error
}

func serve(t *testing.T, srv *http.Server) *serving {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{addr: ln.Addr().String(), srv: srv, stop: stop, done: make(chan error, 1)}
	go func() { s.done <- Serve(ctx, srv, ln) }()
	t.Cleanup(func() { stop(); srv.Close() })
	return s
}

func (s *serving) result(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("Serve did not return")
		return nil
	}
}

func dialTCP(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestLateFirstRequest sends the first request of an accepted connection only
// once the server has begun to stop.
func TestLateFirstRequest(t *testing.T) {
	t.Parallel()
	accepted := make(chan struct{}, 1)
	s := serve(t, &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "answer") }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				accepted <- struct{}{}
			}
		},
	})
	conn := dialTCP(t, s.addr)
	<-accepted
	s.stop()
	awaitRefusal(t, s.addr)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request was dropped: %v", err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "answer" {
		t.Errorf("got %q, %v", body, err)
	}
	if !resp.Close {
		t.Error("the last answer does not ask the client to reconnect")
	}
	if err := s.result(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// awaitRefusal returns once the listener is closed.
func awaitRefusal(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still accepts")
		}
	}
}

// TestSilentConnection is a browser's preconnect, for which a bare Shutdown
// waits five seconds.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	accepted := make(chan struct{}, 1)
	s := serve(t, &http.Server{ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted <- struct{}{}
		}
	}})
	conn := dialTCP(t, s.addr)
	<-accepted
	s.stop()
	begin := time.Now()
	if err := s.result(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("stopping took %v; a silent connection held it", took)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the silent connection got %v, want EOF", err)
	}
}

func TestRunningRequestIsFinished(t *testing.T) {
	t.Parallel()
	entered, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first half ")
		http.NewResponseController(w).Flush()
		close(entered)
		<-finish
		io.WriteString(w, "second half")
	})})
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + s.addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		answer <- fmt.Sprint(string(body), " ", err)
	}()
	<-entered
	s.stop()
	awaitRefusal(t, s.addr)
	close(finish)
	if got, want := <-answer, "first half second half <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := s.result(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeReturnsTheServersError(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := Serve(t.Context(), &http.Server{}, ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener: %v, want net.ErrClosed", err)
	}

	s := serve(t, &http.Server{})
	dialTCP(t, s.addr)
	go s.srv.Close()
	if err := s.result(t); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve of a server closed by another: %v, want http.ErrServerClosed", err)
	}
}

// pipes is a listener without a network, so that a fake clock can run.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() pipes {
	closed := make(chan struct{})
	return pipes{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { p.close(); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSilence has a connection that has been silent for a while when the server
// stops, and sends a request only later.
func TestSilence(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name          string
		used          bool // has carried a request before
		silent, later time.Duration
		answered      bool
		took          time.Duration // until Serve returned, about
	}{
		{"a client that was delayed", false, 10 * ms, 400 * ms, true, 400 * ms},
		{"a kept connection in use", true, 10 * ms, 400 * ms, true, 400 * ms},
		{"right after", false, 10 * ms, ms, true, ms},
		{"opened in advance just now", false, 10 * ms, 2 * time.Second, false, 990 * ms},
		{"opened in advance long ago", false, time.Minute, time.Second, false, 0},
		{"used long ago", true, time.Minute, time.Second, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln := newPipes()
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- Serve(ctx, &http.Server{Handler: http.NotFoundHandler()}, ln) }()
				client, server := net.Pipe()
				defer client.Close()
				ln.conns <- server
				answers := bufio.NewReader(client)
				if tt.used && !ask(client, answers) {
					t.Fatal("no answer before the stop")
				}
				<-time.After(tt.silent)

				stop()
				begin := time.Now()
				answered := make(chan bool, 1)
				go func() {
					<-time.After(tt.later)
					answered <- ask(client, answers)
				}()
				if err := <-done; err != nil {
					t.Errorf("Serve: %v", err)
				}
				if took := time.Since(begin); took < tt.took || took > tt.took+20*ms {
					t.Errorf("stopped after %v, want %v", took, tt.took)
				}
				if got := <-answered; got != tt.answered {
					t.Errorf("answered: %v, want %v", got, tt.answered)
				}
			})
		})
	}
}

// ask sends a request and reads the answer.
func ask(client net.Conn, answers *bufio.Reader) bool {
	fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil
}

func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		cut := make(chan struct{})
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done() // as long as the client is there
			close(cut)
		})}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Serve(ctx, srv, ln) }()
		client, server := net.Pipe()
		defer client.Close()
		ln.conns <- server
		fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		synctest.Wait()

		stop()
		begin := time.Now()
		err := <-done
		if took := time.Since(begin); took < DrainTimeout || took > DrainTimeout+time.Second {
			t.Errorf("stopped after %v, want %v", took, DrainTimeout)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("Serve: %v, want that requests were cut off", err)
		}
		<-cut
	})
}
