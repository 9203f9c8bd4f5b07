package reload

import "time"

// protocol is the websocket subprotocol that client and hub speak. There is an
// example of every message in web/overlay/testdata/messages, which the tests of
// both sides read.
const protocol = "devtool.v1"

// frame is the head of every message from the hub.
type frame struct {
	V      int    `json:"v"`
	Type   string `json:"type"`
	Server string `json:"server"` // random for each run, so that tabs notice a restart
	Seq    uint64 `json:"seq"`    // one more than in the message before; hello repeats the newest
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

// clientMessage is any message from a tab. Type says which fields it has.
type clientMessage struct {
	Type string `json:"type"`

	Tab   string `json:"tab"`   // hello
	Page  string `json:"page"`  // hello, patched
	Build int    `json:"build"` // hello, ack
	URL   string `json:"url"`   // hello

	MS float64 `json:"ms"` // ack

	Name    string `json:"name"` // runtime
	Message string `json:"message"`
	Stack   string `json:"stack"`

	Reason string `json:"reason"` // doubt
}

// Ack reports that a tab has painted a build.
type Ack struct {
	Tab   string        // random for each tab; it survives reloads
	Build int           // the build now on screen
	Took  time.Duration // from the message to the paint, by the tab's clock
}

// Page is a document in a tab. [Options.OnPage] hears of it whenever the tab
// connects, or applies a patch.
type Page struct {
	Tab   string // as [Ack.Tab]
	ID    string // of the document with the patches that it has applied
	Build int    // from which the document was made
	URL   string
}

// Runtime is an error that a page threw and did not catch.
type Runtime struct {
	Page    Page
	Name    string // "TypeError"
	Message string
	Stack   string // as the browser wrote it, with positions in the bundles
}

// Doubt says that a page reloads because it cannot be sure to show what a patch
// changed.
type Doubt struct {
	Page   Page
	Reason string // for people
}
