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
	a := &app{
		store: s, pages: pages, dir: dir, stopping: ctx,
		presence: &presence{stopping: ctx},
		dev:      getenv("DEV_MODE") != "",
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

	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServer(http.Dir(a.assets()))))
	return http.NewCrossOriginProtection().Handler(mux)
}

// assets is where the bundles were written to, else the sources: browsers
// follow the imports of style sheets themselves.
func (a *app) assets() string {
	if dist := filepath.Join(a.dir, "dist"); isFile(filepath.Join(dist, "app.css")) {
		return dist
	}
	return filepath.Join(a.dir, "web")
}

// scripted tells whether somebody serves the bundled script: we do, or whoever
// develops with us.
func (a *app) scripted() bool {
	return a.dev || isFile(filepath.Join(a.dir, "dist", "main.js"))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
