package devserver

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Message is something people and scripts are told while the server runs.
// Type is its name in the machine-readable stream.
type Message interface{ Type() string }

type (
	// Assumed tells what was decided for lack of configuration.
	Assumed struct {
		What    string `json:"what"`    // "go", "web", "config"
		Value   string `json:"value"`   //
		Why     string `json:"why"`     //
		Setting string `json:"setting"` // the key that would change it
	}

	// Listening tells that the public address answers.
	Listening struct {
		URLs []string `json:"urls"` // first the one that the app is told
	}

	// BuildStarted tells that a batch is being built.
	BuildStarted struct {
		Build int      `json:"build"`
		Files []string `json:"files"`
	}

	// BuildSuperseded tells that what a build was begun for has become part of
	// a newer one, whose outcome answers both.
	BuildSuperseded struct {
		Build int `json:"build"`
	}

	// Progress tells that a step goes on: after a second, and then ever more
	// rarely.
	Progress struct {
		Step string // "generate", "go", "drain", "stop" or "boot"
		Took time.Duration
	}

	// BuildFinished tells the outcome of a batch.
	BuildFinished struct {
		Outcome
		At   time.Time // when it was decided
		Tabs int       // that were told
		Last bool      // nothing is waited for after it
	}

	// Written tells what a production build put into its directory, sorted.
	Written struct {
		Dir   string        `json:"dir"`
		Files []WrittenFile `json:"files"`
	}

	// Painted tells that a tab shows a build.
	Painted struct {
		Build int
		Took  time.Duration // from the message to the paint
	}

	// AppReady tells that a generation takes requests.
	AppReady struct {
		Generation int    `json:"generation"`
		PID        int    `json:"pid"`
		Addr       string `json:"addr"`
		Via        string `json:"via"` // "socket", "PORT" or "own port"
		Protocol   string `json:"protocol"`
		First      bool   `json:"-"` // no generation was ready before
	}

	// AppCrashed tells that an app which was ready ended by itself, or did so
	// when it was started again.
	AppCrashed struct {
		Generation int
		Problems   []problem.Problem
		After      time.Duration // until it is started again; 0: not before a change
	}

	// PageThrew tells of an error in a page that nobody caught.
	PageThrew struct {
		Problem problem.Problem `json:"problem"`
		URL     string          `json:"url"` // of the page
	}

	// TypesChecked tells what is wrong with TypeScript types, each time that
	// something else is.
	TypesChecked struct {
		Problems []problem.Problem `json:"problems"`
		News     []problem.Problem `json:"-"` // those of them that were not there before
	}

	// SettingsRead tells what came of an edit of the settings.
	SettingsRead struct {
		File     string            `json:"file"`
		Applied  []string          `json:"applied"`  // keys that changed
		Later    []string          `json:"later"`    // keys that will, once devtool is restarted
		Problems []problem.Problem `json:"problems"` // the settings before the edit hold
		News     []problem.Problem `json:"-"`        // those of them that were not there before
	}

	// Paused tells whether changes wait, and which do.
	Paused struct {
		Paused  bool     `json:"paused"`
		Waiting []string `json:"waiting"`
	}

	// Standing tells again what is wrong, to who asked.
	Standing struct {
		Problems []problem.Problem `json:"problems"`
	}

	// Remark is anything else worth a line.
	Remark struct {
		Text string `json:"text"`
		Hint string `json:"hint,omitempty"`
	}

	// Verbose is worth a line only to who asked for all.
	Verbose struct {
		Text string `json:"text"`
	}
)

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
func (TypesChecked) Type() string    { return "types-checked" }
func (SettingsRead) Type() string    { return "settings-read" }
func (Paused) Type() string          { return "paused" }
func (Standing) Type() string        { return "standing" }
func (Remark) Type() string          { return "remark" }
func (Verbose) Type() string         { return "verbose" }
