package proxy

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// guarded serves a proxy whose app and reserved routes note what reaches them.
func guarded(t *testing.T) (send func(request string) (status int, res string), app, own *atomic.Int32) {
	t.Helper()
	app, own = new(atomic.Int32), new(atomic.Int32)
	p := New(Options{Reserved: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own.Add(1)
		io.WriteString(w, "own secret")
	})})
	srv := serve(t, p)
	p.SetAssets(map[string]Asset{"/assets/main.js": {Contents: []byte("bundle secret"), Type: "text/javascript", Hash: "h"}})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		app.Add(1)
		io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "app secret")
	}))
	return func(request string) (int, string) {
		t.Helper()
		conn, in := dial(t, srv, strings.ReplaceAll(request, "\n", "\r\n"))
		defer conn.Close()
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		var b strings.Builder
		res.Header.Write(&b)
		return res.StatusCode, b.String() + string(body)
	}, app, own
}

// Each row is a published attack in spirit; none may reach an app or a route
// of ours, or learn anything.
func TestAttacks(t *testing.T) {
	t.Parallel()
	const ok = "Host: localhost:3000\n"
	upgrade := "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
	attacks := map[string]string{
		"rebound name":                  "GET / HTTP/1.1\nHost: evil.test\n\n",
		"rebound name, bundle":          "GET /assets/main.js HTTP/1.1\nHost: evil.test:3000\n\n",
		"rebound name, reserved":        "GET /__devtool/client.js HTTP/1.1\nHost: evil.test\n\n",
		"rebound name, websocket":       "GET / HTTP/1.1\nHost: evil.test\nOrigin: http://evil.test\n" + upgrade + "\n",
		"name that ends like ours":      "GET / HTTP/1.1\nHost: localhost.evil.test\n\n",
		"absolute target":               "GET http://evil.test/ HTTP/1.1\n" + ok + "\n",
		"forwarded host is not trusted": "GET / HTTP/1.1\nHost: evil.test\nX-Forwarded-Host: localhost\n\n",
		"Host: file:":                   "GET / HTTP/1.1\nHost: file:\n\n",
		"no host":                       "GET / HTTP/1.1\n\n",
		"empty host":                    "GET / HTTP/1.1\nHost:\n\n",
		"no host, HTTP/1.0":             "GET / HTTP/1.0\n\n",
		"two hosts":                     "GET / HTTP/1.1\n" + ok + "Host: evil.test\n\n",
		"host with a user":              "GET / HTTP/1.1\nHost: localhost@evil.test\n\n",
		"host with markup":              "GET / HTTP/1.1\nHost: <script>\n\n",
		"tunnel":                        "CONNECT evil.test:443 HTTP/1.1\nHost: evil.test:443\n\n",
		"tunnel to us":                  "CONNECT localhost:3000 HTTP/1.1\nHost: localhost:3000\n\n",

		"cross-site read of a route":     "GET /__devtool/status HTTP/1.1\n" + ok + "Origin: https://evil.test\n\n",
		"cross-site action":              "POST /__devtool/open HTTP/1.1\n" + ok + "Origin: https://evil.test\nContent-Length: 0\n\n",
		"cross-site script":              "GET /__devtool/client.js HTTP/1.1\n" + ok + "Sec-Fetch-Site: cross-site\n\n",
		"another port of this machine":   "GET /__devtool/status HTTP/1.1\n" + ok + "Sec-Fetch-Site: same-site\n\n",
		"another port's origin":          "GET /__devtool/status HTTP/1.1\n" + ok + "Origin: http://localhost:8080\n\n",
		"null origin":                    "GET /__devtool/ws HTTP/1.1\n" + ok + "Origin: null\n" + upgrade + "\n",
		"two origins":                    "GET /__devtool/ws HTTP/1.1\n" + ok + "Origin: http://localhost:3000\nOrigin: https://evil.test\n" + upgrade + "\n",
		"one same-origin, one cross":     "GET /__devtool/status HTTP/1.1\n" + ok + "Sec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site\n\n",
		"cross-site reserved websocket":  "GET /__devtool/ws HTTP/1.1\n" + ok + "Origin: https://evil.test\n" + upgrade + "\n",
		"cross-site websocket to an app": "GET /ws HTTP/1.1\n" + ok + "Origin: https://evil.test\n" + upgrade + "\n",
		"null websocket to an app":       "GET /ws HTTP/1.1\n" + ok + "Origin: null\n" + upgrade + "\n",
		"LAN address websocket":          "GET /ws HTTP/1.1\n" + ok + "Origin: http://192.168.1.66\n" + upgrade + "\n",
		"cross-site bundle":              "GET /assets/main.js HTTP/1.1\n" + ok + "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\n\n",

		"encoded reserved path":     "GET /%2f__devtool/status HTTP/1.1\n" + ok + "\n",
		"doubly encoded":            "GET /%255f%255fdevtool/status HTTP/1.1\n" + ok + "\n",
		"doubled slash":             "GET //__devtool/status HTTP/1.1\n" + ok + "\n",
		"dot segment":               "GET /x/../__devtool/status HTTP/1.1\n" + ok + "\n",
		"encoded dot segment":       "GET /x/%2e%2e/__devtool/status HTTP/1.1\n" + ok + "\n",
		"encoded slash":             "GET /x/..%2f__devtool%2fstatus HTTP/1.1\n" + ok + "\n",
		"backslash":                 "GET /x\\..\\__devtool\\status HTTP/1.1\n" + ok + "\n",
		"encoded backslash":         "GET /%5c__devtool%5cstatus HTTP/1.1\n" + ok + "\n",
		"other case":                "GET /__DevTool/status HTTP/1.1\n" + ok + "\n",
		"below a reserved path":     "GET /__devtool/../x HTTP/1.1\n" + ok + "\n",
		"absolute reserved, not us": "GET http://evil.test/__devtool/status HTTP/1.1\n" + ok + "\n",

		"two lengths":          "POST / HTTP/1.1\n" + ok + "Content-Length: 5\nContent-Length: 6\n\nhello!",
		"odd length":           "POST / HTTP/1.1\n" + ok + "Content-Length: +5\n\nhello",
		"odd transfer coding":  "POST / HTTP/1.1\n" + ok + "Transfer-Encoding: xchunked\n\n0\n\n",
		"two transfer codings": "POST / HTTP/1.1\n" + ok + "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n\n0\n\n",
		"bare CR in a header":  "GET / HTTP/1.1\n" + ok + "X: a\rb\n\n",
		"NUL in a header":      "GET / HTTP/1.1\n" + ok + "X: a\x00b\n\n",
		"space before colon":   "GET / HTTP/1.1\n" + ok + "Content-Length : 5\n\nhello",
		"folded first header":  "GET / HTTP/1.1\n X: 1\n" + ok + "\n",
		"bad escape":           "GET /%zz HTTP/1.1\n" + ok + "\n",
		"bad method":           "G<T / HTTP/1.1\n" + ok + "\n",
		"other protocol":       "GET / HTTP/3.0\n" + ok + "\n",
		"vast header":          "GET / HTTP/1.1\n" + ok + "X: " + strings.Repeat("x", 2<<20) + "\n\n",
	}
	send, app, own := guarded(t)
	var wg sync.WaitGroup
	for name, request := range attacks {
		wg.Go(func() {
			status, res := send(request)
			// A reset while a vast request is still being sent is a refusal too.
			if (status < 400 || status > 499) && status != 501 && status != 505 && name != "vast header" {
				t.Errorf("%s: status %d: %s", name, status, res)
			}
			if strings.Contains(res, "secret") || strings.Contains(res, "<script>") || strings.Contains(res, "goroutine") {
				t.Errorf("%s leaks: %s", name, res)
			}
			if strings.Contains(res, "Access-Control-") {
				t.Errorf("%s: a CORS header: %s", name, res)
			}
		})
	}
	wg.Wait()
	if app.Load() != 0 || own.Load() != 0 {
		t.Errorf("%d requests reached the app, %d our routes", app.Load(), own.Load())
	}
}

// The guard is not so strict that honest requests fail.
func TestHonestRequests(t *testing.T) {
	t.Parallel()
	send, app, own := guarded(t)
	for _, request := range []string{
		"GET / HTTP/1.1\nHost: localhost:3000\nConnection: close\n\n",
		"GET / HTTP/1.0\nHost: localhost\n\n",
		"GET / HTTP/1.1\nHost: 192.168.1.20:3000\nConnection: close\n\n",
		"GET / HTTP/1.1\nHost: [::1]:3000\nConnection: close\n\n",
		"GET http://localhost:3000/ HTTP/1.1\nHost: localhost:3000\nConnection: close\n\n",
		"POST /webhook HTTP/1.1\nHost: localhost\nOrigin: https://accounts.test\nSec-Fetch-Site: cross-site\nContent-Length: 2\nConnection: close\n\n{}",
		"GET /__devtools/x HTTP/1.1\nHost: localhost\nConnection: close\n\n",
	} {
		if status, res := send(request); status != 200 || !strings.HasSuffix(res, "app secret") {
			t.Errorf("%q: status %d: %s", request, status, res)
		}
	}
	for _, request := range []string{
		"GET /__devtool/client.js HTTP/1.1\nHost: localhost:3000\nSec-Fetch-Site: same-origin\nConnection: close\n\n",
		"GET /__devtool/status HTTP/1.1\nHost: 192.168.1.20:3000\nConnection: close\n\n",
		"GET /%5f%5fdevtool/status HTTP/1.1\nHost: localhost\nConnection: close\n\n",
		"POST /__devtool/open HTTP/1.1\nHost: localhost:3000\nOrigin: http://localhost:3000\nContent-Length: 0\nConnection: close\n\n",
	} {
		if status, res := send(request); status != 200 || !strings.HasSuffix(res, "own secret") {
			t.Errorf("%q: status %d: %s", request, status, res)
		}
	}
	if app.Load() != 7 || own.Load() != 4 {
		t.Errorf("%d requests reached the app, %d our routes", app.Load(), own.Load())
	}
}

// CL+TE is legal and has one reading: chunks. What follows is the next
// request, whatever the length said, and the app sees only what we read.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	seen := make(chan string, 4)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- fmt.Sprintf("%s %s %q %v %d", r.Method, r.URL.Path, body, r.TransferEncoding, r.ContentLength)
	}))
	_, in := dial(t, srv, "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := <-seen, `POST /a "x" [chunked] -1`; got != want {
		t.Errorf("the app saw %s, want %s", got, want)
	}
	// The server may close after such a request; it must not misread the rest.
	if _, err := http.ReadResponse(in, nil); err == nil {
		if got, want := <-seen, `GET /b "" [] 0`; got != want {
			t.Errorf("then the app saw %s, want %s", got, want)
		}
	}
	if len(seen) > 0 {
		t.Errorf("a third request: %s", <-seen)
	}
}

// A refusal names the setting that would allow the host.
func TestRefusalNamesSetting(t *testing.T) {
	t.Parallel()
	send, _, _ := guarded(t)
	status, res := send("GET / HTTP/1.1\nHost: team.example.com\n\n")
	if status != 403 || !strings.Contains(res, `allowed_hosts = ["team.example.com"]`) || !strings.Contains(res, "nosniff") {
		t.Errorf("status %d: %s", status, res)
	}
}
