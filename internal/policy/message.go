package policy

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Message is something people and scripts are told while the server runs. Type
// is its name in the machine-readable stream, its JSON the other fields there.
type Message interface{ Type() string }

type (
	// Assumed says what devtool chose because no setting did.
	Assumed struct {
		What    string `json:"what"`    // "go", "web", "config"
		Value   string `json:"value"`   //
		Why     string `json:"why"`     //
		Setting string `json:"setting"` // the key that would change it
	}

	// Listening says that the public address answers.
	Listening struct {
		URLs List[string] `json:"urls"` // the first is the one given to the app
	}

	// BuildStarted says that a batch is being built.
	BuildStarted struct {
		Build int          `json:"build"`
		Files List[string] `json:"files"`
	}

	// BuildSuperseded says that a build was merged into a newer one, whose
	// outcome covers both.
	BuildSuperseded struct {
		Build int `json:"build"`
	}

	// Progress says that a step is still running: first after a second, then at
	// growing intervals.
	Progress struct {
		Step string `json:"step"` // "generate", "go", "drain", "stop" or "boot"
		Took Millis `json:"elapsed_ms"`
	}

	// BuildFinished is the outcome of a batch.
	BuildFinished struct {
		Outcome
		At   time.Time `json:"-"`           // when it was decided
		Took Millis    `json:"duration_ms"` // since the first file was touched; 0 for the first build
		Tabs int       `json:"tabs"`        // how many were told
		Last bool      `json:"-"`           // nothing else is under way
	}

	// Written lists what a production build put into its directory, sorted.
	Written struct {
		Dir   string        `json:"dir"`
		Files []WrittenFile `json:"files"`
	}

	// Painted says that a tab shows a build.
	Painted struct {
		Build int    `json:"build"`
		Took  Millis `json:"duration_ms"` // from the message to the paint
	}

	// AppReady says that a generation takes requests.
	AppReady struct {
		Generation int    `json:"generation"`
		PID        int    `json:"pid"`
		Addr       string `json:"addr"`
		Via        string `json:"via"` // "socket", "PORT" or "own port"
		Protocol   string `json:"protocol"`
		First      bool   `json:"-"` // no generation was ready before
	}

	// AppCrashed says that the app ended by itself, after it was ready or when it
	// was restarted after a crash.
	AppCrashed struct {
		Generation int                   `json:"generation"`
		Problems   List[problem.Problem] `json:"problems"`
		After      Millis                `json:"restart_ms"` // until it is restarted; 0: it waits for a change
	}

	// PageThrew reports an uncaught error in a page.
	PageThrew struct {
		Problem problem.Problem `json:"problem"`
		URL     string          `json:"url"` // of the page
	}

	// PageReloads says that a page reloads because it cannot be sure to show what a
	// hot update changed.
	PageReloads struct {
		URL    string `json:"url"`    // of the page
		Reason string `json:"reason"` //
	}

	// TypesChecked says what is wrong with TypeScript types, each time that
	// changes.
	TypesChecked struct {
		Problems List[problem.Problem] `json:"problems"`
		News     []problem.Problem     `json:"-"` // those that are new
	}

	// SettingsRead says what an edit of the settings has changed.
	SettingsRead struct {
		File     string                `json:"file"`
		Applied  List[string]          `json:"applied"`  // keys that took effect
		Later    List[string]          `json:"later"`    // keys that take effect when devtool is restarted
		Problems List[problem.Problem] `json:"problems"` // if any, the old settings stay in force
		News     []problem.Problem     `json:"-"`        // those that are new
	}

	// Paused says whether changes are held back, and which files wait.
	Paused struct {
		Paused  bool         `json:"paused"`
		Waiting List[string] `json:"waiting"`
	}

	// Standing repeats what is wrong, for whoever asked.
	Standing struct {
		Problems List[problem.Problem] `json:"problems"`
	}

	// Remark is anything else worth a line.
	Remark struct {
		Text string `json:"text"`
		Hint string `json:"hint,omitempty"`
	}

	// Verbose is a line for whoever asked for --verbose output.
	Verbose struct {
		Text string `json:"text"`
	}
)

// WrittenFile is a file of a production build.
type WrittenFile struct {
	Path   string `json:"path"` // relative to the directory, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Type implements Message.
func (Assumed) Type() string         { return "assumed" }
func (Listening) Type() string       { return "listening" }
func (BuildStarted) Type() string    { return "build-started" }
func (BuildSuperseded) Type() string { return "build-superseded" }
func (Progress) Type() string        { return "progress" }
func (BuildFinished) Type() string   { return "build-finished" }
func (Written) Type() string         { return "written" }
func (Painted) Type() string         { return "painted" }
func (AppReady) Type() string        { return "app-ready" }
func (AppCrashed) Type() string      { return "app-crashed" }
func (PageThrew) Type() string       { return "page-threw" }
func (PageReloads) Type() string     { return "page-reloads" }
func (TypesChecked) Type() string    { return "types-checked" }
func (SettingsRead) Type() string    { return "settings-read" }
func (Paused) Type() string          { return "paused" }
func (Standing) Type() string        { return "standing" }
func (Remark) Type() string          { return "remark" }
func (Verbose) Type() string         { return "verbose" }
