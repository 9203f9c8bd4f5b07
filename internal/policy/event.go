package policy

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Event is something that happened. Events are plain data: they carry no channels
// or callbacks, so a test can write them down.
type Event interface{ apply(*decision) }

type (
	// Changed reports files whose content changed, sorted by what they affect.
	Changed struct {
		At       time.Time // when the batch reached us
		First    time.Time // when its first file was touched
		Files    []string  // for people, relative to the project
		Generate bool      // inputs of generators changed
		Go       bool      // inputs of the Go lane changed
		Text     bool      // inputs of the Go lane changed, but only in text that the running app can read again
		Web      []string  // changed inputs of the web lane
		Restart  bool      // something the app reads at start changed
		Reload   bool      // a file that the app serves unchanged
		Swap     []string  // style sheets that the app serves: URL paths
		Cause    string    // the reason, if it was not a file
		Held     bool      // the rest of the same save follows, or NothingFollowed does
	}

	// NothingFollowed reports that the rest of a held batch turned out to be no
	// change.
	NothingFollowed struct{}

	// Generated reports the end of a run of the generators.
	Generated struct {
		At       time.Time
		Run      int
		Changed  Changed // what they wrote, and what else changed meanwhile
		Problems []problem.Problem
		Stages   []Stage
		Canceled bool
	}

	// GoBuilt reports the end of a run of the Go lane.
	GoBuilt struct {
		At       time.Time
		Run      int
		Binary   Binary
		Problems []problem.Problem
		Took     time.Duration
		Fast     bool // without the go command
		Canceled bool
	}

	// WebPatched reports that a run of the web lane has made patches, which bring
	// open pages up to date before their bundles are built.
	WebPatched struct {
		At   time.Time
		Run  int
		Took time.Duration
	}

	// WebBuilt reports the end of a run of the web lane.
	WebBuilt struct {
		At       time.Time
		Run      int
		Delta    Delta
		Patched  bool   // patches, of this run or before, did to open pages what Delta would
		Obstacle string // what kept patches from that, if they were to; for people
		Problems []problem.Problem
		Took     time.Duration
		Canceled bool
	}

	// TextShown reports the end of a run of the text lane.
	TextShown struct {
		At       time.Time
		Run      int
		Failed   bool // only a Go build can show it
		Took     time.Duration
		Canceled bool
	}

	// Replaced reports that a replacement succeeded: the gate is open.
	Replaced struct {
		At         time.Time
		Generation int
		Stages     []Stage
	}

	// ReplaceFailed reports that a replacement failed.
	ReplaceFailed struct {
		At         time.Time
		Generation int
		Finished   bool // it exited with 0 before it was ready: not a failure
		Canceled   bool // it was abandoned in favour of a newer one
		Kept       bool // the previous generation still serves
		Problems   []problem.Problem
		Stages     []Stage
	}

	// AppExited reports that a ready generation ended by itself.
	AppExited struct {
		At         time.Time
		Generation int
		Problems   []problem.Problem
	}

	// RestartDue ends the back-off after a crash.
	RestartDue struct {
		At         time.Time
		Generation int
	}

	// Released reports that changes which the app itself caused have been held
	// back long enough.
	Released struct{ At time.Time }

	// PageShown reports that a tab has connected, perhaps with a new document.
	PageShown struct{ Tab, Page string }

	// PageFailed reports an uncaught error in a page.
	PageFailed struct {
		Tab, Page string
		Build     int // that the document belongs to
		URL       string
		Problem   problem.Problem
	}

	// PageDoubted reports that a page reloads because it cannot be sure to show what
	// a patch changed.
	PageDoubted struct{ URL, Reason string }

	// PackagesWhole reports that packages are bundled into the scripts from now
	// on, because a page loads a script in a way that does not allow imports.
	PackagesWhole struct {
		At     time.Time
		Script string   // the source of that script, as shown to people
		Web    []string // inputs of the bundles
	}

	// TypesFound reports the end of a type check, with everything that is wrong.
	TypesFound struct{ Problems []problem.Problem }

	// Edited reports an edit of the settings.
	Edited struct {
		At       time.Time
		File     string            // for people
		Problems []problem.Problem // if any, the old settings stay in force and the rest is empty
		Applied  []string          // the keys that took effect
		Later    []string          // the keys that take effect when devtool is restarted
		Change   Changed           // what has to be built again
		Rollback bool              // as [Facts.Rollback] is now
		Overlap  bool              // as [Facts.Overlap] is now
		Hot      bool              // as [Facts.Hot] is now
	}

	// Asked reports a request from a person or a script.
	Asked struct {
		At   time.Time
		What Ask

		Web      []string // inputs of the bundles
		Generate bool     // there are generators
	}
)
