package gobuild

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/calendsync/devtool/internal/problem"
)

// What may be wrong with the toolchain or the machine, for [errors.Is].
var (
	ErrNoToolchain  = errors.New("no go command found")
	ErrOldToolchain = errors.New("the go command is older than 1.24")
	ErrNoModule     = errors.New("no go.mod found")
	ErrNotMain      = errors.New("not a main package")
	ErrDiskFull     = errors.New("no space left on the device")
)

// Error is a failure that no edit of the user's Go files can fix, with advice.
type Error struct {
	Err  error
	Help string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint is the advice printed under the error.
func (e *Error) Hint() string { return e.Help }

// UserFault reports whether the command line or the settings are at fault, rather
// than the machine.
func (e *Error) UserFault() bool {
	return errors.Is(e.Err, ErrNoModule) || errors.Is(e.Err, ErrNotMain)
}

const (
	diskFullHelp = "free some space; go clean -cache empties the build cache"
	noModuleHelp = "run go mod init, or name the module's directory with --dir"
)

// goFailures are faults that the go command reports only in words.
var goFailures = []struct {
	words string
	err   error
	help  string
}{
	{"go.mod file not found", ErrNoModule, noModuleHelp},
	{"cannot find main module", ErrNoModule, noModuleHelp},
	{"flag provided but not defined: -json", ErrOldToolchain, "install Go 1.24 or newer"},
	{"cannot find GOROOT directory", ErrNoToolchain, "unset GOROOT or point it at an installed Go"},
	{syscall.ENOSPC.Error(), ErrDiskFull, diskFullHelp},
	{"There is not enough space on the disk", ErrDiskFull, diskFullHelp},
}

// goFailure returns an error if diagnostics really report a fault of the
// environment. Only those without a file can: the others quote the user's code.
func goFailure(diagnostics []problem.Problem) error {
	for _, d := range diagnostics {
		for _, failure := range goFailures {
			if d.File == "" && strings.Contains(d.Text, failure.words) {
				return &Error{Err: failure.err, Help: failure.help}
			}
		}
	}
	return nil
}

// diskFull adds advice to an error that means a full disk, and returns others
// unchanged.
func diskFull(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &Error{Err: fmt.Errorf("%w: %w", ErrDiskFull, err), Help: diskFullHelp}
	}
	return err
}
