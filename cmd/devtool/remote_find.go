package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/control"
)

// lookAgain is how often a command that waits looks for a devtool to serve the
// project.
const lookAgain = 50 * time.Millisecond

// nobodyError says that no devtool serves the project.
type nobodyError struct{ root string }

func (e *nobodyError) Error() string { return "no devtool serves " + e.root }

// Hint returns what to do about it.
func (e *nobodyError) Hint() string {
	return "start one with \"devtool dev server\", or name another project with --dir"
}

// UserFault reports whether the command line or the settings are to blame: a
// script may well be too early.
func (e *nobodyError) UserFault() bool { return false }

// awaitServer waits until a devtool serves the project. When the time is over
// it says that none does.
func awaitServer(ctx context.Context, c *cli.Context, e environment) (*control.Client, error) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		server, err := findServer(c, e)
		var nobody *nobodyError
		if !errors.As(err, &nobody) {
			return server, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, err
		}
	}
}

// findServer connects to the devtool that serves the project. Its settings are
// only read if it takes them to choose among several: a script may ask while
// they are broken.
func findServer(c *cli.Context, e environment) (*control.Client, error) {
	options, err := configOptions(c, e, nil)
	if err != nil {
		return nil, err
	}
	root, _, err := config.Locate(options)
	if err != nil {
		return nil, &projectError{err}
	}
	claims, err := claimsOf(root)
	if err != nil {
		return nil, err
	}
	living := map[string]*control.Client{}
	for _, claim := range claims {
		if server := dialClaim(c.Context, claim); server != nil {
			living[filepath.Base(claim)] = server
		}
	}
	chosen := ""
	switch len(living) {
	case 0:
		return nil, &nobodyError{root: root}
	case 1:
		for chosen = range living {
		}
	default:
		cfg, err := config.Load(options)
		if err == nil {
			chosen = claimName(cfg)
		}
	}
	for name, server := range living {
		if name != chosen {
			server.Close()
		}
	}
	if living[chosen] == nil {
		return nil, &usageError{
			text: fmt.Sprintf("%d devtools serve %s", len(living), root),
			hint: "name the one you mean as it was started: by --config, or DEVTOOL_GO_PACKAGE",
		}
	}
	return living[chosen], nil
}

// claimsOf returns the files of the claims on a project, held or not.
func claimsOf(root string) ([]string, error) {
	kept, err := openCache()
	if err != nil {
		return nil, err
	}
	defer kept.close()
	return filepath.Glob(filepath.Join(globEscape(kept.claims()), projectID(root)+"-*[0-9a-f]"))
}

// dialClaim connects to the owner of a claim, or returns nil if it has ended.
func dialClaim(ctx context.Context, claim string) *control.Client {
	text, err := os.ReadFile(claim)
	if err != nil {
		return nil
	}
	_, socket, _ := strings.Cut(string(text), "\n")
	socket, _, _ = strings.Cut(socket, "\n")
	if socket == "" {
		return nil // it is just starting
	}
	server, err := control.Dial(ctx, socket)
	if err != nil {
		return nil
	}
	return server
}

// globEscape keeps a path from being taken for a pattern.
func globEscape(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}
