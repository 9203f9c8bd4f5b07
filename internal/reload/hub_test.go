package reload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/routes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait. It may only fail a test.
const patience = 10 * time.Second

// everything is what a hub shows unless somebody switches it off.
var everything = Features{Overlay: true, Indicator: true, Runtime: true, Refresh: true}

// serveHub serves h on a loopback port until the end of the test, and closes it.
func serveHub(t *testing.T, h *Hub) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server
}

// testTab is a websocket of a program that behaves like the client.
type testTab struct{ conn *websocket.Conn }

func dialHub(t *testing.T, h *Hub, server *httptest.Server) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{protocol}, HandshakeTimeout: patience}
	url := "ws" + strings.TrimPrefix(server.URL, "http") + routes.Prefix + "ws?token=" + h.opts.Token
	conn, response, err := dialer.Dial(url, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, response)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func joinHub(t *testing.T, h *Hub, server *httptest.Server) *testTab {
	t.Helper()
	tab := &testTab{dialHub(t, h, server)}
	tab.say(t, `{"type":"hello","tab":"t1","page":"p1","build":0,"url":"http://localhost/"}`)
	return tab
}

func (tab *testTab) say(t *testing.T, text string) {
	t.Helper()
	if err := tab.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (tab *testTab) read() ([]byte, error) {
	if err := tab.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	_, text, err := tab.conn.ReadMessage()
	return text, err
}

func (tab *testTab) next(t *testing.T) []byte {
	t.Helper()
	text, err := tab.read()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// head reads the next frame's head.
func (tab *testTab) head(t *testing.T) (f struct {
	frame
	Build int `json:"build"`
}) {
	t.Helper()
	if err := json.Unmarshal(tab.next(t), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestJoinMissesNothing joins tabs while the state changes. Each must see every
// change once, in its hello or as a message after it.
func TestJoinMissesNothing(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	server := serveHub(t, h)
	const rounds, updates = 60, 4
	for round := range rounds {
		tab := &testTab{dialHub(t, h, server)}
		var updating sync.WaitGroup
		updating.Go(func() {
			for i := range updates {
				h.Update(Update{Build: round*updates + i + 1, Reload: true})
			}
		})
		tab.say(t, `{"type":"hello"}`)
		last := tab.head(t)
		if last.Type != "hello" {
			t.Fatalf("got a first frame of type %q, want hello", last.Type)
		}
		for last.Build < (round+1)*updates {
			f := tab.head(t)
			if f.Type != "update" || f.Seq != last.Seq+1 || f.Build != last.Build+1 {
				t.Fatalf("build %d seq %d is followed by %s of build %d seq %d", last.Build, last.Seq, f.Type, f.Build, f.Seq)
			}
			last = f
		}
		updating.Wait()
		tab.conn.Close()
	}
}

// TestStalledClient joins a tab that never reads. The hub cuts it off, and
// neither the hub nor another tab waits for it.
func TestStalledClient(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	server := serveHub(t, h)
	stalled := joinHub(t, h, server)
	stalled.head(t) // it has joined, and reads nothing from now on
	if err := stalled.conn.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	live := joinHub(t, h, server)
	live.head(t)

	// More than the kernel's buffers and the queue hold together.
	large := strings.Repeat("x", 100<<10)
	var slowest time.Duration
	for i := 1; h.Clients() == 2; i++ {
		if i > 500 {
			t.Fatal("the stalled tab is still connected after 50 MiB")
		}
		began := time.Now()
		h.Update(Update{Build: i, CSS: []Sheet{{URL: "/a.css", Hash: fmt.Sprint(i), Source: large}}})
		slowest = max(slowest, time.Since(began))
		if f := live.head(t); f.Build != i {
			t.Fatalf("the live tab got build %d, want %d", f.Build, i)
		}
	}
	if slowest > writeWait/2 {
		t.Errorf("an update took %v: it waited for the stalled tab", slowest)
	}
}

// TestHelloAgain asks for the whole state on an open connection, as a tab does
// after it has slept.
func TestHelloAgain(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	tab := joinHub(t, h, serveHub(t, h))
	first := tab.head(t)
	h.Update(Update{Build: 1, Reload: true})
	tab.head(t)
	tab.say(t, `{"type":"hello"}`)
	again := tab.head(t)
	if again.Type != "hello" || again.Build != 1 || again.Seq != first.Seq+1 {
		t.Errorf("got %+v, want a hello of build 1 that repeats seq %d", again, first.Seq+1)
	}
	h.Phase(Failed, 2)
	if f := tab.head(t); f.Type != "phase" || f.Seq != again.Seq+1 {
		t.Errorf("got %+v, want the phase, once", f)
	}
	if n := h.Clients(); n != 1 {
		t.Errorf("got %d clients, want 1", n)
	}
}

// TestUnchangedIsSilent shows by the number of the next message that the hub sent
// none before it.
func TestUnchangedIsSilent(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	tab := joinHub(t, h, serveHub(t, h))
	seq := tab.head(t).Seq
	set := []problem.Problem{{Text: "x"}}
	h.Errors(nil)
	h.Errors(set)
	h.Errors(set)
	h.Down(Building, 0)
	h.Errors([]problem.Problem{})
	for i, want := range []string{"errors", "errors"} {
		if f := tab.head(t); f.Type != want || f.Seq != seq+uint64(i)+1 {
			t.Errorf("frame %d: got %s seq %d, want %s seq %d", i, f.Type, f.Seq, want, seq+uint64(i)+1)
		}
	}
	h.Phase(Ready, 1)
	if f := tab.head(t); f.Type != "phase" {
		t.Errorf("got %s, want phase", f.Type)
	}
}

// TestUpdateMarks checks the marks by which a tab judges its document.
func TestUpdateMarks(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	css := []Sheet{{URL: "/a.css", Hash: "2"}}
	type marks struct {
		Build        int
		Page, CSS    uint64
		Hash, Script string
	}
	for i, step := range []struct {
		update Update
		want   marks
	}{
		{Update{Build: 1, Reload: true, CSSHashes: map[string]string{"/a.css": "1"}, JSHashes: map[string]string{"/a.js": "1"}}, marks{1, 1, 0, "1", "1"}},
		{Update{Build: 3, CSS: css}, marks{3, 1, 2, "2", "1"}},
		{Update{Build: 2, Reload: true}, marks{3, 3, 2, "2", "1"}}, // a Go build that a style sheet overtook
		{Update{Build: 4}, marks{4, 3, 2, "2", "1"}},
	} {
		h.Update(step.update)
		s := h.snapshot()
		if got := (marks{s.Build, s.PageSeq, s.CSSSeq, s.CSS["/a.css"], s.JS["/a.js"]}); got != step.want {
			t.Errorf("update %d: got %+v, want %+v", i, got, step.want)
		}
	}
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	heard := make(chan any, 3)
	h := New(Options{
		Features:  everything,
		OnPage:    func(p Page) { heard <- p },
		OnAck:     func(a Ack) { heard <- a },
		OnRuntime: func(r Runtime) { heard <- r },
	})
	h.Update(Update{Build: 14})
	tab := joinHub(t, h, serveHub(t, h))
	tab.say(t, `{"type":"ack","build":14,"ms":21.5}`)
	tab.say(t, `{"type":"runtime","name":"E","message":"m","stack":"s"}`)
	page := Page{Tab: "t1", ID: "p1", URL: "http://localhost/"}
	for _, want := range []any{
		page,
		Ack{Tab: "t1", Build: 14, Took: 21500 * time.Microsecond},
		Runtime{Page: page, Name: "E", Message: "m", Stack: "s"},
	} {
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("did not hear %+v", want)
		}
	}
}

// TestLongTexts sends texts almost as long as a message may be. Options get the
// beginning of each, which must not end within a character.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	pages, thrown := make(chan Page, 1), make(chan Runtime, 1)
	h := New(Options{Features: everything, OnPage: func(p Page) { pages <- p }, OnRuntime: func(r Runtime) { thrown <- r }})
	tab := &testTab{dialHub(t, h, serveHub(t, h))}
	for _, long := range []string{strings.Repeat("x", 40<<10), "x" + strings.Repeat("月", 14<<10), strings.Repeat("𝒳", 10<<10)} {
		tab.say(t, fmt.Sprintf(`{"type":"hello","tab":%[1]q,"page":%[1]q,"url":%[1]q}`, long))
		tab.head(t)
		tab.say(t, fmt.Sprintf(`{"type":"runtime","name":%[1]q,"message":%[1]q,"stack":%[1]q}`, long))
		p, r := <-pages, <-thrown
		if r.Page != p {
			t.Errorf("an error of page %.40v came from %.40v", p, r.Page)
		}
		for name, c := range map[string]struct {
			got string
			max int
		}{
			"tab": {p.Tab, 64}, "page": {p.ID, 64}, "url": {p.URL, 2 << 10},
			"name": {r.Name, 128}, "message": {r.Message, 4 << 10}, "stack": {r.Stack, 16 << 10},
		} {
			if len(c.got) > c.max || len(c.got) < c.max-utf8.UTFMax || !strings.HasPrefix(long, c.got) {
				t.Errorf("%s: got %d bytes, %.20q…; want the first %d of %.20q…", name, len(c.got), c.got, c.max, long)
			}
		}
	}
}

// TestWorstError sends the longest error that the client sends, in the characters
// that are the longest in JSON.
func TestWorstError(t *testing.T) {
	t.Parallel()
	thrown := make(chan Runtime, 1)
	h := New(Options{Features: everything, OnRuntime: func(r Runtime) { thrown <- r }})
	tab := joinHub(t, h, serveHub(t, h))
	tab.head(t)
	const longest = 12_000 // of runtime.ts
	for _, worst := range []string{`\u0000`, "月", `\ud835`} {
		text := strings.Repeat(worst, longest)
		tab.say(t, `{"type":"runtime","name":"`+text+`","message":"`+text+`","stack":"`+text+`"}`)
		select {
		case <-thrown:
		case <-time.After(patience):
			t.Fatalf("an error of %d times %s did not arrive", longest, worst)
		}
	}
}

// TestImpossibleAcks reports builds and times that cannot be true.
func TestImpossibleAcks(t *testing.T) {
	t.Parallel()
	heard := make(chan Ack, 8)
	h := New(Options{OnAck: func(a Ack) { heard <- a }})
	h.Update(Update{Build: 3})
	tab := joinHub(t, h, serveHub(t, h))
	for _, ms := range []string{`4,"ms":1`, `9007199254740991,"ms":1`, `-1,"ms":1`, `3,"ms":-1`, `3,"ms":1e308`} {
		tab.say(t, `{"type":"ack","build":`+ms+`}`)
	}
	tab.say(t, `{"type":"ack","build":3,"ms":2}`)
	select {
	case got := <-heard:
		if want := (Ack{Tab: "t1", Build: 3, Took: 2 * time.Millisecond}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	case <-time.After(patience):
		t.Fatal("the true ack was not heard")
	}
}

// TestHostileMessages sends what the client never sends. The connection ends, and
// the hub goes on.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"too large":   `{"type":"` + strings.Repeat("x", maxMessage) + `"}`,
		"not JSON":    `hello`,
		"wrong types": `{"type":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := New(Options{})
			tab := joinHub(t, h, serveHub(t, h))
			tab.head(t)
			tab.say(t, text)
			if _, err := tab.read(); err == nil {
				t.Error("the connection survived")
			}
		})
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	server := httptest.NewServer(h.Handler())
	defer server.Close()
	tab := joinHub(t, h, server)
	tab.head(t)
	silent := dialHub(t, h, server) // connected, but has not said hello
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []*websocket.Conn{tab.conn, silent} {
		if _, err := (&testTab{conn}).read(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
			t.Errorf("got %v, want a close frame that says going away", err)
		}
	}
	if n := h.Clients(); n != 0 {
		t.Errorf("got %d clients after close, want 0", n)
	}
	response, err := http.Get(server.URL + routes.Prefix + "ws?token=" + h.opts.Token)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest && response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a closed hub answered %s", response.Status)
	}
	h.Update(Update{Build: 1}) // must not panic
	if err := h.Close(ctx); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// TestCloseCutsStalled closes while a writer is stuck in the kernel.
func TestCloseCutsStalled(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	server := httptest.NewServer(h.Handler())
	defer server.Close()
	tab := joinHub(t, h, server)
	tab.head(t)
	if err := tab.conn.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	for i := range queueLen / 2 {
		h.Update(Update{Build: i + 1, CSS: []Sheet{{URL: "/a.css", Source: strings.Repeat("x", 1<<20)}}})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := h.Close(ctx)
	if took := time.Since(began); took > writeWait-time.Second {
		t.Errorf("close took %v: it waited for the write's own deadline", took)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
