package main

import (
	"fmt"
	"log"
	"net/http"
	"time"
)

// keepAlive is how often an idle stream carries a sign of life: below the
// minute after which many proxies give up.
const keepAlive = 20 * time.Second

// events streams the revision of the entries, now and after each change. It is
// the state that is told, not the change: a tab that slept or reconnected
// compares it with what it shows.
func (a *app) events(w http.ResponseWriter, r *http.Request) {
	changed, stop := a.store.changes.listen()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()

	for {
		d, err := a.store.read()
		if err != nil {
			log.Print(err)
			return
		}
		if _, err := fmt.Fprintf(w, "event: revision\ndata: %d\n\n", d.Revision); err != nil {
			return // the tab left
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-tick.C: // telling it again does no harm
		case <-r.Context().Done():
			return
		case <-a.stopping.Done():
			return
		}
	}
}
