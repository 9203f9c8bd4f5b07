package process

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// ErrFinished says that the app ended well before it was ready: a program that
// does its work and exits. It is not a failure.
var ErrFinished = errors.New("finished before it was ready")

// ExitError describes how the app ended.
type ExitError struct {
	Code    int           // exit code, -1 if a signal ended it
	Signal  string        // that signal, as "killed"; empty if it exited
	Stopped bool          // we asked for it
	Ran     time.Duration // from start to end
	Tail    string        // the end of its output
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return fmt.Sprintf("app was ended by a signal: %s", e.Signal)
	}
	return fmt.Sprintf("app exited with code %d", e.Code)
}

// AddressInUse reports whether the app failed because its address was taken. Some
// servers cannot use a reserved port; see [ReservedPort.Release].
func (e *ExitError) AddressInUse() bool {
	for _, text := range []string{"address already in use", "Address already in use", "EADDRINUSE", "Only one usage of each socket address"} {
		if strings.Contains(e.Tail, text) {
			return true
		}
	}
	return false
}

// Hint returns what to do about it.
func (e *ExitError) Hint() string {
	if e.AddressInUse() {
		return "another program holds the address; let the app listen on ${PORT}"
	}
	return ""
}

// newExitError reads the state of a reaped process.
func newExitError(state *os.ProcessState) *ExitError {
	e := &ExitError{Code: state.ExitCode()}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal().String()
	}
	return e
}

// NotReadyError says that the app runs but did not become ready in time.
type NotReadyError struct {
	Timeout   time.Duration
	Tried     []string         // each address with what happened there
	Listening []netip.AddrPort // where its process group listens, as far as the system tells
	Tail      string           // the end of its output
}

func (e *NotReadyError) Error() string {
	text := fmt.Sprintf("app is not ready after %v", e.Timeout)
	if len(e.Tried) > 0 {
		text += ": tried " + strings.Join(e.Tried, ", ")
	}
	if len(e.Listening) > 0 {
		text += fmt.Sprintf("; it listens on %v", e.Listening)
	}
	return text
}

// Hint returns what to do about it.
func (e *NotReadyError) Hint() string {
	if len(e.Listening) > 0 {
		return `it listens but does not answer HTTP; set app.ready to a health path, to "tcp" or to "started", or raise app.ready_timeout`
	}
	return `let it listen on ${PORT}; for a worker or bot set app.ready = "started"; for a slow start raise app.ready_timeout`
}

// EnvironmentError says that the system takes no environment of this size.
type EnvironmentError struct {
	Name  string // of the largest variable
	Size  int    // its bytes, with the name
	Total int    // bytes of all variables
	Err   error  // the system's
}

// explainSize names the largest variable if the environment is what the system
// refused, and returns err otherwise.
func explainSize(err error, env []string) error {
	if !errors.Is(err, syscall.E2BIG) || len(env) == 0 {
		return err
	}
	e := &EnvironmentError{Err: err}
	for _, entry := range env {
		e.Total += len(entry) + 1
		if len(entry) > e.Size {
			e.Size = len(entry)
			e.Name, _, _ = strings.Cut(entry, "=")
		}
	}
	return e
}

func (e *EnvironmentError) Error() string {
	return fmt.Sprintf("%v: the environment has %d bytes, and its largest variable, %s, %d", e.Err, e.Total, e.Name, e.Size)
}

func (e *EnvironmentError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *EnvironmentError) Hint() string {
	return "put the value of " + e.Name + " into a file of its own, and only its path into the env file or the shell; Linux takes 128 KiB for each variable"
}

// NotifyError says that the app cannot tell when it is ready.
type NotifyError struct{ Err error }

func (e *NotifyError) Error() string {
	return fmt.Sprintf("the app cannot announce that it is ready (NOTIFY_SOCKET): %v", e.Err)
}

func (e *NotifyError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *NotifyError) Hint() string {
	return "devtool asks at its address instead; set TMPDIR to a directory that can be written, on a local filesystem, or app.ready"
}

// GuardianError says that no guardian process guards what we started.
type GuardianError struct{ Err error } // how the last one ended, or why none starts

func (e *GuardianError) Error() string {
	if e.Err == nil {
		return "the guardian process ended"
	}
	return fmt.Sprintf("the guardian process is gone: %v", e.Err)
}

func (e *GuardianError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *GuardianError) Hint() string {
	return `something ends "devtool __guardian" again and again; end devtool by Ctrl-C, not by kill -9, else processes of the app and temporary files stay behind`
}
