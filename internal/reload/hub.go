package reload

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/routes"
	"github.com/calendsync/devtool/web/overlay"
)

// Options of a [Hub]. The functions are called from the goroutines of clients,
// several at once, and hold up that client's next message: they must return
// soon and must not call [Hub.Close]. Each may be nil.
type Options struct {
	Server string // identity of this run; random when empty
	Token  string // what requests must carry; random when empty

	// AllowOrigin reports whether pages of host (with its port, as in a URL)
	// may connect although the request was made to another host. Nil: none.
	AllowOrigin func(host string) bool

	OnPage    func(Page)
	OnRuntime func(Runtime)

	// OnOpen opens a location of the current set in the editor, or returns the
	// URL by which the page itself does. The error is shown to the user.
	OnOpen func(Location) (url string, err error)

	OnAck  func(Ack)
	Status func() any // the status document, anything that marshals; nil: what tabs are told

	Features Features // until [Hub.Switch] replaces them
}

// Features are the parts of the client that people may switch off. The zero
// value switches off all of them.
type Features struct {
	Overlay   bool `json:"overlay"`   // show problems in the page
	Indicator bool `json:"indicator"` // show the dot and the progress line
	Runtime   bool `json:"runtime"`   // report and show errors thrown in the page
	Refresh   bool `json:"refresh"`   // reload stale documents; off: offer to
}

// Hub tells tabs what they should show. It is safe for concurrent use, and none
// of its methods but Close waits for a browser.
type Hub struct {
	opts     Options
	upgrader websocket.Upgrader
	script   func() (script, error)
	serving  sync.WaitGroup // requests on the ws route

	mu       sync.Mutex
	state    state
	features Features
	seq      uint64
	clients  map[*client]struct{} // every open connection, joined or not
	closed   bool
}

// New returns a hub that knows of no build yet. It starts nothing.
func New(opts Options) *Hub {
	if opts.Server == "" {
		opts.Server = rand.Text()
	}
	if opts.Token == "" {
		opts.Token = rand.Text()
	}
	h := &Hub{
		opts:     opts,
		features: opts.Features,
		state:    state{outputs: outputs{progress: progress{Phase: Building, Down: true}}},
		clients:  make(map[*client]struct{}),
	}
	h.script = sync.OnceValues(func() (script, error) {
		text, err := overlay.Bundle()
		return newScript(text), err
	})
	h.upgrader = websocket.Upgrader{
		Subprotocols:    []string{protocol},
		CheckOrigin:     h.originAllowed,
		ReadBufferSize:  1 << 10,
		WriteBufferSize: 4 << 10,
		WriteBufferPool: new(sync.Pool), // most tabs are silent most of the time
	}
	return h
}

// Tag returns the element that makes a document a client. Call it when the
// document is *requested*: the tag says which state the document was made
// from, and one made any later could hide that the document is already stale.
func (h *Hub) Tag() string {
	h.mu.Lock()
	build, seq := h.state.Build, h.seq
	h.mu.Unlock()
	return fmt.Sprintf(`<script src="%sclient.js" data-build="%d" data-seq="%d" data-server="%s" data-token="%s"></script>`,
		routes.Prefix, build, seq, html.EscapeString(h.opts.Server), html.EscapeString(h.opts.Token))
}

// Phase tells every tab how far a build has come while an app takes requests.
func (h *Hub) Phase(phase string, build int) { h.setProgress(progress{phase, build, false}) }

// Down tells every tab how far a build has come while no app takes requests.
func (h *Hub) Down(phase string, build int) { h.setProgress(progress{phase, build, true}) }

func (h *Hub) setProgress(p progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state.progress == p {
		return
	}
	h.state.progress = p
	h.broadcastLocked(phaseFrame{h.nextLocked("phase"), p})
}

// Errors replaces the set of problems; an empty one clears it.
func (h *Hub) Errors(problems []problem.Problem) {
	set := entries(problems)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(set) == len(h.state.Errors) && (len(set) == 0 || reflect.DeepEqual(set, h.state.Errors)) {
		return
	}
	h.state.Errors = set
	h.broadcastLocked(errorsFrame{h.nextLocked("errors"), set})
}

// Update says that what is served has changed. Its outputs must be served, and
// a new app be ready, before it is called.
type Update struct {
	Build  int
	Phase  string  // of this build, told together with the rest; empty: unchanged
	Down   bool    // no app takes requests; ignored without a Phase
	Reload bool    // documents made before now are stale
	Reason string  // for people: the file that was saved
	CSS    []Sheet // sheets that changed
	App    string  // identity of the program that renders documents; empty: unchanged

	// All sheets and scripts that are served from memory, by URL path. Nil:
	// unchanged, but for the hashes in CSS.
	CSSHashes, JSHashes map[string]string
}

// Sheet is a style sheet whose content changed.
type Sheet struct {
	URL  string // path, without a query
	Hash string // of its content; the tab fetches the sheet as URL?v=Hash

	// Source is the sheet's text, for small ones; empty: the tab fetches it.
	// The tab paints it at once and lets the link catch up.
	Source string
}

// Update tells every tab; see [Update].
func (h *Hub) Update(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head := h.nextLocked("update")
	h.state.outputs = h.state.after(u, head.Seq)
	sheets := make([]sheet, len(u.CSS))
	for i, s := range u.CSS {
		sheets[i] = sheet(s)
	}
	h.broadcastLocked(updateFrame{frame: head, outputs: h.state.outputs, Reason: u.Reason, Sheets: sheets})
}

// snapshot returns a copy of what every tab should show now.
func (h *Hub) snapshot() state {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.clone()
}

// Clients returns the number of tabs that are connected.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for c := range h.clients {
		if c.joined {
			n++
		}
	}
	return n
}

// Close says goodbye to every tab, refuses new ones and waits until the
// goroutines of all connections have ended. When ctx is done first, it cuts the
// connections, waits for the rest and returns ctx's error.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	open := slices.Collect(maps.Keys(h.clients))
	h.mu.Unlock()
	for _, c := range open {
		c.quit()
	}
	done := make(chan struct{})
	go func() {
		h.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		for _, c := range open {
			c.cut()
		}
		<-done
		return fmt.Errorf("close browser connections: %w", ctx.Err())
	}
}

// nextLocked counts a frame and returns its head.
func (h *Hub) nextLocked(kind string) frame {
	h.seq++
	return h.headLocked(kind)
}

// headLocked returns a head that repeats the number of the newest frame.
func (h *Hub) headLocked(kind string) frame {
	return frame{V: 1, Type: kind, Server: h.opts.Server, Seq: h.seq}
}

// broadcastLocked queues message for every client; under the lock, so that all
// of them see the same order. It cuts off a client that is too far behind.
func (h *Hub) broadcastLocked(message any) {
	if len(h.clients) == 0 {
		return
	}
	prepared := prepare(message)
	for c := range h.clients {
		if c.joined {
			c.push(prepared)
		}
	}
}

// join registers c, if it is not yet, and queues a hello for it. Both happen
// under one lock: whatever changes after the snapshot reaches c as a frame.
func (h *Hub) join(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.joined = true
	c.push(prepare(h.helloLocked()))
}

// helloLocked returns the whole state.
func (h *Hub) helloLocked() helloFrame {
	return helloFrame{h.headLocked("hello"), h.state.clone(), h.features}
}

// Switch replaces the features, in open tabs too.
func (h *Hub) Switch(to Features) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.features = to
	h.broadcastLocked(h.helloLocked())
}

// mayHavePainted reports whether build has been served. A tab may still have to
// say something about a build of an earlier run.
func (h *Hub) mayHavePainted(build int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return build >= 0 && build <= h.state.Build
}

func (h *Hub) reportsRuntime() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.features.Runtime
}

// add and remove keep the set of open connections; add reports false when the
// hub is closed.
func (h *Hub) add(c *client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.clients[c] = struct{}{}
	return true
}

func (h *Hub) remove(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}

// enter counts a request on the ws route, so that Close waits for it; false
// when the hub is closed. The lock orders it before Close's Wait.
func (h *Hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.serving.Add(1)
	return true
}

// prepare encodes message once for all clients. Our frames hold only strings,
// numbers, booleans, slices and maps of strings: they always marshal.
func prepare(message any) *websocket.PreparedMessage {
	text, err := json.Marshal(message)
	if err != nil {
		panic(fmt.Sprintf("reload: marshal %T: %v", message, err))
	}
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		panic(fmt.Sprintf("reload: prepare %T: %v", message, err))
	}
	return prepared
}
