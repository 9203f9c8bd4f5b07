package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// everything serves a proxy with a route of every kind there is. An app that is
// not open has a shut gate.
func everything(t *testing.T, open bool, allowed ...string) (srv *httptest.Server, reached *atomic.Int32) {
	t.Helper()
	reached = new(atomic.Int32)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		if r.Header.Get("Upgrade") != "" {
			w.Header().Set("Upgrade", r.Header.Get("Upgrade"))
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
			return
		}
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, "secret")
	})
	dir := t.TempDir()
	for _, name := range []string{"public.txt", "mounted.txt", "index.html"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("<!doctype html>secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{
		AllowedHosts: allowed, Reserved: answer, Tag: func() string { return "<script>secret</script>" },
		Mounts: map[string]string{"/mount/": dir}, PublicDir: dir, HTML: filepath.Join(dir, "index.html"),
	})
	p.SetAssets(map[string]Asset{"/assets/main.js": {Contents: []byte("secret"), Type: "text/javascript", Hash: "h"}})
	if open {
		p.Open(start(t, answer))
	}
	return serve(t, p), reached
}

// everyRoute has one path of each kind.
var everyRoute = []string{
	"/", "/app", "/missing", "/public.txt", "/mount/mounted.txt", "/mount/", "/assets/main.js",
	"/__devtool/client.js", "/__devtool/ws", "/__devtool/status", "/__devtool/open", "/__devtool/later", "/__devtool", "*",
}

// rawStatus sends one request over a connection of its own.
func rawStatus(t *testing.T, srv *httptest.Server, method, path, host, more string) (status int, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: 0\r\n\r\n", method, path, host, more)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s of %s: %v", method, path, host, err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res.StatusCode, ""
	}
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// No route answers a foreign name, whatever the method, with or without an
// upgrade, and whether or not there is an app to ask. Each is there: under a
// name of ours it is not refused.
func TestEveryRouteRefusesForeignHosts(t *testing.T) {
	t.Parallel()
	const (
		upgrade  = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		document = "Accept: text/html\r\nSec-Fetch-Dest: document\r\n"
	)
	for _, open := range []bool{true, false} {
		srv, reached := everything(t, open)
		for _, path := range everyRoute {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "WHATEVER"} {
				for _, more := range []string{"", upgrade, document} {
					status, text := rawStatus(t, srv, method, path, "evil.test", more)
					if status != http.StatusForbidden || strings.Contains(text, "secret") {
						t.Errorf("app %t: %s %s %.10q: status %d: %s", open, method, path, more, status, text)
					}
				}
			}
		}
		if n := reached.Load(); n != 0 {
			t.Errorf("app %t: %d requests of a foreign name were answered by the app or a route", open, n)
		}
		for _, path := range everyRoute {
			if !open && (path == "/app" || path == "/missing" || path == "*") {
				continue // held until there is an app
			}
			if status, text := rawStatus(t, srv, "GET", path, "localhost:3000", ""); status == http.StatusForbidden {
				t.Errorf("app %t: under our own name %s is refused: %s", open, path, text)
			}
		}
	}
}

// What stands before devtool in a remote workspace: a forwarded port keeps the
// Host of the other side or says its own, and may rewrite the origin.
func TestForwardedPorts(t *testing.T) {
	t.Parallel()
	srv, _ := everything(t, true, ".app.github.dev", "dev.example.com")
	const socket = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	for _, tt := range []struct {
		name, host, origin, site string
		want                     bool
	}{
		{"ssh -L to another port", "localhost:8080", "http://localhost:8080", "same-origin", true},
		{"workspace, its own name", "me-3000.app.github.dev", "https://me-3000.app.github.dev", "same-origin", true},
		{"workspace, host rewritten", "localhost:3000", "https://me-3000.app.github.dev", "same-origin", true},
		{"workspace, origin rewritten", "me-3000.app.github.dev", "http://localhost:3000", "", false},
		{"tunnel, host rewritten", "localhost:3000", "https://dev.example.com", "", true},
		{"tunnel of another person", "localhost:3000", "https://dev.example.org", "", false},
		{"name like the workspace's", "localhost:3000", "https://evilapp.github.dev", "", false},
		{"another page of the workspace's provider", "me-3000.app.github.dev", "https://github.dev", "same-site", false},
	} {
		more := socket + "Origin: " + tt.origin + "\r\n"
		if tt.site != "" {
			more += "Sec-Fetch-Site: " + tt.site + "\r\n"
		}
		status, text := rawStatus(t, srv, "GET", "/__devtool/ws", tt.host, more)
		if got := status == http.StatusSwitchingProtocols; got != tt.want {
			t.Errorf("%s: let through %t, want %t: %d %s", tt.name, got, tt.want, status, text)
		}
	}
}

// A redirect to the app's private address leads to the public one; any other is
// the app's own business.
func TestRedirects(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	app := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusSeeOther)
	})
	p.Open(app)
	_, port, _ := net.SplitHostPort(app.Addr)
	for to, want := range map[string]string{
		"/login?next=%2F": "/login?next=%2F",
		"login":           "login",
		"http://" + app.Addr + "/login?next=%2F#here":  "/login?next=%2F#here",
		"http://localhost:" + port:                     "/",
		"//127.0.0.1:" + port + "/a%2Fb":               "/a%2Fb",
		"http://" + app.Addr + "//evil.test":           "http://" + app.Addr + "//evil.test",
		"http://other.test:" + port + "/":              "http://other.test:" + port + "/",
		"http://localhost:1/":                          "http://localhost:1/",
		"https://accounts.test/o?r=http://" + app.Addr: "https://accounts.test/o?r=http://" + app.Addr,
	} {
		r := newRequest(t, "GET", srv.URL, "")
		q := r.URL.Query()
		q.Set("to", to)
		r.URL.RawQuery = q.Encode()
		if got := ask(r).header.Get("Location"); got != want {
			t.Errorf("Location %q became %q, want %q", to, got, want)
		}
	}
}
