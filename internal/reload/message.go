package reload

import "time"

// protocol is the websocket subprotocol that client and hub speak. The messages
// themselves are kept in web/overlay/testdata/messages, where the tests of both
// sides read them.
const protocol = "devtool.v1"

// frame heads every message of the hub.
type frame struct {
	V      int    `json:"v"`
	Type   string `json:"type"`
	Server string `json:"server"` // random per run: tells a restarted hub from the one before
	Seq    uint64 `json:"seq"`    // one more than the frame before; hello repeats the newest
}

type helloFrame struct {
	frame
	state
	Settings Features `json:"settings"`
}

type phaseFrame struct {
	frame
	progress
}

type errorsFrame struct {
	frame
	Set []entry `json:"set"`
}

// updateFrame repeats the outputs as a whole, so that a tab needs no history to
// know what it should show.
type updateFrame struct {
	frame
	outputs
	Reason string  `json:"reason"`
	Sheets []sheet `json:"sheets"`
}

type sheet struct {
	URL    string `json:"url"`
	Hash   string `json:"hash"`
	Source string `json:"source"`
}

// clientMessage is any message of a tab; Type tells which fields count.
type clientMessage struct {
	Type string `json:"type"`

	Tab   string `json:"tab"`   // hello
	Page  string `json:"page"`  // hello
	Build int    `json:"build"` // hello, ack
	URL   string `json:"url"`   // hello

	MS float64 `json:"ms"` // ack

	Name    string `json:"name"` // runtime
	Message string `json:"message"`
	Stack   string `json:"stack"`
}

// Ack is a tab's word that it has painted a build.
type Ack struct {
	Tab   string        // random per tab, the same over reloads
	Build int           // the build now on screen
	Took  time.Duration // from the tab hearing of it to its paint, by the tab's clock
}

// Page is a document that a tab shows. It is told of whenever its tab connects.
type Page struct {
	Tab   string // as [Ack.Tab]
	ID    string // the same for one document only
	Build int    // that the document was made from
	URL   string
}

// Runtime is an error that was thrown in a page and caught by nobody.
type Runtime struct {
	Page    Page
	Name    string // "TypeError"
	Message string
	Stack   string // as the browser wrote it: positions in the bundles, not in the sources
}
