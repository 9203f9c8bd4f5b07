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

// claim is the right to serve a project, of which there is one. It is a locked
// file: the system gives it back however we end. The file stays; removing it
// would let two claim the same name.
type claim struct{ file *os.File }

// servedError says that another devtool serves the project.
type servedError struct{ who string }

func (e *servedError) Error() string { return "this project is served already: " + e.who }

// Hint returns what to do instead.
func (e *servedError) Hint() string {
	return "two would replace the same app; stop that one, or give this one a --config or DEVTOOL_GO_PACKAGE of its own"
}

// claimProject claims what cfg serves, below dir. Two programs of one directory
// are two projects.
func claimProject(dir string, cfg *config.Config) (*claim, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("claim the project: %w", err)
	}
	what := append([]string{cfg.Root, cfg.Go.Package}, cfg.Files...)
	sum := sha256.Sum256([]byte(strings.Join(what, "\x00")))
	file, err := os.OpenFile(filepath.Join(dir, hex.EncodeToString(sum[:12])), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim the project: %w", err)
	}
	if lockedElsewhere(file) {
		defer file.Close()
		who, _ := io.ReadAll(file) // still empty, perhaps
		return nil, &servedError{who: strings.TrimSpace(string(who))}
	}
	c := &claim{file}
	c.tell("")
	return c, nil
}

// tell writes down for others who we are.
func (c *claim) tell(url string) {
	who := strings.TrimSpace(fmt.Sprintf("%s (pid %d)", url, os.Getpid()))
	// Only the message of another devtool would suffer from an error.
	if c.file.Truncate(0) == nil {
		_, _ = c.file.WriteAt([]byte(who), 0)
	}
}

func (c *claim) release() { c.file.Close() }
