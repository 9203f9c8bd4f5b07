package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
)

// projectFlags say which project a command is about.
func projectFlags(more ...cli.Flag) []cli.Flag {
	const category = "project"
	return append([]cli.Flag{
		&cli.StringFlag{Name: "dir", Aliases: []string{"C"}, Category: category, Usage: "`DIR` of the project (default: found upwards from here)"},
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Category: category, Usage: "configuration `FILE` (default: devtool.toml)"},
	}, more...)
}

// configOptions is where the flags of a command say that settings are.
func configOptions(c *cli.Context, e environment, flags []config.Flag) (config.Options, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return config.Options{}, &projectError{fmt.Errorf("find the working directory: %w", err)}
	}
	return config.Options{Cwd: cwd, Dir: c.String("dir"), File: c.String("config"), Env: e.env, Flags: flags}, nil
}

// readProject loads the settings of a project.
func readProject(c *cli.Context, e environment, flags []config.Flag) (*config.Config, error) {
	options, err := configOptions(c, e, flags)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(options)
	if err != nil {
		return nil, &projectError{err}
	}
	return cfg, nil
}

func initCommand(e environment) *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented devtool.toml for this project",
		UsageText: "devtool init [flags]",
		Description: `Writes devtool.toml into the directory of the project: every setting with its
documentation and its current value, as a comment. Only the main package is
written for real; if there are several, name it with --package. An existing
file is never overwritten.

    devtool init
    devtool init --package ./cmd/api
    devtool config --schema >devtool.schema.json    # completion in editors

Exit codes: 0 written, 2 the file exists already or there is no project,
4 environment unfit.`,
		Flags: append(projectFlags()[:1],
			&cli.StringFlag{Name: "package", Category: "project", Usage: "main `PACKAGE` to run, if there are several"}),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return initProject(c, e)
		},
	}
}

func initProject(c *cli.Context, e environment) error {
	var flags []config.Flag
	if chosen := c.String("package"); chosen != "" {
		flags = append(flags, config.Flag{Name: "--package", Key: "go.package", Values: []string{chosen}})
	}
	cfg, err := readProject(c, e, flags)
	if err != nil {
		return err
	}
	cfg, assumed, err := devserver.Discover(c.Context, cfg, e.env)
	var many *config.ManyMainsError
	if errors.As(err, &many) { // what dev server refuses, init does not guess
		return &usageError{text: many.Error(), hint: "name the one to run: devtool init --package " + many.Likely()}
	}
	if err != nil {
		return err
	}
	file := filepath.Join(cfg.Root, "devtool.toml")
	if err := writeNew(file, config.Template(cfg, assumed)); err != nil {
		return err
	}
	for _, a := range assumed {
		fmt.Fprintf(e.stdout, "%s\n", printable(fmt.Sprintf("  %-8s %s  (%s)", a.What, a.Value, a.Why)))
	}
	for _, n := range cfg.Notes {
		fmt.Fprintf(e.stdout, "  %s\n           %s\n", n.Text, n.Hint)
	}
	fmt.Fprintf(e.stdout, "wrote %s\n", file)
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(file, text string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &usageError{text: file + " exists already", hint: "edit it, or move it away first; \"devtool config\" prints the settings in effect"}
	}
	if err != nil {
		return &projectError{fmt.Errorf("write the configuration: %w", err)}
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return &projectError{fmt.Errorf("write %s: %w", file, err)}
	}
	return nil
}
