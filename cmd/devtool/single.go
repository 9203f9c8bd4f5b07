package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/config"
)

// claim is the right to serve a project; only one devtool has it. It is a locked
// file, which the system unlocks however we end. The file stays: if it were
// removed, two could claim the same name.
type claim struct{ file *os.File }

// servedError says that another devtool serves the project.
type servedError struct{ who string }

func (e *servedError) Error() string { return "this project is served already: " + e.who }

// Hint returns what to do instead.
func (e *servedError) Hint() string {
	return "two would replace the same app; stop that one, or give this one a --config or DEVTOOL_GO_PACKAGE of its own"
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *servedError) UserFault() bool { return true }

// claimName names the claim of what cfg serves. Two programs of one directory
// are two projects; the names of both begin alike. Links make no difference.
func claimName(cfg *config.Config) string {
	what := append([]string{cfg.Go.Package}, cfg.Files...)
	for i, path := range what {
		if filepath.IsAbs(path) {
			what[i] = realPath(path)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(what, "\x00")))
	return projectID(cfg.Root) + "-" + hex.EncodeToString(sum[:8])
}

// claimProject claims what cfg serves, below dir.
func claimProject(dir string, cfg *config.Config) (*claim, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("claim the project: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, claimName(cfg)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim the project: %w", err)
	}
	if lockedElsewhere(file) {
		defer file.Close()
		who, _ := io.ReadAll(file) // still empty, perhaps
		first, _, _ := strings.Cut(string(who), "\n")
		return nil, &servedError{who: strings.TrimSpace(first)}
	}
	c := &claim{file}
	c.tell("", "")
	return c, nil
}

// tell writes down for others who we are, and in the second line by which
// socket we are controlled.
func (c *claim) tell(url, socket string) {
	who := strings.TrimSpace(fmt.Sprintf("%s (pid %d)", url, os.Getpid()))
	// Only the message of another devtool would suffer from an error.
	if c.file.Truncate(0) == nil {
		_, _ = c.file.WriteAt([]byte(who+"\n"+socket+"\n"), 0)
	}
}

// socketPath is where the claim's owner is controlled, if the path is not too
// long for that.
func (c *claim) socketPath() string { return c.file.Name() + ".sock" }

func (c *claim) release() { c.file.Close() }
