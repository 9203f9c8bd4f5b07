//go:build unix

package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestUploads replaces the app in the middle of a hundred uploads, while a
// hundred more arrive. None is lost, none is taken twice.
func TestUploads(t *testing.T) {
	t.Parallel()
	for _, habit := range []string{"", "hasty port"} {
		t.Run("habit "+habit, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "", habit).start()
			const each = 100
			half := strings.Repeat("x", 10_000)
			var ids []string
			var replies []<-chan reply
			var bodies []*io.PipeWriter
			for n := range each {
				r, w := io.Pipe()
				id := fmt.Sprintf("during-%d", n)
				ids, bodies = append(ids, id), append(bodies, w)
				replies = append(replies, a.askLater("POST", "/upload?id="+id, r))
				go io.WriteString(w, half) // read by the request
			}
			a.until("all uploads to be under way", func() bool { return len(a.records("begun")) == each })

			token, visitors := a.token(), startKnocking(t, a.url)
			from := a.Mark()
			a.code("v2", "")
			a.held(token, 1) // now the app is drained
			for n := range each {
				id := fmt.Sprintf("late-%d", n)
				ids = append(ids, id)
				replies = append(replies, a.askLater("POST", "/upload?id="+id, strings.NewReader(half)))
			}
			for _, body := range bodies {
				go func() {
					_, _ = io.WriteString(body, half) // an error is the reply's
					body.Close()
				}()
			}
			for n, r := range replies {
				if got := <-r; got.err != nil || got.status != http.StatusOK {
					t.Errorf("%s: %v", ids[n], got)
				}
			}
			a.once(ids)
			a.readyAfter(from)
			a.unhurt(visitors)
		})
	}
}

// TestCutOff replaces the app while handlers never end. Their clients can tell
// that they were cut off, and the terminal names them.
func TestCutOff(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\ndrain_timeout = \"200ms\"", "").start()
	silent := a.askLater("POST", "/hold?id=silent", strings.NewReader("body"))
	begun := a.askLater("GET", "/hold?id=begun&begin=1", nil)
	a.until("the handlers to run", func() bool { return len(a.records("held")) == 2 })

	got := a.Outcome(func() { a.code("v2", "") })
	if i := slices.Index(got.StageNames(), "drain"); i < 0 || !strings.Contains(got.Stages[i].Note, "/hold") || !strings.Contains(got.Stages[i].Note, "1 more") {
		t.Errorf("outcome %+v does not name what was cut off", got)
	}
	for _, r := range []reply{<-silent, <-begun} {
		if r.err == nil {
			t.Errorf("the client takes %v for an answer", r)
		}
	}
}

// TestDrain replaces the app during a download that ends in time.
func TestDrain(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	const size = 2_000_000
	download := a.askLater("GET", fmt.Sprintf("/download?size=%d&ms=800", size), nil)
	a.until("the download to run", func() bool { return a.get("/").status == http.StatusOK })
	from := a.Mark()
	a.habits("again")
	if got := <-download; got.err != nil || len(got.body) != size {
		t.Errorf("%d bytes, error %v, want %d", len(got.body), got.err, size)
	}
	a.readyAfter(from)
}

// TestStreams replaces the app under an event stream and a websocket: both end
// cleanly, and who connects again reaches the new app.
func TestStreams(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	a.eventsFrom("v1")
	a.socketFrom("v1")
	stream, socket := a.events(), a.socket()
	a.talk(socket, "v1")

	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, stream)
		ended <- err
	}()
	closed := make(chan error, 1)
	go func() {
		_, _, err := socket.ReadMessage()
		closed <- err
	}()
	from := a.Mark()
	a.code("v2", "")
	if err := <-ended; err != nil {
		t.Errorf("the event stream ended with %v, want a clean end", err)
	}
	var end *websocket.CloseError
	if err := <-closed; !errors.As(err, &end) || end.Code != websocket.CloseServiceRestart {
		t.Errorf("the websocket ended with %v, want 1012", err)
	}
	// Again, at once, as browsers do: they are held.
	a.eventsFrom("v2")
	a.socketFrom("v2")
	if got := a.AwaitAfter(from, "the outcome", devtooltest.Finished(0)); len(got.Stages) == 0 || got.Stages[1].Note != "" {
		t.Errorf("outcome %+v: streams were to be waited for by nobody", got)
	}
}

func (a *app) events() io.Reader {
	a.t.Helper()
	res, err := http.Get(a.url + "/events")
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { res.Body.Close() })
	return res.Body
}

func (a *app) eventsFrom(version string) {
	a.t.Helper()
	line, err := bufio.NewReader(a.events()).ReadString('\n')
	if err != nil || line != "data: "+version+"\n" {
		a.t.Errorf("the event stream begins with %q, %v, want %s", line, err, version)
	}
}

func (a *app) socket() *websocket.Conn {
	a.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(a.url, "http")+"/ws", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	return conn
}

func (a *app) talk(conn *websocket.Conn, version string) {
	a.t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		a.t.Fatal(err)
	}
	if _, text, err := conn.ReadMessage(); err != nil || string(text) != version+" hello" {
		a.t.Errorf("the websocket says %q, %v, want %s", text, err, version)
	}
}

func (a *app) socketFrom(version string) {
	a.t.Helper()
	a.talk(a.socket(), version)
}

// TestSelfCall replaces an app while a handler calls its own public address
// again and again: each call is answered by that very app, at once.
func TestSelfCall(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	res, err := http.Get(a.url + "/self")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // the handler runs
	from := a.Mark()
	a.habits("again")
	calls, last := 0, ""
	for lines.Scan() {
		last = lines.Text()
		if want := fmt.Sprintf("v1 by %d", a.app); last != "end" && !strings.Contains(last, want) {
			t.Errorf("the app got %q from itself, want %q", last, want)
		}
		calls++
	}
	if last != "end" || lines.Err() != nil {
		t.Errorf("the handler was cut off after %d calls: %q, %v", calls, last, lines.Err())
	}
	if got := a.AwaitAfter(from, "the outcome", devtooltest.Finished(0)); got.Stages[0].Note != "" {
		t.Errorf("outcome %+v: nothing was to be cut off", got)
	}
}

// TestAbandoned leaves while an upload waits at the gate: the app never sees it.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	token := a.token()
	from := a.Mark()
	a.habits("wait")
	a.said(from, "^waits$")

	conn, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /upload?id=abandoned HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")
	kept := a.askLater("POST", "/upload?id=kept", strings.NewReader("body"))
	a.held(token, 2)
	conn.Close()
	a.release()
	if got := <-kept; got.status != http.StatusOK {
		t.Errorf("who waited got %v", got)
	}
	a.readyAfter(from)
	if got := a.records("begun"); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("the app saw %q, want only who waited", got)
	}
}

// TestStatusPage waits at the gate for longer than people like: documents get a
// page that asks again, everything else is held.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	from := a.Mark()
	a.habits("wait")
	a.said(from, "^waits$")
	held := a.askLater("GET", "/", nil)
	page := a.get("/", "Accept", "text/html")
	if page.status != http.StatusServiceUnavailable || page.header.Get("Retry-After") == "" ||
		!strings.Contains(page.body, `http-equiv="refresh"`) || !strings.Contains(page.body, "/__devtool/client.js") {
		t.Errorf("a document got %v", page)
	}
	a.release()
	if got := <-held; got.status != http.StatusOK {
		t.Errorf("who waited got %v", got)
	}
}

// TestManyDuringBuild connects many times before the first build is done: all
// are answered.
func TestManyDuringBuild(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "wait").startOnly()
	a.said(0, "^waits$")
	token := a.token()
	const visitors = 1000
	failed := make(chan reply, visitors)
	var all sync.WaitGroup
	for range visitors {
		all.Go(func() {
			if got := a.get("/"); got.status != http.StatusOK {
				failed <- got
			}
		})
	}
	a.held(token, visitors)
	a.release()
	all.Wait()
	if n := len(failed); n > 0 {
		t.Errorf("%d of %d failed, one with %v", n, visitors, <-failed)
	}
}
