package devserver

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// event is something that happened. Events are plain data: they carry no
// channels and no callbacks, so that a test can write them down.
type event interface{ event() }

type (
	// changed tells of files whose content changed, sorted by what each means.
	changed struct {
		At       time.Time // when the batch reached us
		First    time.Time // when its first file was touched
		Files    []string  // for people, relative to the project
		Generate bool      // inputs of generators changed
		Go       bool      // inputs of the Go lane changed
		Web      []string  // changed inputs of the web lane
		Restart  bool      // something the app reads at start changed
		Reload   bool      // something the app serves as it is changed
		Swap     []string  // style sheets that the app serves: URL paths
		Cause    string    // what it was, if no file
		Held     bool      // slower-settling changes follow in a batch of their own, or a heldEnough
	}

	// heldEnough tells that the changes announced by a held batch came to
	// nothing.
	heldEnough struct{}

	// generated is the end of a run of the generators.
	generated struct {
		Run      int
		Changed  changed // what they wrote, and what else changed meanwhile
		Problems []problem.Problem
		Stages   []Stage
		Canceled bool
	}

	// goBuilt is the end of a run of the Go lane.
	goBuilt struct {
		Run      int
		Binary   binary
		Problems []problem.Problem
		Took     time.Duration
		Canceled bool
	}

	// webBuilt is the end of a run of the web lane.
	webBuilt struct {
		Run      int
		Delta    delta
		Problems []problem.Problem
		Took     time.Duration
		Canceled bool
	}

	// appReady tells that a replacement succeeded: the gate is open.
	appReady struct {
		At         time.Time
		Generation int
		Stages     []Stage
	}

	// appFailed tells that a replacement came to nothing.
	appFailed struct {
		At         time.Time
		Generation int
		Finished   bool // it exited with 0 before it was ready: not a failure
		Canceled   bool // it was abandoned for a newer one
		Kept       bool // the generation before was not touched and serves
		Problems   []problem.Problem
		Stages     []Stage
	}

	// appExited tells that a ready generation ended by itself.
	appExited struct {
		At         time.Time
		Generation int
		Problems   []problem.Problem
	}

	// pageShown tells that a tab has connected, perhaps with a new document.
	pageShown struct{ Tab, Page string }

	// pageThrew tells of an error in a page that nobody caught.
	pageThrew struct {
		Tab, Page string
		Build     int // that the document was made from
		URL       string
		Problem   problem.Problem
	}

	// restartDue ends the back-off after a crash.
	restartDue struct{ Generation int }

	// typesChecked is the end of a check of TypeScript types: all that is wrong.
	typesChecked struct{ Problems []problem.Problem }

	// edited tells of an edit of the settings.
	edited struct {
		At       time.Time
		File     string            // for people
		Problems []problem.Problem // the settings before hold; the rest is empty
		Applied  []string          // the keys of what changed
		Later    []string          // of what changes when devtool is started again
		Change   changed           // what has to be made anew
		Rollback bool              // as app.rollback is now
	}

	// asked is the wish of a person or a script.
	asked struct {
		At   time.Time
		What Ask

		Web      []string // inputs of the bundles
		Generate bool     // there are generators
	}
)

func (changed) event()      {}
func (heldEnough) event()   {}
func (generated) event()    {}
func (goBuilt) event()      {}
func (webBuilt) event()     {}
func (appReady) event()     {}
func (appFailed) event()    {}
func (appExited) event()    {}
func (pageShown) event()    {}
func (pageThrew) event()    {}
func (restartDue) event()   {}
func (typesChecked) event() {}
func (edited) event()       {}
func (asked) event()        {}

// action is something to do. Like events, actions are plain data.
type action interface{ action() }

type (
	// startGenerate, startGo and startWeb begin a run of a lane; its end is an
	// event.
	startGenerate struct{ Run int }
	startGo       struct{ Run int }
	startWeb      struct {
		Run   int
		Files []string // changed since the lane last succeeded; nil: all
	}
	cancelLane struct{ Lane lane }

	// publish serves the outputs of the last good web run from now on.
	publish struct{ Build int }

	// replaceApp stops the running generation, if any, and starts another
	// behind the closed gate.
	replaceApp struct {
		Generation int
		Build      int
		Binary     binary
	}
	cancelReplace struct{}

	// restartLater closes the gate and asks for a restartDue event.
	restartLater struct {
		Generation int
		After      time.Duration
	}

	// giveUp closes the gate for good: nothing is running and nothing will be
	// until a file changes.
	giveUp struct{}

	// expectApp closes the gate: there is no app yet, but one is being made.
	expectApp struct{}

	// tellUpdate tells every client what to do about a build.
	tellUpdate struct {
		Build  int
		CSS    []string // URL paths to swap
		Reload bool
		Reason string
	}

	tellPhase struct {
		Phase Phase
		Build int
		Down  bool // no generation takes requests
	}
	tellProblems struct{ Problems []problem.Problem }

	// tellCrash tells the person at the terminal that the app ended by itself.
	tellCrash struct {
		Generation int
		Problems   []problem.Problem
		After      time.Duration // until it is started again; 0: not before a change
	}

	// tellThrown tells them of an error in a page.
	tellThrown struct {
		Problem problem.Problem
		URL     string
	}

	// tellTypes tells the person at the terminal what is wrong with types now.
	tellTypes struct {
		Problems []problem.Problem
		News     []problem.Problem // those of them that were not there before
	}

	// tellSettings tells them what came of an edit of the settings.
	tellSettings struct {
		File           string
		Applied, Later []string
		Problems       []problem.Problem
		News           []problem.Problem // those of them that were not there before
	}

	// tellPaused tells them whether changes wait, and which.
	tellPaused struct {
		Paused  bool
		Waiting []string
	}

	// tellStanding tells them again what is wrong.
	tellStanding struct{ Problems []problem.Problem }

	// report shows the outcome of a batch to the person at the terminal.
	report struct{ Outcome Outcome }
)

func (startGenerate) action() {}
func (startGo) action()       {}
func (startWeb) action()      {}
func (cancelLane) action()    {}
func (publish) action()       {}
func (replaceApp) action()    {}
func (cancelReplace) action() {}
func (restartLater) action()  {}
func (giveUp) action()        {}
func (expectApp) action()     {}
func (tellUpdate) action()    {}
func (tellPhase) action()     {}
func (tellProblems) action()  {}
func (tellCrash) action()     {}
func (tellThrown) action()    {}
func (tellTypes) action()     {}
func (tellSettings) action()  {}
func (tellPaused) action()    {}
func (tellStanding) action()  {}
func (report) action()        {}
