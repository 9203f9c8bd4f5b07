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
	"github.com/calendsync/devtool/web/hot"
	"github.com/calendsync/devtool/web/overlay"
)

// Options of a [Hub]. The goroutines of clients call the functions, several at a
// time. A function delays the next message of its client, so it must return
// soon, and it must not call [Hub.Close]. Each may be nil.
type Options struct {
	Server string // identity of this run; random when empty
	Token  string // what requests must carry; random when empty

	// AllowOrigin reports whether pages of host (with its port, as in a URL)
	// may connect to another host. Nil: none may.
	AllowOrigin func(host string) bool

	OnPage    func(Page)
	OnRuntime func(Runtime)
	OnDoubt   func(Doubt)

	// OnOpen opens a location in the editor, or returns the URL with which the
	// page opens it. The page shows the error to the person.
	OnOpen func(Location) (url string, err error)

	OnAck  func(Ack)
	Status func() any // the status document, anything that marshals; nil: what tabs are told

	Features Features // until [Hub.Switch] replaces them

	// HotRuntime is the path of the runtime of react-refresh that pages get; empty
	// takes the one that devtool brings.
	HotRuntime string
}

// Features are the parts of the client that people may switch off. The zero
// value switches off all of them.
type Features struct {
	Overlay   bool `json:"overlay"`   // show problems in the page
	Indicator bool `json:"indicator"` // show the dot and the progress line
	Runtime   bool `json:"runtime"`   // report and show errors thrown in the page
	Refresh   bool `json:"refresh"`   // reload stale documents; off: offer to
}

// Hub tells tabs what to show. It is safe for concurrent use. No method except
// Close waits for a browser.
type Hub struct {
	opts     Options
	upgrader websocket.Upgrader
	script   func() (script, error)
	hot      func() (script, error)
	serving  sync.WaitGroup // requests on the ws route

	mu       sync.Mutex
	state    state
	features Features
	hotPages bool // pages get the runtime of hot updates
	patches  patchFiles
	seq      uint64
	clients  map[*client]struct{} // every open connection, whether it has said hello or not
	closed   bool
}

// New returns a hub that knows of no build. It starts no goroutine.
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
	h.hot = sync.OnceValues(func() (script, error) {
		text, err := hot.Bundle(opts.HotRuntime)
		if err != nil && opts.HotRuntime != "" {
			text, err = hot.Bundle("")
		}
		return newScript(text), err
	})
	h.upgrader = websocket.Upgrader{
		Subprotocols:    []string{protocol},
		CheckOrigin:     h.originAllowed,
		ReadBufferSize:  1 << 10,
		WriteBufferSize: 4 << 10,
		WriteBufferPool: new(sync.Pool), // the hub rarely writes to a tab
	}
	return h
}

// Tag returns the script elements that make a document a client. Call it when
// the document is requested: the tag says from which state the document was
// made, and a later tag could hide that the document is stale already.
func (h *Hub) Tag() string {
	h.mu.Lock()
	build, seq, hotPages := h.state.Build, h.seq, h.hotPages
	h.mu.Unlock()
	runtime := ""
	if hotPages { // it runs before anything that it has to know of
		runtime = `<script src="` + routes.Prefix + `hot.js"></script>`
	}
	return fmt.Sprintf(`%s<script src="%sclient.js" data-build="%d" data-seq="%d" data-server="%s" data-token="%s"></script>`,
		runtime, routes.Prefix, build, seq, html.EscapeString(h.opts.Server), html.EscapeString(h.opts.Token))
}

// SetHot says whether documents get the runtime of hot updates from now on.
func (h *Hub) SetHot(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hotPages = on
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

// Errors replaces the problems that tabs show.
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

// Update is a change of what is served.
type Update struct {
	Build  int
	Phase  string  // of this build, told together with the rest; empty: unchanged
	Down   bool    // no app takes requests; ignored without a Phase
	Reload bool    // documents that were made before are stale
	Reason string  // the file that was saved, for people
	CSS    []Sheet // sheets that changed
	App    string  // identity of the program that renders documents; empty: unchanged

	Patches []Patch // what documents apply in place of a reload, in order; ignored with Reload
	Built   int     // the newest build whose patches the served scripts hold

	// The hashes of all style sheets and scripts that are served from memory, by
	// URL path. Nil: unchanged, apart from the sheets in CSS.
	CSSHashes, JSHashes map[string]string
}

// Sheet is a style sheet whose content changed.
type Sheet struct {
	URL  string // path, without a query
	Hash string // of its content; the tab fetches the sheet as URL?devtool=Hash, beside the page's own query

	// Source is the text of a small sheet, which the tab shows at once while
	// the link fetches it, too. Empty: the tab has to wait for the link.
	Source string
}

// Update tells every tab what has changed. Call it once the new outputs are
// served and the new app is ready.
func (h *Hub) Update(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head := h.nextLocked("update")
	for i := range u.Patches {
		u.Patches[i] = h.patches.add(u.Patches[i])
	}
	h.state.outputs = h.state.after(u, head.Seq)
	sheets := make([]sheet, len(u.CSS))
	for i, s := range u.CSS {
		sheets[i] = sheet(s)
	}
	h.broadcastLocked(updateFrame{frame: head, outputs: h.state.outputs, Reason: u.Reason, Sheets: sheets})
}

// snapshot returns a copy of what every tab should show.
func (h *Hub) snapshot() state {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.clone()
}

// Clients returns the number of tabs that have said hello.
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

// Close says goodbye to every tab, refuses new ones and waits for the goroutines
// of all connections. If ctx ends first, Close cuts the connections, waits for
// their goroutines and returns ctx's error.
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

// join registers c and queues a hello for it. It does both under one lock, so
// that c receives every later change as a message.
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

// mayHavePainted reports whether this run has served build. A tab that comes
// from an earlier run may speak of a build of that run.
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

// add notes an open connection; false if the hub is closed.
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

// enter counts a request for a websocket, so that Close waits for it; false if
// the hub is closed. The lock orders it before Close's Wait.
func (h *Hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.serving.Add(1)
	return true
}

// prepare encodes message once for all clients. Messages hold only strings,
// numbers, booleans, slices and maps of strings, which always marshal.
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
