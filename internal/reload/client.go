package reload

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

const (
	// A tab that reads at all never has this many messages outstanding.
	queueLen = 32

	// Longer than a busy laptop needs, and short enough to drop a phone that
	// has left the network.
	writeWait = 5 * time.Second
	pingEvery = 20 * time.Second
	pongWait  = 45 * time.Second

	// In milliseconds. A tab that took longer was asleep.
	maxAck = 3_600_000

	// The longest runtime error that runtime.ts sends fits, however JSON
	// escapes it: three parts of 12,000 UTF-16 units, six bytes each.
	maxMessage = 256 << 10
)

// The longest texts that a tab may pass on to the rest of devtool, in bytes. A
// page can say anything, and what it says ends up in a terminal.
const (
	maxID    = 64
	maxURL   = 2 << 10
	maxName  = 128
	maxText  = 4 << 10
	maxStack = 16 << 10

	maxReason = 512
)

// client is one websocket. The goroutine that serves its request reads; another
// one, which runs write, is the only one that writes messages.
type client struct {
	conn  *websocket.Conn
	queue chan *websocket.PreparedMessage
	done  chan struct{} // closed by quit
	once  sync.Once

	joined bool // has said hello; guarded by Hub.mu

	page Page // from its hello; only the reader uses it
}

// push queues a message without waiting. It cuts off a client whose queue is
// full: when the client comes back, it receives the whole state.
func (c *client) push(m *websocket.PreparedMessage) {
	select {
	case c.queue <- m:
	default:
		c.cut()
	}
}

// quit makes the writer say goodbye and end the connection.
func (c *client) quit() { c.once.Do(func() { close(c.done) }) }

// cut ends the connection at once, so that reader and writer return.
func (c *client) cut() { c.conn.Close() }

// write sends what is queued until the connection breaks or quit is called.
func (c *client) write() {
	defer c.cut()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case m := <-c.queue:
			err = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err == nil {
				err = c.conn.WritePreparedMessage(m)
			}
		case <-ping.C:
			err = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
		case <-c.done:
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			// If it fails, the tab has gone already.
			_ = c.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
			return
		}
		if err != nil {
			return
		}
	}
}

// read handles the messages of a tab until the connection ends.
func (h *Hub) read(c *client) {
	c.conn.SetReadLimit(maxMessage)
	alive := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) }
	c.conn.SetPongHandler(alive)
	if alive("") != nil {
		return
	}
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var m clientMessage
		if json.Unmarshal(text, &m) != nil {
			return // not our client
		}
		h.handle(c, m)
	}
}

func (h *Hub) handle(c *client, m clientMessage) {
	switch m.Type {
	case "hello": // a tab says it again when it has missed something
		c.page = Page{Tab: shorten(m.Tab, maxID), ID: shorten(m.Page, maxID), Build: m.Build, URL: shorten(m.URL, maxURL)}
		if h.opts.OnPage != nil {
			h.opts.OnPage(c.page)
		}
		h.join(c)
	case "patched":
		c.page.ID = shorten(m.Page, maxID)
		if h.opts.OnPage != nil {
			h.opts.OnPage(c.page)
		}
	case "doubt":
		if h.opts.OnDoubt != nil {
			h.opts.OnDoubt(Doubt{Page: c.page, Reason: shorten(m.Reason, maxReason)})
		}
	case "ack":
		if h.opts.OnAck != nil && h.mayHavePainted(m.Build) && m.MS >= 0 && m.MS < maxAck {
			h.opts.OnAck(Ack{Tab: c.page.Tab, Build: m.Build, Took: time.Duration(m.MS * float64(time.Millisecond))})
		}
	case "runtime":
		if h.opts.OnRuntime != nil && h.reportsRuntime() {
			h.opts.OnRuntime(Runtime{
				Page: c.page, Name: shorten(m.Name, maxName), Message: shorten(m.Message, maxText), Stack: shorten(m.Stack, maxStack),
			})
		}
	}
}

// shorten returns the longest beginning of text of at most n bytes that does not
// end within a character.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// serveSocket owns a connection from its upgrade to its end.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !offersProtocol(r) {
		http.Error(w, "this speaks the websocket subprotocol "+protocol, http.StatusBadRequest)
		return
	}
	if !h.enter() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	defer h.serving.Done()
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := &client{conn: conn, queue: make(chan *websocket.PreparedMessage, queueLen), done: make(chan struct{})}
	defer c.cut()
	if !h.add(c) {
		c.quit()
		c.write() // only says goodbye
		return
	}
	defer h.remove(c)

	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	h.read(c)
	c.quit()
	<-written
}
