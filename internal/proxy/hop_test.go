package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// TestInterimAnswers has the app send early hints with headers that concern
// only its own connection.
func TestInterimAnswers(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { ln.Close(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"+
					"Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"+
					"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			})
		}
	})
	for _, method := range []string{"GET", "POST"} { // over a kept connection, and over one of its own
		p := New(Options{})
		srv := serve(t, p)
		p.Open(Target{Addr: ln.Addr().String()})
		var hints []textproto.MIMEHeader
		r := newRequest(t, method, srv.URL, "")
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			hints = append(hints, h)
			return nil
		}}))
		got := ask(r)
		if got.status != 200 || got.body != "ok" || len(hints) != 1 || hints[0].Get("Link") != "</a.css>; rel=preload" {
			t.Fatalf("%s: %+v after %v", method, got, hints)
		}
		for _, name := range append(hopByHop, "X-Hop") {
			if value, ok := hints[0][name]; ok {
				t.Errorf("%s: the hint has %s: %q", method, name, value)
			}
		}
	}
}

// TestNamedHeadersOfRequests sends headers that concern only the client's own
// connection, in the ways in which Connection can name them.
func TestNamedHeadersOfRequests(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 16)
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	for _, method := range []string{"GET", "POST"} { // over a kept connection, and over one of its own
		for _, version := range []string{"1.0", "1.1"} {
			for _, lines := range []string{
				"Connection: close, X-Foo\r\n",
				"Connection: X-Foo, close\r\n",
				"connection: Close,x-foo\r\n",
				"Connection: close\r\nConnection: X-Foo\r\n",
				"Connection: X-Foo\r\nConnection: close\r\n",
				"Connection: keep-alive, X-Foo\r\n",
				"Connection: keep-alive\r\nConnection: , X-Foo ,\r\n",
			} {
				conn, in := dial(t, srv, fmt.Sprintf("%s / HTTP/%s\r\nHost: localhost\r\nContent-Length: 0\r\nX-Foo: 1\r\nX-Bar: 2\r\nKeep-Alive: timeout=5\r\n%s\r\n", method, version, lines))
				res, err := http.ReadResponse(in, nil)
				conn.Close()
				if err != nil || res.StatusCode != 200 {
					t.Fatalf("%s HTTP/%s, %q: %+v, %v", method, version, lines, res, err)
				}
				app := <-seen
				if app.Get("X-Foo") != "" || app.Get("Keep-Alive") != "" || app.Get("X-Bar") != "2" {
					t.Errorf("%s HTTP/%s, %q: the app got %v", method, version, lines, app)
				}
			}
		}
	}
}

// TestNoOtherProtocolBelow asks for upgrades that would lead past the guard.
func TestNoOtherProtocolBelow(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 16)
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header
		if strings.Contains(r.Header.Get("Upgrade"), "h2c") { // would be a tunnel
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "h2c")
			w.WriteHeader(http.StatusSwitchingProtocols)
		}
	}))
	for headers, want := range map[string]string{
		"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n": "",
		"Connection: upgrade\r\nUpgrade: H2C\r\n":                                                     "",
		"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n":                                                 "",
		"Connection: Upgrade\r\nUpgrade: TLS/1.2, HTTP/2.0\r\n":                                       "",
		"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n":                                          "websocket",
		"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n":                               "websocket",
		"Connection: Upgrade\r\nUpgrade: websocket\r\n":                                               "websocket",
		"Connection: Upgrade\r\nUpgrade: example/1\r\n":                                               "example/1",
		"HTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: HTTP2-Settings\r\n":                          "",
	} {
		conn, in := dial(t, srv, "GET /x HTTP/1.1\r\nHost: localhost\r\n"+headers+"\r\n")
		res, err := http.ReadResponse(in, nil)
		conn.Close()
		if err != nil || res.StatusCode != 200 {
			t.Errorf("%q: %+v, %v; want a plain answer", headers, res, err)
			continue
		}
		app := <-seen
		if got := app.Get("Upgrade"); got != want || app.Get("HTTP2-Settings") != "" {
			t.Errorf("%q: the app got Upgrade %q, want %q, and %q", headers, got, want, app.Get("HTTP2-Settings"))
		}
	}
}

// TestForwardedIsOurs sends what proxies tell apps of their clients.
func TestForwardedIsOurs(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 16)
	p := New(Options{AllowedHosts: []string{"tunnel.test"}})
	srv := serve(t, p)
	p.Open(start(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	names := []string{"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-Proto", "X-Real-Ip"}
	for host, want := range map[string]bool{"localhost": false, "tunnel.test": true} {
		r := newRequest(t, "GET", srv.URL, "")
		r.Host = host
		for _, name := range names {
			r.Header.Set(name, "forged")
		}
		ask(r)
		app := <-seen
		for _, name := range names {
			if got := app.Get(name) == "forged"; got != want {
				t.Errorf("%s: the app gets the client's %s: %v, want %v", host, name, got, want)
			}
		}
	}
}

// startFrames is an app in HTTP/2 that answers with the headers that its path
// names, which net/http would not send.
func startFrames(t *testing.T, headers map[string][]hpack.HeaderField, body string) Target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { ln.Close(); work.Wait() })
	answer := func(conn net.Conn) {
		defer conn.Close()
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		framer := http2.NewFramer(conn, conn)
		framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		framer.WriteSettings()
		var block bytes.Buffer
		encoder := hpack.NewEncoder(&block)
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			request, ok := frame.(*http2.MetaHeadersFrame)
			if !ok {
				continue
			}
			block.Reset()
			encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			for _, field := range headers[request.PseudoValue("path")] {
				encoder.WriteField(field)
			}
			framer.WriteHeaders(http2.HeadersFrameParam{StreamID: request.StreamID, BlockFragment: block.Bytes(), EndHeaders: true})
			framer.WriteData(request.StreamID, true, []byte(body))
		}
	}
	work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			work.Go(func() { answer(conn) })
		}
	})
	return Target{Addr: ln.Addr().String(), Protocol: "h2c"}
}

// TestFramingOfHTTP2 has an app in HTTP/2 say things of its body that frame
// nothing there, and would here.
func TestFramingOfHTTP2(t *testing.T) {
	t.Parallel()
	length := func(values ...string) (fields []hpack.HeaderField) {
		for _, value := range values {
			fields = append(fields, hpack.HeaderField{Name: "content-length", Value: value})
		}
		return fields
	}
	const body = "hello"
	rows := map[string][]hpack.HeaderField{
		"/none": nil, "/right": length("5"), "/padded": length("05"), "/word": length("abc"), "/negative": length("-1"), "/plus": length("+5"),
		"/two": length("5", "5"), "/twodifferent": length("5", "7"), "/list": length("5, 5"), "/space": length("5 "), "/hex": length("0x5"), "/empty": length(""),
		"/vast": length("99999999999999999999"),
	}
	p := New(Options{})
	srv := serve(t, p)
	p.Open(startFrames(t, rows, body))
	for path := range rows {
		conn, _ := dial(t, srv, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path))
		raw, err := io.ReadAll(conn)
		conn.Close()
		head, rest, _ := strings.Cut(string(raw), "\r\n\r\n")
		res, bad := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
		if err != nil || bad != nil {
			t.Errorf("%s: %v, %v: %q", path, err, bad, raw)
			continue
		}
		got, err := io.ReadAll(res.Body)
		if string(got) != body || err != nil {
			t.Errorf("%s: body %q, %v; raw %q", path, got, err, rest)
		}
		if n := strings.Count(strings.ToLower(head), "content-length"); n > 1 || n == 1 && !strings.Contains(head, "Content-Length: 5\r\n") && !strings.HasSuffix(head, "Content-Length: 5") {
			t.Errorf("%s: %q", path, head)
		}
	}
}
