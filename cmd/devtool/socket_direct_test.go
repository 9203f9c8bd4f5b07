//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestDirectLosesNothing replaces an app that holds the public socket while
// clients send POSTs to it, each on a connection of its own, and GETs on kept
// connections. A POST on a kept connection may cross the close of that
// connection on the wire, which HTTP/1.1 leaves to the client; direct mode does
// not promise it.
func TestDirectLosesNothing(t *testing.T) {
	t.Parallel()
	restarts, clients := 30, 4
	if testing.Short() {
		restarts = 5
	}
	s := startDirect(t, nil)
	// Before there is an app the queue holds: the first requests are sent now.
	var sent, lost atomic.Int64
	var running sync.WaitGroup
	done := make(chan struct{})
	for n := range clients {
		running.Go(func() {
			method := http.MethodGet
			if n%2 == 0 {
				method = http.MethodPost
			}
			client := &http.Client{Timeout: devtooltest.Patience, Transport: &http.Transport{DisableKeepAlives: method == http.MethodPost}}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				sent.Add(1)
				if _, status, _, err := send(client, method, s.url, nil); err != nil || status != http.StatusOK {
					lost.Add(1)
					t.Errorf("lost: %d, %v", status, err)
				}
			}
		})
	}
	stop := sync.OnceFunc(func() { close(done); running.Wait() })
	defer stop()
	if m := s.await("app-ready"); m.Generation != 1 {
		t.Fatalf("generation %d, want 1", m.Generation)
	}
	s.await("build-finished") // an edit is a batch of its own from now on
	client := &http.Client{Timeout: devtooltest.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for n := range restarts {
		s.write("page.tmpl", fmt.Sprintf("page %d", n+1))
		if m := s.await("app-ready"); m.Generation != n+2 {
			t.Fatalf("generation %d, want %d", m.Generation, n+2)
		}
		if _, _, body, err := send(client, http.MethodGet, s.url, nil); err != nil || !strings.Contains(body, fmt.Sprintf("page %d<", n+1)) {
			t.Fatalf("restart %d: %q, %v", n+1, body, err)
		}
	}
	stop()
	t.Logf("%d requests over %d restarts, %d lost", sent.Load(), restarts, lost.Load())
}

func send(client *http.Client, method, url string, header http.Header) (answered http.Header, status int, body string, err error) {
	var content io.Reader
	if method == http.MethodPost {
		content = strings.NewReader("x")
	}
	req, err := http.NewRequest(method, url, content)
	if err != nil {
		return nil, 0, "", err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.Header, resp.StatusCode, string(text), err
}

// TestDirectRawTCP talks to an app that speaks no HTTP, and says by sd_notify
// that it is ready.
func TestDirectRawTCP(t *testing.T) {
	t.Parallel()
	s := startDirect(t, map[string]string{"main.go": `package main

import (
	"io"
	"log"
	"net"
	"os"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ln, err := listenfd.Inherited().Listener("tcp", 0)
	if err != nil {
		log.Fatal(err)
	}
	notify, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(notify, "READY=1")
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			io.Copy(conn, conn)
		}()
	}
}
`})
	if m := s.await("build-finished"); m.Result != "reloaded" {
		t.Fatalf("got %+v, want a running app", m)
	}
	conn, err := net.Dial("tcp", strings.Replace(strings.TrimPrefix(s.url, "http://"), "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(devtooltest.Patience))
	fmt.Fprintln(conn, "echo")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "echo\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

// TestDirectRefusesAnAppThatDoesNotTakeTheSocket: else clients would wait in a
// queue that nobody empties.
func TestDirectRefusesAnAppThatDoesNotTakeTheSocket(t *testing.T) {
	t.Parallel()
	s := startDirect(t, map[string]string{"main.go": `package main

import (
	"net/http"
	"os"
)

func main() { http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil) }
`})
	m := s.await("build-finished")
	if m.Result != "crashed" || len(m.Problems) != 1 {
		t.Fatalf("got %+v, want one problem", m)
	}
	if p := m.Problems[0]; !strings.Contains(p.Message, "does not take the public socket") || !strings.Contains(strings.Join(p.Notes, "\n"), "listenfd.Listen") {
		t.Errorf("the problem says %q, %q", p.Message, p.Notes)
	}
}

// TestDirectEndpoints asks devtool's own side as pages do: those of the app's
// origin are let in, others are not.
func TestDirectEndpoints(t *testing.T) {
	t.Parallel()
	s := startDirect(t, map[string]string{"web/main.ts": "console.log('bundled')"})
	s.await("build-finished")
	client := &http.Client{Timeout: devtooltest.Patience}
	_, _, page, err := send(client, http.MethodGet, s.url, nil)
	src := regexp.MustCompile(`<script async src="([^"]+)"`).FindStringSubmatch(page)
	if err != nil || src == nil {
		t.Fatalf("page %q, %v: no tag", page, err)
	}
	tag := strings.ReplaceAll(src[1], "&amp;", "&")
	token := regexp.MustCompile(`token=(\w+)`).FindStringSubmatch(tag)[1]
	from := func(origin, site string) http.Header {
		h := http.Header{"Sec-Fetch-Site": {site}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		return h
	}
	for _, test := range []struct {
		name, method, url string
		header            http.Header
		status            int
		body              string
	}{
		{"tag", "GET", tag, from("", "same-site"), 200, `client.js\" data-build=\"1\"`},
		{"tag without the token", "GET", s.endpoint + "/__devtool/tag.js?generation=1", from("", "same-site"), 403, "token"},
		{"tag of no generation", "GET", s.endpoint + "/__devtool/tag.js?token=" + token, nil, 400, "generation"},
		{"tag of the past", "GET", strings.Replace(tag, "generation=1", "generation=0", 1), nil, 200, `data-seq=\"0\"`},
		{"client", "GET", s.endpoint + "/__devtool/client.js", from("", "same-site"), 200, "WebSocket"},
		{"bundle, as a module", "GET", s.endpoint + "/assets/main.js", from(s.url, "same-site"), 200, "bundled"},
		{"bundle, as a script", "GET", s.endpoint + "/assets/main.js", from("", "same-site"), 200, "bundled"},
		{"status from a page", "GET", s.endpoint + "/__devtool/status?token=" + token, from(s.url, "same-site"), 200, `"ready"`},
		{"status from a program", "GET", s.endpoint + "/__devtool/status?token=" + token, nil, 200, `"ready"`},
		{"status from another port", "GET", s.endpoint + "/__devtool/status?token=" + token, from("http://localhost:1", "same-site"), 403, ""},
		{"status from elsewhere", "GET", s.endpoint + "/__devtool/status?token=" + token, from("https://example.com", "cross-site"), 403, ""},
		{"status without the token", "GET", s.endpoint + "/__devtool/status", from(s.url, "same-site"), 403, "token"},
		{"open is asked for first", "OPTIONS", s.endpoint + "/__devtool/open", from(s.url, "same-site"), 204, ""},
		{"the app as proxied mode shows it", "GET", s.endpoint, http.Header{"Accept": {"text/html"}}, 200, `<script src="/__devtool/client.js"`},
	} {
		header, status, body, err := send(client, test.method, test.url, test.header)
		if err != nil || status != test.status || !strings.Contains(body, test.body) {
			t.Errorf("%s: %d %.300q, %v; want %d with %q", test.name, status, body, err, test.status, test.body)
		}
		if allowed, origin := header.Get("Access-Control-Allow-Origin"), test.header.Get("Origin"); allowed != "" && allowed != s.url || (origin == s.url) != (allowed != "") {
			t.Errorf("%s: a page of %q is told that %q is allowed", test.name, origin, allowed)
		}
		if policy := header.Get("Cross-Origin-Resource-Policy"); status == http.StatusOK && test.header.Get("Sec-Fetch-Site") == "same-site" && policy != "same-site" {
			t.Errorf("%s: resource policy %q, want same-site", test.name, policy)
		}
	}
}

// TestDirectBrowser reloads a page of the app's own when the app is replaced,
// once.
func TestDirectBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	s := startDirect(t, nil)
	s.await("build-finished")
	tab := browser.Open(s.url)
	const restarts = 3
	for n := range restarts {
		tab.Until(fmt.Sprintf("document.body.textContent === 'page %d'", n))
		s.write("page.tmpl", fmt.Sprintf("page %d", n+1))
		s.await("build-finished")
	}
	tab.Until(fmt.Sprintf("document.body.textContent === 'page %d'", restarts))
	tab.Until("Symbol.for('devtool') in window")
	if loads := browsertest.Eval[string](tab, "sessionStorage.loads"); loads != fmt.Sprint(restarts+1) {
		t.Errorf("the page was loaded %s times, want %d", loads, restarts+1)
	}
	if complaints := tab.Complaints(); len(complaints) > 0 {
		t.Errorf("the console says %q", complaints)
	}
}
