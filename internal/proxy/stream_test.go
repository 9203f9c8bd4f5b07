package proxy

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestEventStreamEndsCleanly(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	events := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "data: "+text+"\n\n")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	}
	p.Open(start(t, events("one")))
	res, err := http.DefaultTransport.RoundTrip(newRequest(t, "GET", srv.URL, "", "Accept", "text/event-stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	if line, err := in.ReadString('\n'); line != "data: one\n" || err != nil {
		t.Fatalf("got %q, %v", line, err)
	}
	p.Shut()
	if d := p.Drain(t.Context(), patience); d.Streams != 1 || len(d.Aborted) > 0 {
		t.Errorf("drained %+v", d)
	}
	if rest, err := io.ReadAll(in); err != nil || string(rest) != "\n" {
		t.Errorf("rest %q, %v", rest, err)
	}
	again, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(again)
		if err != nil {
			lines <- err.Error()
			return
		}
		defer res.Body.Close()
		line, _ := bufio.NewReader(res.Body).ReadString('\n')
		lines <- line
	}()
	eventually(t, "the reconnect is held", func() bool { return p.Counts().Held == 1 })
	p.Open(start(t, events("two")))
	if line := <-lines; line != "data: two\n" {
		t.Errorf("reconnect got %q", line)
	}
}

// Uploads stream: the app reads the beginning before the client has sent the
// end, and answers what it has read.
func TestUploadStreams(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	const size = 48 << 20
	begun := make(chan struct{})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		first := make([]byte, 1)
		io.ReadFull(r.Body, first)
		close(begun)
		sum := sha256.New()
		sum.Write(first)
		io.Copy(sum, r.Body)
		io.WriteString(w, hex.EncodeToString(sum.Sum(nil)))
	}))
	pr, pw := io.Pipe()
	r := newRequest(t, "POST", srv.URL, "x")
	r.Body, r.ContentLength = pr, size
	c := askLater(r)

	sum := sha256.New()
	out := io.MultiWriter(pw, sum)
	content := rand.NewChaCha8([32]byte{})
	if _, err := io.CopyN(out, content, size/2); err != nil {
		t.Fatal(err)
	}
	<-begun
	if _, err := io.CopyN(out, content, size/2); err != nil {
		t.Fatal(err)
	}
	pw.Close()
	if got := <-c; got.body != hex.EncodeToString(sum.Sum(nil)) {
		t.Errorf("got %+v", got)
	}
}

// An app may turn an upload away without reading it.
func TestUploadTurnedAway(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	}))
	_, in := dial(t, srv, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nthe first bytes")
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %+v, %v", res, err)
	}
}

// What the app flushes arrives at once, whatever its length is said to be.
func TestResponsesAreNotHeldBack(t *testing.T) {
	t.Parallel()
	p := New(Options{Tag: func() string { return testTag }})
	srv := serve(t, p)
	goOn := make(chan struct{})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "15")
		}
		io.WriteString(w, "<html>")
		http.NewResponseController(w).Flush()
		<-goOn
		io.WriteString(w, "<p>the end")
	}))
	defer close(goOn)
	for _, path := range []string{"/length", "/chunked"} {
		res, err := http.DefaultTransport.RoundTrip(newRequest(t, "GET", srv.URL+path, "", documentHeaders...))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		first := make([]byte, len("<html>"))
		if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "<html>" {
			t.Errorf("%s: got %q, %v", path, first, err)
		}
	}
}

// Requests that could change something take a connection of their own: on one
// that was used before, the app may be closing it. Others may share.
func TestConnectionsOfRequests(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) }))
	for _, tt := range []struct {
		method, body string
		shared       bool
	}{
		{"GET", "", true}, {"HEAD", "", true}, {"OPTIONS", "", true},
		{"GET", "body", false}, {"POST", "", false}, {"POST", "body", false}, {"PUT", "", false}, {"DELETE", "", false},
	} {
		want := ask(newRequest(t, "GET", srv.URL, "")).body // in the pool now
		if tt.method != "HEAD" {
			if got := ask(newRequest(t, tt.method, srv.URL, tt.body)).body; (got == want) != tt.shared {
				t.Errorf("%s %q: shared a connection: %t", tt.method, tt.body, got == want)
			}
		}
	}
}

// An app that closes idle connections at once loses no request.
func TestDyingConnections(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := &http.Server{
		IdleTimeout: 50 * time.Microsecond,
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }),
	}
	done := make(chan error, 1)
	go func() { done <- app.Serve(ln) }()
	defer func() { app.Close(); <-done }()
	p.Open(Target{Addr: ln.Addr().String()})

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i := range 300 {
		method, body := "POST", "body"
		if i%3 == 0 {
			method, body = "GET", ""
		}
		res, err := client.Do(newRequest(t, method, srv.URL, body))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 200 || string(got) != body {
			t.Fatalf("request %d: %s, %q", i, res.Status, got)
		}
	}
}

// An app that dies in the middle of an answer has not ended it.
func TestTruncatedDownload(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 10_000))
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	if got := ask(newRequest(t, "GET", srv.URL, "")); got.err == nil {
		t.Errorf("the client took %d bytes for the whole answer", len(got.body))
	}
	_, in := dial(t, srv, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
	if b, err := io.ReadAll(in); err == nil {
		t.Errorf("an HTTP/1.0 client took %d bytes for the whole answer", len(b))
	}
	// Nothing answered at all is a page or JSON, and said so.
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }))
	if got := ask(newRequest(t, "POST", srv.URL, "x")); got.status != 502 || !strings.Contains(got.body, "did not answer") {
		t.Errorf("got %+v", got)
	}
}
