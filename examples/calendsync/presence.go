package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pongWait  = 60 * time.Second // silence after which a tab is gone
	writeWait = 5 * time.Second
)

// presence tells every tab over a websocket how many are there.
type presence struct {
	stopping context.Context
	tabs     signals
	open     sync.WaitGroup
}

// wait returns once all tabs have been told goodbye. Call it when the server
// has stopped and stopping is done: http.Server does not wait for websockets.
func (p *presence) wait() { p.open.Wait() }

func (p *presence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.open.Add(1) // before the upgrade, while the server still waits for us
	defer p.open.Done()
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	changed, leave := p.tabs.listen()
	p.tabs.raise()
	defer p.tabs.raise()
	defer leave()

	gone := make(chan struct{})
	go func() {
		defer close(gone)
		listen(conn)
	}()
	p.tell(conn, changed, gone)
	conn.Close()
	<-gone
}

// tell writes to one tab until it leaves or we do.
func (p *presence) tell(conn *websocket.Conn, changed, gone <-chan struct{}) {
	ping := time.NewTicker(keepAlive)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-changed:
			conn.SetWriteDeadline(time.Now().Add(writeWait))
			err = conn.WriteJSON(map[string]int{"here": p.tabs.count()})
		case <-ping.C:
			err = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
		case <-gone:
			return
		case <-p.stopping.Done():
			bye := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "restarting")
			conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(writeWait))
			return
		}
		if err != nil {
			return
		}
	}
}

// listen reads until the tab is gone. Tabs have nothing to say beyond pongs.
func listen(conn *websocket.Conn) {
	conn.SetReadLimit(512)
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWait)) }
	conn.SetPongHandler(alive)
	for err := alive(""); err == nil; {
		_, _, err = conn.NextReader()
	}
}
