package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Requests that arrive during a replacement are answered by the new app, over
// the connections they came on.
func TestReplacementHoldsRequests(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, saying("one")))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	defer client.CloseIdleConnections()
	const clients = 40

	var dialed atomic.Int32
	round := func(want string) *sync.WaitGroup {
		var wg sync.WaitGroup
		for i := range clients {
			method, body := "GET", ""
			if i%2 == 0 {
				method, body = "POST", "body"
			}
			r := newRequest(t, method, srv.URL, body)
			r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
				GotConn: func(c httptrace.GotConnInfo) {
					if !c.Reused {
						dialed.Add(1)
					}
				},
			}))
			wg.Go(func() {
				res, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				if got, err := io.ReadAll(res.Body); string(got) != want || err != nil {
					t.Errorf("%s: got %q, %v; want %q", method, got, err, want)
				}
			})
		}
		return &wg
	}
	// Held all at once, so that each has a connection of its own.
	p.Shut()
	wg := round("two")
	eventually(t, "all wait", func() bool { return p.Counts().Held == clients })
	p.Open(start(t, saying("two")))
	wg.Wait()

	before := dialed.Load()
	p.Shut()
	if d := p.Drain(t.Context(), patience); len(d.Aborted) > 0 {
		t.Errorf("aborted %q", d.Aborted)
	}
	wg = round("three")
	eventually(t, "all wait", func() bool { return p.Counts().Held == clients })
	p.Open(start(t, saying("three")))
	wg.Wait()

	if n := dialed.Load() - before; n != 0 {
		t.Errorf("%d client connections did not survive", n)
	}
	c := p.Counts()
	if c.InFlight != 0 || c.Held != 0 || c.Served != 2*clients || c.WorstHold <= 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	p := New(Options{DocumentWait: time.Millisecond, HoldLimit: 50 * time.Millisecond, Tag: func() string { return testTag }})
	srv := serve(t, p)
	p.SetPage(Page{Phase: "building", Title: "Building <it>"})

	page := ask(newRequest(t, "GET", srv.URL, "", documentHeaders...))
	if page.status != 503 || page.header.Get("Retry-After") == "" {
		t.Errorf("document: status %d, Retry-After %q", page.status, page.header.Get("Retry-After"))
	}
	for _, want := range []string{
		"<h1>Building &lt;it&gt;</h1>", testTag, `http-equiv="refresh"`, `<meta name="devtool-page" content="building">`,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("page lacks %q:\n%s", want, page.body)
		}
	}
	// Its reload would not repeat a POST, so that waits like anything else.
	start := time.Now()
	ask(newRequest(t, "POST", srv.URL, "", documentHeaders...))
	if waited := time.Since(start); waited < 50*time.Millisecond {
		t.Errorf("a form was turned away after %v", waited)
	}

	other := ask(newRequest(t, "GET", srv.URL, "", "Accept", "*/*"))
	var got struct{ Error, Phase string }
	if err := json.Unmarshal([]byte(other.body), &got); err != nil || other.status != 503 ||
		other.header.Get("Retry-After") == "" || got.Phase != "building" {
		t.Errorf("other: status %d, body %q", other.status, other.body)
	}
}

func TestTooManyWait(t *testing.T) {
	t.Parallel()
	p := New(Options{MaxWaiting: 1})
	srv := serve(t, p)
	first := askLater(newRequest(t, "GET", srv.URL, ""))
	eventually(t, "one waits", func() bool { return p.Counts().Held == 1 })
	if got := ask(newRequest(t, "GET", srv.URL, "")); got.status != 503 {
		t.Errorf("second: status %d", got.status)
	}
	p.Open(start(t, saying("app")))
	if got := <-first; got.body != "app" {
		t.Errorf("first: %+v", got)
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	waiting := askLater(newRequest(t, "GET", srv.URL, ""))
	eventually(t, "one waits", func() bool { return p.Counts().Held == 1 })
	p.Fail(Page{Phase: "failed", Problems: []problem.Problem{{
		Source: "go", Severity: "error", File: "a/b.go", Line: 7, Column: 3, Text: "undefined: <x>",
		Notes: []string{"a note"}, Excerpt: []problem.ExcerptLine{{Number: 6, Text: "if {"}, {Number: 7, Text: "\tx()"}},
	}}, Output: "panic: <script>alert(1)</script>"})

	got := <-waiting
	if got.status != 503 || !strings.Contains(got.body, `"file":"a/b.go"`) {
		t.Errorf("waiting: status %d, body %s", got.status, got.body)
	}
	page := ask(newRequest(t, "GET", srv.URL, "", documentHeaders...))
	if page.status != 500 {
		t.Errorf("document: status %d", page.status)
	}
	for _, want := range []string{
		`<meta name="devtool-page" content="failed">`, "<h1>The app is not running</h1>", "a/b.go:7:3", "undefined: &lt;x&gt;", "a note",
		`<span class="blamed"><i>7</i><code>	x()</code></span>`, "<i></i><code>\t ^</code></span>", "&lt;script&gt;alert(1)",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("page lacks %q:\n%s", want, page.body)
		}
	}
	p.Open(start(t, saying("mended")))
	if got := ask(newRequest(t, "GET", srv.URL, "")); got.body != "mended" {
		t.Errorf("after Open: %+v", got)
	}
}

// A POST whose client leaves while it waits is never run. net/http notices
// nothing, because the body has not been read.
func TestAbandonedPost(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs POLLRDHUP")
	}
	for _, body := range []string{"whole body", "half"} {
		p := New(Options{})
		srv := serve(t, p)
		conn, _ := dial(t, srv, "POST /order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"+body)
		eventually(t, "the POST waits", func() bool { return p.Counts().Held == 1 })
		conn.Close()

		var ran atomic.Int32
		p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" {
				ran.Add(1)
			}
		}))
		eventually(t, "the POST is gone", func() bool { return p.Counts() == Counts{} })
		if ran.Load() != 0 {
			t.Errorf("%s: an abandoned POST was run", body)
		}
	}
}

func TestAbandonedGet(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	conn, _ := dial(t, srv, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, "the GET waits", func() bool { return p.Counts().Held == 1 })
	conn.Close()
	eventually(t, "the GET is gone", func() bool { return p.Counts().Held == 0 })
}

// A handler that calls its own public URL must not wait for itself.
func TestSelfCallPassesShutGate(t *testing.T) {
	t.Parallel()
	p := New(Options{FromApp: always})
	srv := serve(t, p)
	entered, goOn := make(chan struct{}), make(chan struct{})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inner" {
			io.WriteString(w, "inner")
			return
		}
		close(entered)
		<-goOn
		io.WriteString(w, "outer "+ask(newRequest(t, "GET", srv.URL+"/inner", "")).body)
	}))
	outer := askLater(newRequest(t, "GET", srv.URL+"/outer", ""))
	<-entered
	p.Shut()
	close(goOn)
	if d := p.Drain(t.Context(), patience); len(d.Aborted) > 0 {
		t.Errorf("aborted %q", d.Aborted)
	}
	if got := <-outer; got.body != "outer inner" {
		t.Errorf("got %+v", got)
	}
	// Once drained, the app's requests wait like any other.
	late := askLater(newRequest(t, "GET", srv.URL+"/inner", ""))
	eventually(t, "the late call waits", func() bool { return p.Counts().Held == 1 })
	p.Open(start(t, saying("next")))
	if got := <-late; got.body != "next" {
		t.Errorf("late: %+v", got)
	}
}

// Open without Shut overlaps: nothing waits, and the old app ends what it has.
func TestOverlap(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	entered, goOn := make(chan struct{}), make(chan struct{})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-goOn
		io.WriteString(w, "old")
	}))
	slow := askLater(newRequest(t, "GET", srv.URL, ""))
	<-entered
	p.Open(start(t, saying("new")))
	if got := ask(newRequest(t, "GET", srv.URL, "")); got.body != "new" {
		t.Errorf("got %+v", got)
	}
	drained := make(chan Drained, 1)
	go func() { drained <- p.Drain(context.Background(), patience) }()
	select {
	case d := <-drained:
		t.Fatalf("drained before the old app had ended: %+v", d)
	default:
	}
	close(goOn)
	if d := <-drained; len(d.Aborted) > 0 {
		t.Errorf("aborted %q", d.Aborted)
	}
	if got := <-slow; got.body != "old" {
		t.Errorf("slow: %+v", got)
	}
}

// Whatever outlasts the drain is cut off so that its client can tell.
func TestDrainAborts(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	begun := make(chan struct{}, 10)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/upload" {
			begun <- struct{}{}
		}
		io.Copy(io.Discard, r.Body) // or net/http would not notice the end
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "1000000")
		}
		if r.URL.Path != "/silent" && r.URL.Path != "/page" {
			io.WriteString(w, "the first part")
			http.NewResponseController(w).Flush()
		}
		begun <- struct{}{}
		<-r.Context().Done()
	}))
	chunked := askLater(newRequest(t, "GET", srv.URL+"/chunked", ""))
	length := askLater(newRequest(t, "GET", srv.URL+"/length", ""))
	silent := askLater(newRequest(t, "POST", srv.URL+"/silent", "x"))
	page := askLater(newRequest(t, "GET", srv.URL+"/page", "", documentHeaders...))
	// HTTP/1.0 has no length and no chunks: its end is the connection's.
	_, old := dial(t, srv, "GET /old HTTP/1.0\r\nHost: localhost\r\n\r\n")
	_, upload := dial(t, srv, "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nthe first part")
	for range 6 {
		<-begun
	}

	p.Shut()
	d := p.Drain(t.Context(), 10*time.Millisecond)
	slices.Sort(d.Aborted)
	want := []string{"GET /chunked", "GET /length", "GET /old", "GET /page", "POST /silent", "POST /upload"}
	if !slices.Equal(d.Aborted, want) || d.Took < 10*time.Millisecond {
		t.Errorf("drained %+v, want aborted %q", d, want)
	}
	for name, c := range map[string]<-chan answer{"chunked": chunked, "length": length, "silent": silent} {
		if got := <-c; got.err == nil {
			t.Errorf("%s: the client took %q for the whole answer", name, got.body)
		}
	}
	if b, err := io.ReadAll(old); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("old: the client took %q for the whole answer", b)
	}
	if b, err := io.ReadAll(upload); !errors.Is(err, syscall.ECONNRESET) || len(b) > 0 {
		t.Errorf("upload: the client got %q, %v", b, err)
	}
	// A page would be lost for good: nothing in it could reload it.
	if got := <-page; got.status != 503 || !strings.Contains(got.body, "refresh") {
		t.Errorf("page: %+v", got)
	}
	if c := p.Counts(); c.InFlight != 0 {
		t.Errorf("counts %+v", c)
	}
}

// A newer change may end a drain early; nothing is lost then.
func TestDrainGivenUp(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	entered, goOn := make(chan struct{}), make(chan struct{})
	target := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-goOn
		io.WriteString(w, "done")
	})
	p.Open(target)
	slow := askLater(newRequest(t, "GET", srv.URL, ""))
	<-entered
	p.Shut()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := p.Drain(ctx, patience); len(d.Aborted)+d.Streams > 0 {
		t.Errorf("drained %+v", d)
	}
	if p.Counts().InFlight != 1 {
		t.Errorf("counts %+v", p.Counts())
	}
	close(goOn)
	p.Drain(t.Context(), patience)
	if got := <-slow; got.body != "done" {
		t.Errorf("got %+v", got)
	}
}

// An app that has crashed refuses connections before anyone knows. Nothing was
// sent, so the request, whatever it is, waits for the next one.
func TestRefusedConnectionWaits(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(Target{Addr: closedPort(t)})
	post := askLater(newRequest(t, "POST", srv.URL, strings.Repeat("x", 1<<20)))
	eventually(t, "the app was tried", func() bool { return p.Counts().Served > 0 })
	p.Shut()
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, err)
	}))
	if got := <-post; got.body != "1048576 <nil>" {
		t.Errorf("got %+v", got)
	}
}
