//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
)

// directApp serves a template that it parses at start, so that an edit of the
// template replaces it without a build.
const directApp = `package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	text, err := os.ReadFile("page.tmpl")
	if err != nil {
		log.Fatal(err)
	}
	ln, err := listenfd.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<html><head>%s<script>sessionStorage.loads = 1 + Number(sessionStorage.loads ?? 0)</script></head><body>%s</body></html>", os.Getenv("DEVTOOL_TAG"), text)
	})
	if err := listenfd.Serve(ctx, new(http.Server), ln); err != nil {
		log.Fatal(err)
	}
}
`

// directServer is devtool in direct mode, with what it says.
type directServer struct {
	t        *testing.T
	dir      string
	messages chan directMessage
	url      string // the public one
	endpoint string // devtool's own
}

type directMessage struct {
	Type, What, Value, Text, Result string
	URLs                            []string
	Generation                      int
	Problems                        []struct {
		Message string
		Notes   []string
	}
}

func startDirect(t *testing.T, files map[string]string) *directServer {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &directServer{t: t, dir: t.TempDir(), messages: make(chan directMessage, 1000)}
	for name, text := range map[string]string{
		"go.mod":    fmt.Sprintf("module example.com/app\n\ngo 1.26.0\n\nrequire github.com/calendsync/devtool v0.0.0\n\nreplace github.com/calendsync/devtool => %s\n", repo),
		"main.go":   directApp,
		"page.tmpl": "page 0",
	} {
		if _, given := files[name]; !given {
			s.write(name, text)
		}
	}
	for name, text := range files {
		s.write(name, text)
	}
	cmd := exec.Command("devtool", "dev", "server", "--direct", "--json", "--port", "0", "--dir", s.dir)
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "PORT=", "XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+strings.TrimSpace(string(cache)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(s.messages)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var m directMessage
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				s.messages <- m
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		for range s.messages { // what was not waited for
		}
		reading.Wait()
		if err := cmd.Wait(); err != nil {
			t.Errorf("devtool: %v", err)
		}
		killer.Stop()
	})
	s.url = s.await("listening").URLs[0]
	for s.endpoint == "" {
		if m := s.await("assumed"); m.What == "direct" {
			s.endpoint = m.Value
		}
	}
	return s
}

func (s *directServer) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// await returns the next message of a type.
func (s *directServer) await(kind string) directMessage {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m, ok := <-s.messages:
			if !ok {
				s.t.Fatalf("devtool ended before %q", kind)
			}
			if m.Type == kind {
				return m
			}
		case <-deadline:
			s.t.Fatalf("waited %v in vain for %q", patience, kind)
		}
	}
}

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
			client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: method == http.MethodPost}}
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
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
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
	conn.SetDeadline(time.Now().Add(patience))
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
	client := &http.Client{Timeout: patience}
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
