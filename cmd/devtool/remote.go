package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/control"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// remoteCommands are for scripts: they talk to the devtool that serves the
// project.
func remoteCommands(e environment) []*cli.Command {
	return []*cli.Command{
		remoteCommand("wait", "wait until the running devtool has built and started everything",
			`Ends when nothing is being built or started any more: with 0 if the app is ready,
with 1 if something is wrong, which it prints. While no devtool serves the project
yet, it waits for one, so a script may start devtool in the background first.

    devtool dev server &
    devtool wait --ready && npx playwright test

A change that was just written may not have been noticed yet. To wait for what
comes of it, ask for the number of the next build:

    n=$(devtool status --json | jq .build)
    go generate ./...
    devtool wait --build $((n+1))
`+remoteCodes, e, wait,
			&cli.BoolFlag{Name: "ready", Usage: "wait until an app takes requests, whatever else is wrong"},
			&cli.IntFlag{Name: "build", Usage: "wait until build `N` or a later one has ended"},
			&cli.DurationFlag{Name: "timeout", Value: time.Minute, Usage: "fail after this `TIME`; 0 waits for ever"}),
		remoteCommand("status", "tell what the running devtool does",
			"Prints address, phase, app, and what is wrong.\n"+remoteCodes, e, status,
			&cli.BoolFlag{Name: "json", Usage: "as one JSON object"}),
		remoteCommand("reload", "have every open tab of the running devtool reload",
			"For what devtool cannot see, such as data that changed.\n"+remoteCodes, e, reload),
		remoteCommand("restart", "replace the app of the running devtool, and wait until it is ready",
			"The newest binary is started again, with the current environment.\n"+remoteCodes, e, restart),
	}
}

const remoteCodes = `
Exit codes: 0 done, 1 something is wrong with the project, or a wait timed out,
2 usage or configuration, 4 no devtool serves the project.`

func remoteCommand(name, usage, description string, e environment, do func(*cli.Context, environment) error, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, UsageText: "devtool " + name + " [flags]", Description: description,
		Flags: projectFlags(flags...), OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return do(c, e)
		},
	}
}

// wait waits for the state that the flags describe.
func wait(c *cli.Context, e environment) error {
	ctx := c.Context
	if d := c.Duration("timeout"); d > 0 {
		bounded, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		ctx = bounded
	}
	server, err := awaitServer(ctx, c, e)
	if err == nil {
		defer server.Close()
		err = await(ctx, server, e, target{build: c.Int("build"), app: c.Bool("ready"), until: c.Bool("ready")})
	}
	if errors.Is(err, context.DeadlineExceeded) {
		what := "the build did not end"
		if c.Bool("ready") {
			what = "the app was not ready"
		}
		return fmt.Errorf("%s within %v: see devtool status", what, c.Duration("timeout"))
	}
	return err
}

// target is what is waited for.
type target struct {
	build int  // has ended
	app   bool // an app is what counts, whatever else is wrong
	until bool // with app: wait until there is one, although builds fail
	newer int  // with app: one of a later generation than this
}

// reached reports whether there is nothing left to wait for, and whether it is
// what was wanted.
func (t target) reached(s devserver.Status) (done, good bool) {
	settled := s.Phase == policy.Ready || s.Phase == policy.Failed
	if !settled || s.Last == nil || s.Last.Build < t.build {
		return false, false
	}
	good = s.Phase == policy.Ready
	if t.app && s.Generation != nil {
		good = t.until || s.Generation.Number > t.newer && s.Last.Result != policy.Restored
	}
	return good || !t.until, good
}

// await follows the server's status until it has reached what is waited for,
// and prints what is wrong if that is not what was wanted.
func await(ctx context.Context, server *control.Client, e environment, t target) error {
	for seq := uint64(0); ; {
		var s devserver.Status
		var err error
		if seq, err = server.Status(ctx, seq, &s); err != nil {
			return err
		}
		done, good := t.reached(s)
		if !done {
			continue
		}
		if good {
			return nil
		}
		printProblems(e, s.Problems)
		return errReported
	}
}

func printProblems(e environment, problems []problem.Problem) {
	t := terminal{out: e.stderr, style: newStyle(colored("auto", isTerminal(e.stderr), e.getenv)), apart: true}
	for _, p := range problems {
		t.problem(p)
	}
}

func status(c *cli.Context, e environment) error {
	server, err := findServer(c, e)
	if err != nil {
		return err
	}
	defer server.Close()
	var s devserver.Status
	if _, err := server.Status(c.Context, 0, &s); err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(e.stdout, s)
	}
	phase := string(s.Phase)
	if s.Paused {
		phase += ", paused"
	}
	fmt.Fprintf(e.stdout, "%s\nbuild %d, %s\n", s.URL, s.Build, phase)
	if g := s.Generation; g != nil {
		fmt.Fprintf(e.stdout, "app pid %d since %s\n", g.PID, g.Since.Format(time.TimeOnly))
	}
	printProblems(e, s.Problems)
	return nil
}

func reload(c *cli.Context, e environment) error {
	server, err := findServer(c, e)
	if err != nil {
		return err
	}
	defer server.Close()
	var asked devserver.Asked
	if err := server.Ask(c.Context, string(policy.Reload), &asked); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s told to reload\n", count(asked.Clients, "tab"))
	return nil
}

func restart(c *cli.Context, e environment) error {
	begun := time.Now()
	server, err := findServer(c, e)
	if err != nil {
		return err
	}
	defer server.Close()
	var before devserver.Status
	if _, err := server.Status(c.Context, 0, &before); err != nil {
		return err
	}
	var asked devserver.Asked
	if err := server.Ask(c.Context, string(policy.Restart), &asked); err != nil {
		return err
	}
	restarted := target{build: asked.Build, app: true}
	if g := before.Generation; g != nil {
		restarted.newer = g.Number
	}
	if err := await(c.Context, server, e, restarted); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "restarted in %s\n", human(time.Since(begun)))
	return nil
}
