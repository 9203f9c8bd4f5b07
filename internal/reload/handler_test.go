package reload

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/routes"
)

const token = "secret"

// TestRoutes holds the whole HTTP surface: what each route answers to whom.
func TestRoutes(t *testing.T) {
	t.Parallel()
	bearer := http.Header{"Authorization": {"Bearer " + token}}
	wrong := http.Header{"Authorization": {"Bearer secreT"}}
	json := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	with := func(h http.Header, key, value string) http.Header {
		h = h.Clone()
		h.Set(key, value)
		return h
	}
	const here, lan = "127.0.0.1:5000", "192.168.0.7:5000"
	for _, c := range []struct {
		name, method, target, peer string
		header                     http.Header
		body                       string
		want                       int
	}{
		{"script", "GET", "client.js", lan, nil, "", 200},
		{"script, head", "HEAD", "client.js", here, nil, "", 200},
		{"script, post", "POST", "client.js", here, nil, "", 405},
		{"status", "GET", "status", lan, bearer, "", 200},
		{"status, token in the query", "GET", "status?token=" + token, here, nil, "", 200},
		{"status, no token", "GET", "status", here, nil, "", 403},
		{"status, wrong token", "GET", "status", here, wrong, "", 403},
		{"status, empty token", "GET", "status?token=", here, nil, "", 403},
		{"status, another scheme", "GET", "status", here, http.Header{"Authorization": {"Basic " + token}}, "", 403},
		{"status, delete", "DELETE", "status", here, bearer, "", 405},
		{"socket, no token", "GET", "ws", here, nil, "", 403},
		{"socket, no upgrade", "GET", "ws", here, bearer, "", 400},
		{"socket, post", "POST", "ws", here, bearer, "", 405},
		{"open", "POST", "open", here, json, `{"id":"d1"}`, 204},
		{"open, mapped loopback", "POST", "open", "[::ffff:127.0.0.1]:1", json, `{"id":"d1"}`, 204},
		{"open, ::1", "POST", "open", "[::1]:1", json, `{"id":"f1"}`, 204},
		{"open, same origin", "POST", "open", here, with(json, "Origin", "http://localhost:3000"), `{"id":"d1"}`, 204},
		{"open, foreign origin", "POST", "open", here, with(json, "Origin", "http://localhost:4000"), `{"id":"d1"}`, 403},
		{"open, null origin", "POST", "open", here, with(json, "Origin", "null"), `{"id":"d1"}`, 403},
		{"open, get", "GET", "open", here, json, "", 405},
		{"open, no token", "POST", "open", here, http.Header{"Content-Type": {"application/json"}}, `{"id":"d1"}`, 403},
		{"open, from the network", "POST", "open", lan, json, `{"id":"d1"}`, 403},
		{"open, forged locality", "POST", "open", lan, with(json, "X-Forwarded-For", "127.0.0.1"), `{"id":"d1"}`, 403},
		{"open, no peer", "POST", "open", "@", json, `{"id":"d1"}`, 403},
		{"open, a form", "POST", "open", here, with(json, "Content-Type", "text/plain"), `{"id":"d1"}`, 415},
		{"open, unknown id", "POST", "open", here, json, `{"id":"d2"}`, 404},
		{"open, a path", "POST", "open", here, json, `{"id":"/etc/passwd"}`, 404},
		{"open, empty id", "POST", "open", here, json, `{"id":""}`, 404},
		{"open, not JSON", "POST", "open", here, json, `id=d1`, 400},
		{"open, endless", "POST", "open", here, json, `{"id":"` + strings.Repeat("x", 5<<10) + `"}`, 400},
		{"open, editor fails", "POST", "open", here, json, `{"id":"bad"}`, 500},
		{"open, by the page", "POST", "open", here, json, `{"id":"page"}`, 200},
		{"nothing", "GET", "", here, bearer, "", 404},
		{"unknown", "GET", "nope", here, bearer, "", 404},
		{"below a route", "GET", "client.js/x", here, bearer, "", 404},
		{"traversal", "GET", "x/../status", here, bearer, "", 404},
		{"encoded traversal", "GET", "%2e%2e/status", here, bearer, "", 404},
		{"doubled slash", "GET", "/status", here, bearer, "", 404},
		{"another case", "GET", "Status", here, bearer, "", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := New(Options{Token: token, OnOpen: func(at Location) (string, error) {
				switch at.ID {
				case "bad":
					return "", errors.New("no editor found")
				case "page":
					return fmt.Sprintf("vscode://file%s:%d", at.Path, at.Line), nil
				}
				return "", nil
			}})
			h.state.Errors = []entry{
				{ID: "d1", Frames: []call{{ID: "f1"}}}, {ID: "bad"},
				{ID: "page", Problem: problem.Problem{Path: "/a.go", Line: 3}},
			}
			r := httptest.NewRequest(c.method, "http://localhost:3000"+routes.Prefix+c.target, strings.NewReader(c.body))
			r.RemoteAddr = c.peer
			for key, values := range c.header {
				r.Header[key] = values
			}
			w := httptest.NewRecorder()
			h.Handler().ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("got %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if got := w.Header().Get("Cross-Origin-Resource-Policy"); got != "same-origin" {
				t.Errorf("got Cross-Origin-Resource-Policy %q", got)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("a CORS header was sent")
			}
			if w.Code == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if w.Code == 200 && strings.HasSuffix(c.name, "by the page") && w.Body.String() != `{"url":"vscode://file/a.go:3"}`+"\n" {
				t.Errorf("got %q", w.Body)
			}
			if strings.Contains(w.Body.String(), token) {
				t.Error("the answer holds the token")
			}
		})
	}
}

func TestScriptIsRevalidated(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	get := func(etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", routes.Prefix+"client.js", nil)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		return w
	}
	first := get("")
	if first.Code != 200 || !strings.HasPrefix(first.Header().Get("Content-Type"), "text/javascript") {
		t.Fatalf("got %d %v", first.Code, first.Header())
	}
	if second := get(first.Header().Get("ETag")); second.Code != 304 || second.Body.Len() > 0 {
		t.Errorf("got %d with %d bytes, want a bare 304", second.Code, second.Body.Len())
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	h := New(Options{Server: `s"<`, Token: `a"b&c`})
	h.Update(Update{Build: 12})
	want := `<script src="/__devtool/client.js" data-build="12" data-seq="1" data-server="s&#34;&lt;" data-token="a&#34;b&amp;c"></script>`
	if got := h.Tag(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	get := func(o Options) (int, string) {
		o.Token = token
		r := httptest.NewRequest("GET", routes.Prefix+"status?token="+token, nil)
		w := httptest.NewRecorder()
		New(o).Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, body := get(Options{}); code != 200 || !strings.Contains(body, `"phase": "building"`) {
		t.Errorf("got %d %s, want the state", code, body)
	}
	if code, body := get(Options{Status: func() any { return map[string]int{"pid": 1} }}); code != 200 || !strings.Contains(body, `"pid": 1`) {
		t.Errorf("got %d %s, want the given document", code, body)
	}
	if code, _ := get(Options{Status: func() any { return make(chan int) }}); code != 500 {
		t.Errorf("got %d, want 500", code)
	}
}

// TestUpgrades opens a websocket from every kind of origin.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	h := New(Options{Token: token, AllowOrigin: func(host string) bool { return host == "dev.example:8443" }})
	server := serveHub(t, h)
	self := server.Listener.Addr().String()
	for _, c := range []struct {
		origins []string
		query   string
		version string
		want    int
	}{
		{nil, token, protocol, 101},
		{[]string{"http://" + self}, token, protocol, 101},
		{[]string{"https://" + self}, token, protocol, 101}, // TLS may end before us
		{[]string{"https://dev.example:8443"}, token, protocol, 101},
		{[]string{"https://dev.example"}, token, protocol, 403},
		{[]string{"http://evil.test"}, token, protocol, 403},
		{[]string{"http://127.0.0.1:1"}, token, protocol, 403},
		{[]string{"http://" + self + ".evil.test"}, token, protocol, 403},
		{[]string{"http://evil.test@" + self}, token, protocol, 403},
		{[]string{"file://" + self}, token, protocol, 403},
		{[]string{"null"}, token, protocol, 403},
		{[]string{""}, token, protocol, 403},
		{[]string{"http://" + self, "http://evil.test"}, token, protocol, 403},
		{nil, "", protocol, 403},
		{nil, "wrong", protocol, 403},
		{nil, token, "devtool.v2", 400},
		{nil, token, "", 400},
	} {
		t.Run(fmt.Sprint(c.origins, c.query, c.version), func(t *testing.T) {
			dialer := websocket.Dialer{HandshakeTimeout: patience}
			if c.version != "" {
				dialer.Subprotocols = []string{c.version}
			}
			header := http.Header{}
			if c.origins != nil {
				header["Origin"] = c.origins
			}
			conn, response, err := dialer.DialContext(t.Context(), "ws://"+self+routes.Prefix+"ws?token="+c.query, header)
			if conn != nil {
				defer conn.Close()
				if conn.Subprotocol() != protocol {
					t.Errorf("got subprotocol %q, want %q", conn.Subprotocol(), protocol)
				}
			}
			if response == nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			if response.StatusCode != c.want {
				t.Errorf("got %s, want %d", response.Status, c.want)
			}
		})
	}
}

// TestNothingSettable says everything that a tab may try: the state stays as it
// is and no editor opens.
func TestNothingSettable(t *testing.T) {
	t.Parallel()
	h := New(Options{OnOpen: func(at Location) (string, error) { t.Errorf("opened %+v", at); return "", nil }})
	h.state.Errors = []entry{{ID: "d1"}}
	before := h.Tag()
	tab := joinHub(t, h, serveHub(t, h))
	tab.head(t)
	for _, kind := range []string{"open", "update", "errors", "phase", "reload", ""} {
		tab.say(t, `{"type":"`+kind+`","id":"d1","build":99,"phase":"ready","set":[]}`)
	}
	tab.say(t, `{"type":"hello"}`) // the hub answers in order, so it has handled all before
	tab.head(t)
	if after := h.Tag(); after != before {
		t.Errorf("a tab changed the state: %s, then %s", before, after)
	}
}
