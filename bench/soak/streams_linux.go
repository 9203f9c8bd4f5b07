package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// socket opens a websocket and uses it until it is closed.
func (l *load) socket(*http.Client) (version int, f fate, cause string) {
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(l.url, "http")+"/ws", nil)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return 0, refused, err.Error()
	case err != nil && res != nil:
		return 0, told, res.Status
	case err != nil:
		return 0, broken, err.Error()
	}
	defer conn.Close()
	defer context.AfterFunc(l.ending, func() { conn.Close() })()
	for {
		if err := conn.WriteMessage(websocket.TextMessage, []byte("which?")); err == nil {
			var text []byte
			if _, text, err = conn.ReadMessage(); err == nil {
				_, _ = fmt.Sscanf(string(text), "%d", &version)
				pause(l.ending, 200*time.Millisecond)
				continue
			}
			return version, ended(l, err), err.Error()
		}
		_, _, err := conn.ReadMessage() // why it cannot be written to
		if err == nil {
			continue // an echo that was still on its way
		}
		return version, ended(l, err), err.Error()
	}
}

// ended tells a websocket that was closed for a restart from a broken one.
func ended(l *load, err error) fate {
	if websocket.IsCloseError(err, websocket.CloseServiceRestart) || l.ending.Err() != nil {
		return answered
	}
	return broken
}

// events reads an event stream to its end.
func (l *load) events(c *http.Client) (version int, f fate, cause string) {
	req, err := http.NewRequestWithContext(l.ending, "GET", l.url+"/events", nil)
	if err != nil {
		return 0, broken, err.Error()
	}
	res, err := c.Do(req)
	if err == nil && res.StatusCode == http.StatusOK {
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		_, _ = fmt.Sscanf(string(data), "data: %d", &version)
		switch {
		case l.ending.Err() != nil:
			return version, answered, ""
		case err != nil:
			return version, broken, err.Error()
		case !strings.HasSuffix(string(data), "\n\n"):
			return version, truncated, fmt.Sprintf("ends in %q", data[max(0, len(data)-20):])
		}
		return version, answered, ""
	}
	if l.ending.Err() != nil {
		return 0, answered, ""
	}
	_, f, cause = whole(res, err)
	return 0, f, cause
}
