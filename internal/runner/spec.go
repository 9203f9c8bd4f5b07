package runner

import (
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// Spec says what the next generation is and how it takes over. It is a value:
// settings may be edited while it boots.
type Spec struct {
	Binary  string        // absolute path
	Overlap bool          // boot beside the generation before
	Drain   time.Duration // how long requests may take to end

	// Prepare completes what the process is given, from files that are read now.
	// Port, Stdin, Socket and Known are the runner's to fill in.
	Prepare func() process.Spec

	// Socket says whether the app is given a listening socket; nil: if it
	// ReadsSocket, or its binary mentions the variable that announces one.
	Socket      *bool
	ReadsSocket bool

	// Fixed says that the app serves where it is told by Process alone: it is
	// given no port but the reserved one.
	Fixed bool

	// Accept refuses a generation for where it serves; nil: none.
	Accept func(process.Target) error
}
