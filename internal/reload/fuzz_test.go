package reload

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/routes"
)

// FuzzClient handles anything that a tab may send. None of it may change the
// state or end the hub.
func FuzzClient(f *testing.F) {
	for _, name := range []string{"client-hello", "client-ack", "client-runtime", "hello", "update"} {
		f.Add(string(golden(f, name)))
	}
	f.Add(`{"type":"ack","ms":1e308}`)
	f.Add(`{"type":"hello","build":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		h := New(Options{Token: token, Features: everything, OnAck: func(Ack) {}, OnRuntime: func(Runtime) {}, OnPage: func(Page) {}})
		before := h.Tag()
		var m clientMessage
		if json.Unmarshal([]byte(text), &m) == nil {
			h.handle(&client{queue: make(chan *websocket.PreparedMessage, 1)}, m)
		}
		if after := h.Tag(); after != before {
			t.Errorf("the state changed: %s, then %s", before, after)
		}
	})
}

// FuzzOpen posts anything to the open route. Only a known id opens an editor.
func FuzzOpen(f *testing.F) {
	for _, body := range []string{`{"id":"known"}`, `{"id":""}`, `{"ID":"known"}`, `{"id":["known"]}`, `{"id":"../known"}`, `[]`, ``} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		h := New(Options{Token: token, OnOpen: func(at Location) (string, error) {
			if at.ID != "known" {
				t.Errorf("opened %+v", at)
			}
			return "", nil
		}})
		h.state.Errors = []entry{{ID: "known"}}
		r := httptest.NewRequest("POST", routes.Prefix+"open", strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		if w.Code != 204 && w.Code != 400 && w.Code != 404 {
			t.Errorf("got %d for %q", w.Code, body)
		}
	})
}
