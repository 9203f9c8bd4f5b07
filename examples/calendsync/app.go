package main

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// app is what the handlers share.
type app struct {
	store    *store
	presence *presence
	pages    *template.Template
	bundles  *bundles
	dir      string // of templates/ and web/
	process  process
	dev      bool
	stopping context.Context // done once the process is asked to stop
}

// newApp reads the templates. Streams of the app end when ctx is done.
func newApp(ctx context.Context, s *store, dir string, getenv func(string) string) (*app, error) {
	pages, err := template.ParseGlob(filepath.Join(dir, "templates", "*.html"))
	if err != nil {
		return nil, fmt.Errorf("%w; run calendsync in its own directory, or name that with -dir", err)
	}
	dev := getenv("DEV_MODE") != ""
	built, err := openBundles(dir, dev)
	if err != nil {
		return nil, err
	}
	a := &app{
		store: s, pages: pages, bundles: built, dir: dir, stopping: ctx,
		presence: &presence{stopping: ctx},
		dev:      dev,
	}
	a.process, err = begin(s, a.dev, getenv, time.Now())
	return a, err
}

// handler routes requests. Browsers may change entries from our own pages only.
func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.thisMonth)
	mux.HandleFunc("GET /month/{month}", a.month)
	mux.HandleFunc("GET /month/{month}/grid", a.grid)
	mux.HandleFunc("POST /entries", a.postEntry)
	mux.HandleFunc("POST /entries/{id}", a.postEntry)

	mux.HandleFunc("GET /api/entries", a.listEntries)
	mux.HandleFunc("POST /api/entries", a.createEntry)
	mux.HandleFunc("GET /api/entries/{id}", a.readEntry)
	mux.HandleFunc("PATCH /api/entries/{id}", a.changeEntry)
	mux.HandleFunc("DELETE /api/entries/{id}", a.deleteEntry)
	mux.HandleFunc("GET /api/events", a.events)
	mux.Handle("GET /api/presence", a.presence)
	mux.HandleFunc("GET /api/ping", a.ping)

	mux.Handle("GET /assets/", a.bundles)
	return http.NewCrossOriginProtection().Handler(mux)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
