package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// TestRefusedRequestsAreBounded floods the proxy with vast requests, each
// different, as any web site can. What is kept and told of them stays small.
func TestRefusedRequestsAreBounded(t *testing.T) {
	const requests, vast = 110, 60_000 // more requests than are told of
	filler := strings.Repeat("a", vast)
	for name, request := range map[string]string{
		"path":            "GET /__devtool/%d" + filler + " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n",
		"query":           "GET /__devtool/%d?" + filler + " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n",
		"host":            "GET / HTTP/1.1\r\nHost: %d" + filler + "\r\n",
		"websocket":       "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://%d" + filler + "\r\n",
		"reserved origin": "GET /__devtool/ws HTTP/1.1\r\nHost: localhost\r\nOrigin: http://%d" + filler + "\r\n",
		"method":          "M%d" + filler + " /__devtool/ws HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n",
		"accented path":   "GET /__devtool/%d" + strings.Repeat("%%c3%%a9", vast/6) + " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var told bytes.Buffer
			srv := serve(t, New(Options{Log: func(ev Event) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(&told, "%s: %s: %s\n", ev.Request, ev.Kind, ev.Reason)
			}}))
			before := liveHeap()
			for i := range requests {
				conn, in := dial(t, srv, fmt.Sprintf(request, i)+"Connection: close\r\n\r\n")
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				answer, _ := io.ReadAll(res.Body)
				conn.Close()
				if res.StatusCode/100 != 4 || len(answer) > 1000 {
					t.Fatalf("request %d: status %d, %d bytes; want a short refusal", i, res.StatusCode, len(answer))
				}
			}
			if grown := int64(liveHeap()) - int64(before); grown > 1<<20 {
				t.Errorf("%d bytes are kept of %d refused requests", grown, requests)
			}
			mu.Lock()
			defer mu.Unlock()
			if told.Len() == 0 || told.Len() > 50_000 || !utf8.Valid(told.Bytes()) {
				t.Errorf("%d bytes are told of %d refused requests, valid %v", told.Len(), requests, utf8.Valid(told.Bytes()))
			}
			if lines := strings.Count(told.String(), "not reported any more"); lines > 1 {
				t.Errorf("that no more is reported is told %d times", lines)
			}
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestNamesAreCopies holds on to the names of vast requests that are short themselves.
func TestNamesAreCopies(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short", "": "",
		strings.Repeat("é", 100): strings.Repeat("é", 58) + "…",
		strings.Repeat("a", 120): strings.Repeat("a", 120),
		strings.Repeat("a", 121): strings.Repeat("a", 117) + "…",
	} {
		if got := clip(text, longestName); got != want {
			t.Errorf("clip(%q) = %q, want %q", text, got, want)
		}
	}
}
