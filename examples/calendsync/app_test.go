package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// site is the app behind a real server.
type site struct {
	*httptest.Server
	app  *app
	stop context.CancelFunc // as SIGTERM does
}

func serve(t *testing.T, env map[string]string) *site {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	a, err := newApp(ctx, testStore(t), ".", environment(env))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{httptest.NewServer(a.handler()), a, stop}
	t.Cleanup(func() { stop(); s.Close(); a.presence.wait() })
	return s
}

// do sends a request and returns status, header and body.
func (s *site) do(t *testing.T, method, path, contentType, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(data)
}

func (s *site) get(t *testing.T, path string) string {
	t.Helper()
	status, _, body := s.do(t, "GET", path, "", "")
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d: %s", path, status, body)
	}
	return body
}

func mustContain(t *testing.T, body string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(body, w) {
			t.Errorf("no %q in\n%s", w, body)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	mustContain(t, s.get(t, "/"), time.Now().Format("January 2006"), greeting, `href="/assets/app.css"`)
	june := s.get(t, "/month/2026-06")
	mustContain(t, june, "<title>June 2026 · calendsync</title>", "Sprint planning", "14 entries this month",
		`href="/month/2026-05"`, `href="/month/2026-07"`, `data-revision="1"`)
	for _, unwanted := range []string{"strip", "main.js", "<dialog id=\"dialog\" aria-labelledby=\"dialog-name\" open"} {
		if strings.Contains(june, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	if grid := s.get(t, "/month/2026-06/grid"); !strings.HasPrefix(strings.TrimSpace(grid), "<table") {
		t.Errorf("the grid is\n%s", grid)
	}
	mustContain(t, s.get(t, "/month/2026-06?day=2026-06-11"), `aria-labelledby="dialog-name" open`, "New entry", `value="2026-06-11"`)
	mustContain(t, s.get(t, "/assets/app.css"), "--accent")
	for _, path := range []string{"/month/2026-13", "/month/june/grid", "/nowhere"} {
		if status, _, _ := s.do(t, "GET", path, "", ""); status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

func TestPageInDevelopment(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"DEV_MODE": "1", "DEVTOOL_BUILD": "17"})
	mustContain(t, s.get(t, "/"), `src="/assets/main.js"`, `<dd id="strip-build">17</dd>`, "Uncomment the mistake")
	var p process
	if err := json.Unmarshal([]byte(s.get(t, "/api/ping")), &p); err != nil || p != s.app.process {
		t.Errorf("ping: %+v, %v", p, err)
	}
}

// TestFormsWithoutScripts adds, moves and deletes as a browser without scripts.
func TestFormsWithoutScripts(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	post := func(path string, fields url.Values) (int, http.Header, string) {
		return s.do(t, "POST", path, "application/x-www-form-urlencoded", fields.Encode())
	}
	nasty := `<script>alert("tea")</script>`
	status, header, _ := post("/entries", url.Values{"title": {nasty}, "date": {"2031-05-09"}})
	if status != http.StatusSeeOther || header.Get("Location") != "/month/2031-05" {
		t.Fatalf("added: %d, to %s", status, header.Get("Location"))
	}
	may := s.get(t, "/month/2031-05")
	if strings.Contains(may, nasty) {
		t.Errorf("a title is not escaped:\n%s", may)
	}
	found := regexp.MustCompile(`\?entry=(\w+)`).FindStringSubmatch(may)
	if found == nil {
		t.Fatalf("no entry in\n%s", may)
	}
	mustContain(t, s.get(t, "/month/2031-05"+found[0]), "Change the entry", `action="/entries/`+found[1]+`"`)

	edit := url.Values{"title": {"Tea"}, "date": {"2031-06-01"}, "time": {"16:00"}, "kind": {"friends"}}
	if status, header, _ = post("/entries/"+found[1], edit); header.Get("Location") != "/month/2031-06" {
		t.Errorf("moved: %d, to %s", status, header.Get("Location"))
	}
	edit.Set("title", "")
	if status, _, body := post("/entries/"+found[1], edit); status != http.StatusUnprocessableEntity {
		t.Errorf("without a title: %d", status)
	} else {
		mustContain(t, body, "an entry needs a title", `value="16:00"`, `aria-labelledby="dialog-name" open`)
	}
	edit.Set("action", "delete")
	post("/entries/"+found[1], edit)
	if june := s.get(t, "/month/2031-06"); strings.Contains(june, "Tea") {
		t.Errorf("still there:\n%s", june)
	}
	if status, _, _ := post("/entries/"+found[1], edit); status != http.StatusNotFound {
		t.Errorf("deleted twice: %d", status)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	status, header, body := s.do(t, "POST", "/api/entries", "application/json", `{"title": "Tea", "date": "2031-05-09", "time": "16:00"}`)
	var e entry
	if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusCreated {
		t.Fatalf("created: %d %s", status, body)
	}
	path := header.Get("Location")
	if want := (entry{e.ID, "Tea", "2031-05-09", "16:00", "work"}); e != want || path != "/api/entries/"+e.ID {
		t.Errorf("created %+v at %s, want %+v", e, path, want)
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"PATCH", path, `{"date": "2031-05-10"}`, 200, `"title":"Tea","date":"2031-05-10","time":"16:00"`},
		{"PATCH", path, `{"time": ""}`, 200, `"date":"2031-05-10","kind"`},
		{"GET", path, ``, 200, `"date":"2031-05-10"`},
		{"GET", "/api/entries?month=2031-05", ``, 200, `{"entries":[{"id":"` + e.ID + `"`},
		{"GET", "/api/entries?month=2031-06", ``, 200, `{"entries":[],"revision":4}`},
		{"GET", "/api/entries", ``, 200, "Sprint planning"},
		{"GET", "/api/entries?month=june", ``, 422, "is not a month"},
		{"PATCH", path, `{"date": "tomorrow"}`, 422, "is not a date"},
		{"PATCH", path, `{"day": "2031-05-10"}`, 422, `unknown field \"day\"`},
		{"POST", "/api/entries", `{"title": "Tea"} {}`, 422, "more than one value"},
		{"POST", "/api/entries", `{"title": "` + strings.Repeat("x", maxBody) + `"}`, 413, "too large"},
		{"PUT", path, `{}`, 405, ""},
		{"DELETE", path, ``, 204, ""},
		{"DELETE", path, ``, 404, "no such entry"},
		{"GET", path, ``, 404, "no such entry"},
		{"PATCH", path, `{}`, 404, "no such entry"},
	} {
		status, _, body := s.do(t, tt.method, tt.path, "application/json", tt.body)
		if status != tt.status || !strings.Contains(body, tt.answer) {
			t.Errorf("%s %s %.60s: %d %s, want %d with %s", tt.method, tt.path, tt.body, status, body, tt.status, tt.answer)
		}
	}
}

// TestOtherSitesMayNotWrite is a form on somebody else's page.
func TestOtherSitesMayNotWrite(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	body := url.Values{"title": {"Spam"}, "date": {"2031-05-09"}}.Encode()
	status, _, _ := s.do(t, "POST", "/entries", "application/x-www-form-urlencoded", body, "Origin", "https://elsewhere.example")
	if status != http.StatusForbidden || len(read(t, s.app.store).Entries) != len(seed(june)) {
		t.Errorf("a foreign form was taken: %d", status)
	}
}

// TestEvents reads the stream of one tab while another one writes.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	resp, err := http.Get(s.URL + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "end"
	}
	if got := next(); got != "1" || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("began with %s as %s", got, resp.Header.Get("Content-Type"))
	}
	s.do(t, "POST", "/api/entries", "application/json", `{"title": "Tea", "date": "2031-05-09"}`)
	if got := next(); got != "2" {
		t.Errorf("after a change: %s", got)
	}
	s.stop()
	if got := next(); got != "end" || lines.Err() != nil {
		t.Errorf("after the stop: %s, %v", got, lines.Err())
	}
}

// TestPresence counts tabs as they come and go, and ends with a goodbye that
// tells them to come back.
func TestPresence(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	join := func() *websocket.Conn {
		conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(s.URL, "http", "ws", 1)+"/api/presence", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		return conn
	}
	until := func(conn *websocket.Conn, want int) {
		t.Helper()
		for {
			var got struct{ Here int }
			if err := conn.ReadJSON(&got); err != nil {
				t.Fatalf("waiting for %d here: %v", want, err)
			}
			if got.Here == want {
				return
			}
		}
	}
	first := join()
	until(first, 1)
	second := join()
	until(second, 2)
	until(first, 2)
	second.Close() // without goodbye, as a closed laptop
	until(first, 1)
	s.stop()
	if _, _, err := first.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("at the end: %v", err)
	}
	s.app.presence.wait()
	if n := s.app.presence.tabs.count(); n != 0 {
		t.Errorf("%d tabs are left", n)
	}
}

func TestNoTemplates(t *testing.T) {
	t.Parallel()
	_, err := newApp(t.Context(), testStore(t), t.TempDir(), environment(nil))
	if err == nil || !strings.Contains(err.Error(), "-dir") {
		t.Errorf("error %v does not say what to do", err)
	}
}

// TestRun starts the whole program, and stops it while a stream and a websocket
// are open: neither may hold it up.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	args := []string{"-data", filepath.Join(t.TempDir(), "data.json")}
	go func() {
		err := run(ctx, args, environment(map[string]string{"HOST": "127.0.0.1", "PORT": "0"}), in)
		in.CloseWithError(io.EOF)
		done <- err
	}()
	base := ""
	lines := bufio.NewScanner(out)
	for base == "" && lines.Scan() {
		_, base, _ = strings.Cut(lines.Text(), "open ")
	}
	go io.Copy(io.Discard, out)
	if base == "" {
		t.Fatalf("said no address: %v", <-done)
	}
	resp, err := http.Get(base + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(base, "http", "ws", 1)+"/api/presence", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	asked := time.Now()
	stop()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
}
