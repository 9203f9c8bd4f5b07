package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("POST /upload", upload)
	mux.HandleFunc("/hold", hold)
	mux.HandleFunc("GET /download", download)
	mux.HandleFunc("GET /events", events)
	mux.HandleFunc("GET /ws", echoSocket)
	mux.HandleFunc("GET /self", self)
	mux.HandleFunc("POST /perish", perish)
	mux.HandleFunc("GET /die", die)
	return mux
}

func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><head></head>%s by %d", version, os.Getpid())
}

// upload counts what arrived whole, once each time.
func upload(w http.ResponseWriter, r *http.Request) {
	record("begun", r.FormValue("id"))
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	record("ledger", r.FormValue("id"))
	fmt.Fprintf(w, "%s took %d", version, n)
}

// hold answers when the file "go" is there: before a byte of it, or with
// ?begin in the middle of a response.
func hold(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	if r.FormValue("begin") != "" {
		io.WriteString(w, "begun ")
		http.NewResponseController(w).Flush()
	}
	record("held", r.FormValue("id"))
	for !exists(data("go")) && r.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	fmt.Fprint(w, version)
}

// download sends ?size bytes over ?ms milliseconds.
func download(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.FormValue("size"))
	ms, _ := strconv.Atoi(r.FormValue("ms"))
	w.Header().Set("Content-Length", strconv.Itoa(size))
	const pieces = 20
	for range pieces {
		if _, err := w.Write(bytes.Repeat([]byte{'x'}, size/pieces)); err != nil {
			return
		}
		time.Sleep(time.Duration(ms) * time.Millisecond / pieces)
	}
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for r.Context().Err() == nil {
		fmt.Fprintf(w, "data: %s\n\n", version)
		out.Flush()
		time.Sleep(5 * time.Millisecond)
	}
}

func echoSocket(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, append([]byte(version+" "), text...)); err != nil {
			return
		}
	}
}

// self calls the public address of this very app for a while.
func self(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for begun := time.Now(); time.Since(begun) < time.Second; {
		res, err := client.Get(os.Getenv("DEVTOOL_URL"))
		if err != nil {
			log.Print(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Fprintf(w, "%d %s\n", res.StatusCode, body)
		out.Flush()
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Fprintln(w, "end")
}

// die ends the app with nothing said.
func die(w http.ResponseWriter, r *http.Request) {
	record("died", r.FormValue("id"))
	os.Exit(3)
}
