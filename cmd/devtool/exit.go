package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
)

// Exit codes, as documented in the README.
const (
	exitOK     = 0   // a clean stop, the first Ctrl-C too
	exitFailed = 1   // a build for production, or build or app under --once, failed, or something unforeseen
	exitUsage  = 2   // the command line or the configuration is wrong, or the project is served already
	exitPort   = 3   // a chosen port is taken
	exitUnfit  = 4   // the environment lacks something: Go, or a devtool that serves the project
	exitForced = 130 // a second Ctrl-C, or the first during a build for production
)

// errReported is a failure that has been printed already; errUnfit is one that
// is the machine's fault.
var (
	errReported = errors.New("failed as reported")
	errUnfit    = unfitError{errReported}
)

// unfitError is a failure of the machine.
type unfitError struct{ error }

func (e unfitError) Unwrap() error { return e.error }

// UserFault reports whether the command line or the settings are to blame.
func (e unfitError) UserFault() bool { return false }

// usageError is a mistake on the command line.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// Hint returns what to do instead.
func (e *usageError) Hint() string { return e.hint }

// UserFault reports whether the command line or the settings are to blame.
func (e *usageError) UserFault() bool { return true }

// exitCode maps an error to the documented code. Errors say whose fault they
// are, just as they have a Hint.
func exitCode(err error) int {
	var taken interface{ Taken() bool }
	var fault interface{ UserFault() bool }
	switch {
	case errors.Is(err, errInterrupted):
		return exitForced
	case err == nil, errors.Is(err, context.Canceled):
		return exitOK
	case errors.As(err, &taken) && taken.Taken():
		return exitPort
	case errors.As(err, &fault) && fault.UserFault():
		return exitUsage
	case fault != nil:
		return exitUnfit
	default:
		return exitFailed
	}
}

// projectError is a project that cannot be read.
type projectError struct{ error }

func (e *projectError) Unwrap() error { return e.error }

// UserFault reports whether the command line or the settings are to blame.
func (e *projectError) UserFault() bool { return true }

// report prints an error as people should see it and returns the exit code.
func report(e environment, err error) int {
	code := exitCode(err)
	if code == exitOK || errors.Is(err, errReported) {
		return code
	}
	for _, err := range flatten(err) {
		fmt.Fprintf(e.stderr, "devtool: error: %s\n", printableLines(err.Error(), gutter))
		hint := hintOf(err)
		var setting *config.Error
		if errors.As(err, &setting) {
			p := setting.Problem()
			for _, line := range p.Excerpt {
				fmt.Fprintf(e.stderr, "%5d │ %s\n", line.Number, printable(line.Text))
				if p.Blames(line) {
					fmt.Fprintf(e.stderr, gutter+"%s^\n", p.Indent(line))
				}
			}
		}
		if hint != "" {
			fmt.Fprintf(e.stderr, "devtool: hint: %s\n", printableLines(hint, "              "))
		}
	}
	return code
}

// hintOf returns what to do about an error, or "".
func hintOf(err error) string {
	var setting *config.Error
	if errors.As(err, &setting) {
		return setting.Hint
	}
	return devserver.Hint(err)
}

// flatten takes joined errors apart, so that each gets its own lines.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}
