package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// newApp declares the commands. rest is what followed "--".
func newApp(e environment, rest []string) *cli.App {
	app := &cli.App{
		Name:      "devtool",
		Usage:     "one development server for Go and TypeScript",
		UsageText: "devtool COMMAND [flags] [-- app arguments]",
		Description: `Watches the Go and TypeScript trees, rebuilds the Go binary and replaces the
running app without losing a request, bundles TypeScript and CSS in-process,
and tells every open browser tab to reload, swap a sheet, or show an error.

    devtool dev server              start in the current project
    devtool dev server -p 4000      on a port of your choice
    devtool dev server -- --debug   arguments after -- go to the app
    devtool build                   both sides as they are shipped, into dist`,
		Writer:                 e.stdout,
		ErrWriter:              e.stderr,
		HideVersion:            true,
		HideHelpCommand:        true,
		Suggest:                true,
		UseShortOptionHandling: true,
		// A comma is part of a pattern such as *.{py,sql}.
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // run maps errors to codes
		OnUsageError:              onUsageError,
		Action:                    unknownCommand,
		Commands: slices.Concat([]*cli.Command{
			{
				Name:         "dev",
				Usage:        "develop: `devtool dev` is short for `devtool dev server`",
				Flags:        serverFlags(),
				OnUsageError: onUsageError,
				Action:       serverAction(e, rest),
				Subcommands:  []*cli.Command{serverCommand("server", e, rest)},
			},
			hidden(serverCommand("serve", e, rest)),
			initCommand(e),
			configCommand(e),
			buildCommand(e, rest),
		}, remoteCommands(e), []*cli.Command{
			doctorCommand(e),
			socketCommand(e, rest),
			versionCommand(e),
			completionCommand(e),
			manCommand(e),
		}),
	}
	hideOff(app.Commands)
	return app
}

// hideOff keeps the help from saying of each switch that it is off unless given.
func hideOff(commands []*cli.Command) {
	for _, command := range commands {
		for _, flag := range command.Flags {
			if off, ok := flag.(*cli.BoolFlag); ok {
				off.DisableDefaultText = true
			}
		}
		hideOff(command.Subcommands)
	}
}

func hidden(c *cli.Command) *cli.Command {
	c.Hidden = true
	return c
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	hint := "--help lists the flags"
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return &usageError{text: err.Error(), hint: hint}
	}
	name = strings.TrimLeft(name, "-")
	if near := cli.SuggestFlag(c.Command.Flags, name, true); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return &usageError{text: "unknown flag --" + name, hint: hint}
}

// unknownCommand is what runs when the first word is no command.
func unknownCommand(c *cli.Context) error {
	name := c.Args().First()
	if name == "" {
		return cli.ShowAppHelp(c)
	}
	return &usageError{
		text: fmt.Sprintf("unknown command %q", name),
		hint: strings.TrimSpace(cli.SuggestCommand(c.App.VisibleCommands(), name) + " devtool --help lists the commands"),
	}
}

// noArguments refuses words that no command reads: flags behind them would be
// ignored in silence.
func noArguments(c *cli.Context) error {
	if !c.Args().Present() {
		return nil
	}
	return &usageError{
		text: fmt.Sprintf("unexpected argument %q", c.Args().First()),
		hint: "arguments for the app go behind --",
	}
}

func versionCommand(e environment) *cli.Command {
	return &cli.Command{
		Name:         "version",
		Usage:        "print the version of devtool, Go and esbuild",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "as one JSON object"}},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return printVersion(e.stdout, c.Bool("json"))
		},
	}
}

func printVersion(w io.Writer, asJSON bool) error {
	v := version()
	if asJSON {
		return json.NewEncoder(w).Encode(v)
	}
	extra := ""
	if v.Commit != "" {
		extra = " (" + v.Commit[:min(12, len(v.Commit))] + strings.Repeat(", modified", btoi(v.Modified)) + ")"
	}
	_, err := fmt.Fprintf(w, "devtool %s%s\n%s %s/%s, esbuild %s\n", v.Version, extra, v.Go, v.OS, v.Arch, v.ESBuild)
	return err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
