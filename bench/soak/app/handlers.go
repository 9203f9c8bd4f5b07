package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", sayVersion)
	mux.HandleFunc("POST /take", a.take)
	mux.HandleFunc("GET /slow", slow)
	mux.HandleFunc("GET /download", download)
	mux.HandleFunc("GET /self", a.self)
	mux.HandleFunc("GET /events", events)
	mux.HandleFunc("GET /ws", echo)
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) {
		go panic("as planned")
		select {}
	})
	return mux
}

func sayVersion(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, version) }

// take reads a body of any length and notes the id once.
func (a *app) take(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	if _, err := io.Copy(sum, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.note(r.FormValue("id"))
	fmt.Fprintf(w, "%d %x", version, sum.Sum(nil))
}

func slow(w http.ResponseWriter, r *http.Request) {
	time.Sleep(milliseconds(r))
	fmt.Fprint(w, version)
}

// download sends bytes over ?ms, without telling how many, and their hash last:
// a response that ends too early is noticed by nothing but that.
func download(w http.ResponseWriter, r *http.Request) {
	const pieces, size = 100, 100_000
	sum := sha256.New()
	piece := make([]byte, size)
	for n := range pieces {
		for i := range piece {
			piece[i] = byte(n * i)
		}
		sum.Write(piece)
		if _, err := w.Write(piece); err != nil {
			return
		}
		time.Sleep(milliseconds(r) / pieces)
	}
	fmt.Fprintf(w, "%x", sum.Sum(nil))
}

// self asks the public address of this app while it answers.
func (a *app) self(w http.ResponseWriter, r *http.Request) {
	time.Sleep(milliseconds(r))
	res, err := http.Get(a.public + "/version")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	io.Copy(w, res.Body)
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for r.Context().Err() == nil {
		fmt.Fprintf(w, "data: %d\n\n", version)
		out.Flush()
		time.Sleep(100 * time.Millisecond)
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, _, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, []byte(strconv.Itoa(version))); err != nil {
			return
		}
	}
}

func milliseconds(r *http.Request) time.Duration {
	ms, _ := strconv.Atoi(r.FormValue("ms"))
	return time.Duration(ms) * time.Millisecond
}
