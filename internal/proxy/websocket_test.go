package proxy

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// openSocket connects a websocket client.
func openSocket(t *testing.T, url string, headers ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	dialer := websocket.Dialer{HandshakeTimeout: patience}
	conn, res, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http"), h)
	if err == nil {
		t.Cleanup(func() { conn.Close() })
		conn.SetReadDeadline(time.Now().Add(patience))
	}
	return conn, res, err
}

// echo is an app with a websocket; greeting is its first message.
func echo(greeting string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		conn.WriteMessage(websocket.TextMessage, []byte(greeting))
		for {
			kind, message, err := conn.ReadMessage()
			if err != nil || conn.WriteMessage(kind, message) != nil {
				return
			}
		}
	}
}

func wantMessage(t *testing.T, conn *websocket.Conn, want string) {
	t.Helper()
	_, got, err := conn.ReadMessage()
	if err != nil || string(got) != want {
		t.Fatalf("got %.80q, %v; want %.80q", got, err, want)
	}
}

func TestWebsocketIsClosedForRestart(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, echo("one")))
	conn, _, err := openSocket(t, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	wantMessage(t, conn, "one")
	long := strings.Repeat("long ", 100_000)
	conn.WriteMessage(websocket.TextMessage, []byte(long))
	wantMessage(t, conn, long)
	if c := p.Counts(); c.Streams != 1 || c.InFlight != 0 {
		t.Errorf("counts %+v", c)
	}

	p.Shut()
	d := p.Drain(t.Context(), patience)
	if d.Streams != 1 || len(d.Aborted) > 0 || d.Took > patience/2 {
		t.Errorf("drained %+v", d)
	}
	_, _, err = conn.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("the client saw %v", err)
	}
	// Its reconnect is held.
	p.Open(start(t, echo("two")))
	conn, _, err = openSocket(t, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	wantMessage(t, conn, "two")
}

// The Close frame stands behind a whole message, also when the drain finds the
// app in the middle of one.
func TestWebsocketIsClosedAtFrameBoundary(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	ending := make(chan struct{})
	message := wsFrame(websocket.TextMessage, false, 70_000)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		conn.Write(message[:40_000])
		<-ending
		conn.Write(message[40_000:])
		conn.Write(message[:10]) // a frame that nobody will complete
		io.Copy(io.Discard, conn)
	}))
	conn, in := dial(t, srv, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("%+v, %v", res, err)
	}
	got := make([]byte, 40_000)
	if _, err := io.ReadFull(in, got); err != nil {
		t.Fatal(err)
	}

	p.Shut()
	drained := make(chan Drained, 1)
	go func() { drained <- p.Drain(context.Background(), patience) }()
	eventually(t, "the drain has begun", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.retired) == 0
	})
	close(ending)
	if d := <-drained; d.Streams != 1 {
		t.Errorf("drained %+v", d)
	}
	conn.Write(append(wsFrame(opClose, true, 2), 0)) // the client's answer
	rest, err := io.ReadAll(in)
	if err != nil {
		t.Errorf("after %d bytes: %v", len(rest), err)
	}
	want := string(message[40_000:]) + string(closeFrame(serviceRestart, "restarting"))
	if string(rest) != want {
		t.Errorf("got %d bytes ending in %q, want %d", len(rest), rest[max(0, len(rest)-20):], len(want))
	}
}

// An app that stops in the middle of a frame must not look as if it had ended.
func TestWebsocketCutInFrame(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		conn.Write(wsFrame(1, false, 100)[:50])
		io.Copy(io.Discard, conn)
	}))
	_, in := dial(t, srv, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(in, make([]byte, 50)); err != nil {
		t.Fatal(err)
	}
	p.Shut()
	if d := p.Drain(t.Context(), patience); d.Took > abortWait {
		t.Errorf("drained %+v", d)
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		t.Errorf("got %q inside a frame", rest)
	}
}

func TestWebsocketOrigins(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, echo("hello")))
	for origin, want := range map[string]int{
		"": 101, srv.URL: 101, "http://localhost:1": 101, "https://evil.test": 403, "null": 403,
	} {
		var headers []string
		if origin != "" {
			headers = []string{"Origin", origin}
		}
		_, res, _ := openSocket(t, srv.URL, headers...)
		if res == nil || res.StatusCode != want {
			t.Errorf("origin %q: %+v, want %d", origin, res, want)
		}
	}
}
