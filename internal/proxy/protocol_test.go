package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, protocol, method string
		major                  int
		tls                    bool
		header                 http.Header
		want                   wire
		reuse                  bool
	}{
		{"browser", "http/1.1", "GET", 1, false, nil, h1, true},
		{"form", "http/1.1", "POST", 1, false, nil, h1, false},
		{"protocol unknown", "", "GET", 1, false, nil, h1, true},
		{"browser, our TLS", "http/1.1", "GET", 2, true, nil, h1, true},
		{"h2c client", "http/1.1", "GET", 2, false, nil, h2c, true},
		{"gRPC", "http/1.1", "POST", 2, false, http.Header{"Content-Type": {"application/grpc"}}, h2c, false},
		{"gRPC, our TLS", "http/1.1", "POST", 2, true, http.Header{"Content-Type": {"application/grpc+proto"}}, h2c, false},
		{"gRPC-Web", "http/1.1", "POST", 2, true, http.Header{"Content-Type": {"application/grpc-web+proto"}}, h1, false},
		{"Connect stream", "http/1.1", "POST", 2, true, http.Header{"Content-Type": {"application/connect+proto"}}, h2c, false},
		{"browser, h2c app", "h2c", "GET", 1, false, nil, h2c, true},
		{"browser, TLS app", "https", "GET", 1, false, nil, tlsAny, false},
		{"websocket, TLS app", "https", "GET", 1, false, http.Header{"Upgrade": {"websocket"}}, tls12, false},
	}
	for _, tt := range tests {
		r := &http.Request{Method: tt.method, ProtoMajor: tt.major, Header: tt.header}
		if tt.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if w, reuse := route(tt.protocol, r); w != tt.want || reuse != tt.reuse {
			t.Errorf("%s: wire %d, reuse %t; want %d, %t", tt.name, w, reuse, tt.want, tt.reuse)
		}
	}
}

// startHTTP2 runs an app that speaks HTTP/2 without TLS, and nothing else.
func startHTTP2(t *testing.T, app http.HandlerFunc) Target {
	t.Helper()
	srv := httptest.NewUnstartedServer(app)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return Target{Addr: srv.Listener.Addr().String(), Protocol: "h2c"}
}

// http2Client speaks HTTP/2 without TLS, as gRPC clients do.
func http2Client(t *testing.T) *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// answering is an app that answers each line of a request at once, and ends
// with a trailer, like a bidirectional call of gRPC.
func answering(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 {
		http.Error(w, r.Proto, http.StatusHTTPVersionNotSupported)
		return
	}
	w.Header().Set("Trailer", "Announced")
	w.Header().Set("Content-Type", "application/grpc")
	http.NewResponseController(w).Flush()
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		io.WriteString(w, "you said "+line)
		http.NewResponseController(w).Flush()
	}
	w.Header().Set("Announced", "1")
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
}

func TestBidirectionalHTTP2(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	client := http2Client(t)
	for range 3 { // generations
		p.Shut()
		if d := p.Drain(t.Context(), patience); len(d.Aborted) > 0 {
			t.Errorf("aborted %q", d.Aborted)
		}
		p.Open(startHTTP2(t, answering))
		for range 5 {
			pr, pw := io.Pipe()
			r := newRequest(t, "POST", srv.URL, "x", "Content-Type", "application/grpc", "Te", "trailers")
			r.Body, r.ContentLength = pr, -1
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(res.Body)
			for _, said := range []string{"one\n", "two\n"} {
				io.WriteString(pw, said)
				if got, err := in.ReadString('\n'); got != "you said "+said || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			pw.Close()
			if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
				t.Errorf("rest %q, %v", rest, err)
			}
			if res.Trailer.Get("Announced") != "1" || res.Trailer.Get("Grpc-Status") != "0" {
				t.Errorf("trailers %v", res.Trailer)
			}
			res.Body.Close()
		}
	}
}

// A stream that outlasts the drain ends in an error, never as if complete; the
// client's connection, and other streams on it, live on.
func TestDrainAbortsHTTP2Stream(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	client := http2Client(t)
	p.Open(startHTTP2(t, answering))
	pr, pw := io.Pipe()
	defer pw.Close()
	r := newRequest(t, "POST", srv.URL+"/watch", "x", "Content-Type", "application/grpc")
	r.Body, r.ContentLength = pr, -1
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	p.Shut()
	if d := p.Drain(t.Context(), 0); len(d.Aborted) != 1 || d.Aborted[0] != "POST /watch" {
		t.Errorf("drained %+v", d)
	}
	if b, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the client took %q for the whole stream", b)
	}
	p.Open(startHTTP2(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "next") }))
	res, err = client.Do(newRequest(t, "GET", srv.URL, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "next" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestHTTP1ClientOfHTTP2App(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(startHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Proto+" "+r.Host+" "+string(b))
	}))
	got := ask(newRequest(t, "POST", srv.URL, "body"))
	if want := "HTTP/2.0 " + strings.TrimPrefix(srv.URL, "http://") + " body"; got.body != want {
		t.Errorf("got %+v, want %q", got, want)
	}
}

func TestAppWithTLS(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echo("hello")(w, r)
			return
		}
		io.WriteString(w, r.Proto)
	}))
	app.EnableHTTP2 = true
	app.StartTLS()
	t.Cleanup(app.Close)
	p.Open(Target{Addr: app.Listener.Addr().String(), Protocol: "https"})
	if got := ask(newRequest(t, "GET", srv.URL, "")); got.body != "HTTP/2.0" {
		t.Errorf("got %+v", got)
	}
	conn, _, err := openSocket(t, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	wantMessage(t, conn, "hello")
}

// The same for an upload whose client has stopped sending, to an app that
// speaks HTTP/1.
func TestDrainAbortsHTTP2Upload(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	app := httptest.NewUnstartedServer(nil)
	app.Config.Protocols = new(http.Protocols)
	app.Config.Protocols.SetHTTP1(true)
	app.Config.Protocols.SetUnencryptedHTTP2(true)
	entered := make(chan struct{})
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		io.Copy(io.Discard, r.Body)
	})
	app.Start()
	t.Cleanup(app.Close)
	p.Open(Target{Addr: app.Listener.Addr().String()})

	client := http2Client(t)
	pr, pw := io.Pipe()
	defer pw.Close()
	r := newRequest(t, "POST", srv.URL, "x")
	r.Body, r.ContentLength = pr, -1
	ended := make(chan error, 1)
	go func() {
		res, err := client.Do(r)
		if err == nil {
			res.Body.Close()
		}
		ended <- err
	}()
	<-entered
	p.Shut()
	if d := p.Drain(t.Context(), 0); len(d.Aborted) != 1 || d.Took > abortWait/2 {
		t.Errorf("drained %+v", d)
	}
	if err := <-ended; err == nil {
		t.Error("the client got an answer")
	}
}

// Unary calls of gRPC are POSTs, many at once: each is answered, whatever the
// connections of others are doing, of those too that are given up.
func TestManyCalls(t *testing.T) {
	t.Parallel()
	secured := httptest.NewUnstartedServer(http.HandlerFunc(parrot))
	secured.EnableHTTP2 = true
	secured.StartTLS()
	t.Cleanup(secured.Close)
	for name, target := range map[string]Target{
		"h2c":   startHTTP2(t, parrot),
		"https": {Addr: secured.Listener.Addr().String(), Protocol: "https"},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(Options{})
			p.Open(target)
			srv, client := serve(t, p), http2Client(t)
			const callers, calls = 8, 50
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for n := range calls {
						call(t, client, srv.URL, n%5 == 0)
					}
				})
			}
			all.Wait()
		})
	}
}

func parrot(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }

// call makes one call, or leaves in the middle of it.
func call(t *testing.T, client *http.Client, url string, leave bool) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body, in := io.Pipe()
	r := newRequest(t, "POST", url, "x", "Content-Type", "application/grpc").WithContext(ctx)
	r.Body, r.ContentLength = body, -1
	go func() {
		io.WriteString(in, "pi")
		if leave {
			cancel()
		}
		io.WriteString(in, "ng")
		in.Close()
	}()
	res, err := client.Do(r)
	if leave {
		if err == nil {
			res.Body.Close()
		}
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); string(got) != "ping" || err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("got %s %q, %v", res.Status, got, err)
	}
}
