package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/certificate"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/socket"
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

// errSaid is a failure of which everything has been printed, and errUnfit such
// a one of the environment.
var (
	errSaid  = errors.New("failed as printed")
	errUnfit = fmt.Errorf("the environment is unfit: %w", errSaid)
)

// usageError is a mistake on the command line.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// Hint returns what to do instead.
func (e *usageError) Hint() string { return e.hint }

// exitCode maps an error to the documented code.
func exitCode(err error) int {
	var (
		usage   *usageError
		setting *config.Error
		none    *config.NoMainError
		many    *config.ManyMainsError
		entry   *bundle.MissingEntryError
		cert    *certificate.FileError
		busy    *socket.BusyError
		path    *socket.PathError
		spec    *socket.SpecError
		golang  *gobuild.Error
		project *projectError
		served  *servedError
		output  *devserver.OutputError
		nobody  *nobodyError
		address *socket.AddressError
	)
	switch {
	case errors.Is(err, errInterrupted):
		return exitForced
	case err == nil, errors.Is(err, context.Canceled):
		return exitOK
	case errors.As(err, &busy), errors.As(err, &path):
		return exitPort
	case errors.Is(err, gobuild.ErrNoModule), errors.Is(err, gobuild.ErrNotMain), errors.As(err, &cert):
		return exitUsage
	case errors.As(err, &usage), errors.As(err, &setting), errors.As(err, &none),
		errors.As(err, &many), errors.As(err, &entry), errors.As(err, &project), errors.As(err, &served), errors.As(err, &spec), errors.As(err, &output), errors.As(err, &address):
		return exitUsage
	case errors.As(err, &golang), errors.As(err, &nobody), errors.Is(err, errUnfit):
		return exitUnfit
	default:
		return exitFailed
	}
}

// projectError is a project that cannot be read.
type projectError struct{ error }

func (e *projectError) Unwrap() error { return e.error }

// report prints an error as people should see it and returns the exit code.
func report(e environment, err error) int {
	code := exitCode(err)
	if code == exitOK || errors.Is(err, errSaid) {
		return code
	}
	for _, err := range flatten(err) {
		fmt.Fprintf(e.stderr, "devtool: error: %v\n", err)
		hint := hintOf(err)
		var setting *config.Error
		if errors.As(err, &setting) {
			p := setting.Problem()
			for _, line := range p.Excerpt {
				fmt.Fprintf(e.stderr, "%5d │ %s\n", line.Number, line.Text)
				if p.Blames(line) {
					fmt.Fprintf(e.stderr, "      │ %s^\n", p.Indent(line))
				}
			}
		}
		if hint != "" {
			fmt.Fprintf(e.stderr, "devtool: hint: %s\n", strings.ReplaceAll(hint, "\n", "\n              "))
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
