package policy

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Event is something that happened. Events are plain data: they carry no
// channels and no callbacks, so that a test can write them down.
type Event interface{ apply(*decision) }

type (
	// Changed reports files whose content changed, sorted by what each means.
	Changed struct {
		At       time.Time // when the batch reached us
		First    time.Time // when its first file was touched
		Files    []string  // for people, relative to the project
		Generate bool      // inputs of generators changed
		Go       bool      // inputs of the Go lane changed
		Text     bool      // inputs of the Go lane changed in text that the app can read anew
		Web      []string  // changed inputs of the web lane
		Restart  bool      // something the app reads at start changed
		Reload   bool      // something the app serves as it is changed
		Swap     []string  // style sheets that the app serves: URL paths
		Cause    string    // what it was, if no file
		Held     bool      // slower changes of the same save follow, or NothingFollowed
	}

	// NothingFollowed reports that the changes which a held batch announced came
	// to nothing.
	NothingFollowed struct{}

	// Generated is the end of a run of the generators.
	Generated struct {
		At       time.Time
		Run      int
		Changed  Changed // what they wrote, and what else changed meanwhile
		Problems []problem.Problem
		Stages   []Stage
		Canceled bool
	}

	// GoBuilt is the end of a run of the Go lane.
	GoBuilt struct {
		At       time.Time
		Run      int
		Binary   Binary
		Problems []problem.Problem
		Took     time.Duration
		Canceled bool
	}

	// WebBuilt is the end of a run of the web lane.
	WebBuilt struct {
		At       time.Time
		Run      int
		Delta    Delta
		Problems []problem.Problem
		Took     time.Duration
		Canceled bool
	}

	// TextShown is the end of a run of the text lane.
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

	// ReplaceFailed reports that a replacement came to nothing.
	ReplaceFailed struct {
		At         time.Time
		Generation int
		Finished   bool // it exited with 0 before it was ready: not a failure
		Canceled   bool // it was abandoned for a newer one
		Kept       bool // the generation before was not touched and serves
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

	// Released ends the time for which changes are held that the app causes.
	Released struct{ At time.Time }

	// PageShown reports that a tab has connected, perhaps with a new document.
	PageShown struct{ Tab, Page string }

	// PageFailed reports an error in a page that nobody caught.
	PageFailed struct {
		Tab, Page string
		Build     int // that the document was made from
		URL       string
		Problem   problem.Problem
	}

	// PackagesWhole reports that packages are bundled with the program from now
	// on, because a page loads a script in a way that cannot import.
	PackagesWhole struct {
		At     time.Time
		Script string   // the source of that script, for people
		Web    []string // inputs of the bundles
	}

	// TypesFound is the end of a check of TypeScript types: all that is wrong.
	TypesFound struct{ Problems []problem.Problem }

	// Edited reports an edit of the settings.
	Edited struct {
		At       time.Time
		File     string            // for people
		Problems []problem.Problem // the settings before hold; the rest is empty
		Applied  []string          // the keys of what changed
		Later    []string          // of what changes when devtool is started again
		Change   Changed           // what has to be made anew
		Rollback bool              // as [Facts.Rollback] is now
		Overlap  bool              // as [Facts.Overlap] is now
	}

	// Asked is the wish of a person or a script.
	Asked struct {
		At   time.Time
		What Ask

		Web      []string // inputs of the bundles
		Generate bool     // there are generators
	}
)
