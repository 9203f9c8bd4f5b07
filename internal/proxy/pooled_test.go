package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"
)

// lastBreath is an app that answers one request, keeps the connection, and ends
// it when the next request is there.
type lastBreath struct {
	net.Listener
	unread bool // it ends before it has read that request
	alone  bool // its listener has gone before it

	mu    sync.Mutex
	taken []string // paths that it has read
}

func (a *lastBreath) serve(t *testing.T) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for last := true; ; last = false { // of the first connection alone
		conn, err := a.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			defer conn.Close()
			in := bufio.NewReader(conn)
			for served := 0; ; served++ {
				if last && served == 1 {
					if a.alone {
						a.Close()
					}
					if a.unread {
						awaitUnread(t, conn)
						return
					}
				}
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				a.mu.Lock()
				a.taken = append(a.taken, r.URL.Path)
				a.mu.Unlock()
				if last && served == 1 {
					return
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
			}
		})
	}
}

// A GET on a pooled connection that breaks is sent again only if the app cannot
// have read it.
func TestPooledConnectionBreaks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		unread, alone bool
		status        int
		body          string
		taken, next   int // requests that this app took, and that its successor did
	}{
		{name: "the app has read it", status: http.StatusBadGateway, taken: 2},
		{name: "the app has read it and is gone", alone: true, status: http.StatusBadGateway, taken: 2},
		{name: "the app has not read it", unread: true, status: http.StatusOK, body: "one", taken: 2},
		{name: "the app has not read it and is gone", unread: true, alone: true, status: http.StatusOK, body: "two", taken: 1, next: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.unread && runtime.GOOS != "linux" {
				t.Skip("only Linux tells that a request was not read")
			}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			app := &lastBreath{Listener: ln, unread: tt.unread, alone: tt.alone}
			var served sync.WaitGroup
			served.Go(func() { app.serve(t) })
			p := New(Options{})
			srv := serve(t, p)
			p.Open(Target{Addr: ln.Addr().String()})
			if got := ask(newRequest(t, "GET", srv.URL+"/first", "")); got.body != "one" {
				t.Fatalf("first: %+v", got)
			}
			second := askLater(newRequest(t, "GET", srv.URL+"/second", ""))
			next := make(chan struct{}, 10)
			if tt.alone {
				served.Wait()
				p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
					next <- struct{}{}
					io.WriteString(w, "two")
				}))
			}
			if got := <-second; got.status != tt.status || tt.body != "" && got.body != tt.body || got.err != nil {
				t.Errorf("second: %+v, want %d %q", got, tt.status, tt.body)
			}
			p.Close()
			ln.Close()
			served.Wait()
			if len(app.taken) != tt.taken || len(next) != tt.next {
				t.Errorf("taken %q, by the next %d; want %d and %d", app.taken, len(next), tt.taken, tt.next)
			}
		})
	}
}

// An app that closes idle connections all the time loses no GET and gets none
// twice.
func TestHastyApp(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a request was not read")
	}
	var mu sync.Mutex
	times := map[string]int{}
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		times[r.URL.Path]++
		io.WriteString(w, "ok")
	}))
	app.Config.IdleTimeout = time.Millisecond
	app.Start()
	t.Cleanup(app.Close)
	p := New(Options{})
	srv := serve(t, p)
	p.Open(Target{Addr: app.Listener.Addr().String()})
	const clients, requests = 8, 250
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := range requests {
				res, err := client.Get(fmt.Sprintf("%s/%d-%d", srv.URL, c, n))
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if string(body) != "ok" {
					t.Errorf("got %s %q", res.Status, body)
				}
				// About as long as the app keeps an idle connection.
				<-time.After(time.Duration(800+50*(n%8)) * time.Microsecond)
			}
		})
	}
	all.Wait()
	for id, n := range times {
		if n != 1 {
			t.Errorf("request %s ran %d times", id, n)
		}
	}
	if len(times) != clients*requests {
		t.Errorf("%d requests ran, want %d", len(times), clients*requests)
	}
}
