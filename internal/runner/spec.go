package runner

import (
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// Spec describes the next generation and how it takes over. It is a value,
// because settings may be edited while it boots.
type Spec struct {
	Binary  string        // absolute path
	Overlap bool          // boot while the previous generation still serves
	Drain   time.Duration // how long requests in flight may take to finish

	// Prepare reads the env files and returns what to start. The runner fills in
	// Port, Stdin, Socket and Known.
	Prepare func() process.Spec

	// Socket says whether to give the app a listening socket. Nil means: if
	// ReadsSocket is set or the binary mentions LISTEN_FDS, the variable that
	// announces one.
	Socket      *bool
	ReadsSocket bool

	// Fixed says that what Prepare returns decides where the app serves, so it is
	// given neither a socket nor, after a failure, another port.
	Fixed bool

	// Accept returns an error to refuse a generation because of where it serves.
	// Nil accepts every generation.
	Accept func(process.Target) error
}
