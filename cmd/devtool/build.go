package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
)

// errInterrupted is a build that somebody ended: a script must not take what
// it left for its result.
var errInterrupted = errors.New("interrupted; the previous build is unchanged")

func buildCommand(e environment, rest []string) *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "build both sides of a project for production",
		UsageText: "devtool build [flags]",
		Description: `Runs the generators, bundles the web side minified and under names that hold a
hash, and builds the program (go build -trimpath -ldflags=-s), by the settings
of devtool dev server but for go.race. The output directory then holds

    NAME              the program
    public/           what browsers load, by URL: bundles, pages, public files
    manifest.json     where the bundles of each entry point are, as Vite tells it
    build.json        all of these files, with their hashes

It is replaced as a whole, and only when everything was built. A program that
embeds web.write_dir gets the same files there; the project is not touched.
GOOS, GOARCH and CGO_ENABLED mean what they mean to go build.

Exit codes: 0 built, 1 failed, 2 usage or configuration, 4 environment unfit,
130 interrupted.`,
		Flags:        buildFlags(),
		OnUsageError: onUsageError,
		Action:       buildAction(e, rest),
	}
}

func buildFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: "dist", Usage: "output `DIR`, relative to the project"},
		&cli.BoolFlag{Name: "source-maps", Usage: "write source maps beside the bundles"},
		&cli.StringFlag{Name: "dir", Aliases: []string{"C"}, Usage: "`DIR` of the project (default: found upwards from here)"},
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "configuration `FILE` (default: devtool.toml)"},
		&cli.StringFlag{Name: "tags", Usage: "build `TAGS`, separated by commas"},
		&cli.BoolFlag{Name: "no-web", Usage: "bundle nothing"},
		&cli.BoolFlag{Name: "json", Usage: "print one JSON object per line on stdout, and text for people on stderr"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "`WHEN` to colour: auto, always or never"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "explain every decision"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print only what is wrong"},
	}
}

func buildAction(e environment, rest []string) cli.ActionFunc {
	return func(c *cli.Context) error {
		started := time.Now()
		if len(rest) > 0 {
			return &usageError{text: fmt.Sprintf("unexpected argument %q", rest[0]), hint: "devtool build starts no app that could take it"}
		}
		cfg, err := loadProject(c, e, nil)
		if err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find devtool's own executable: %w", err)
		}
		out := c.String("out")
		if !filepath.IsAbs(out) {
			out = filepath.Join(cfg.Root, out)
		}
		kept, err := openCache()
		if err != nil {
			return err
		}
		defer kept.close()
		to := newOutput(c, e, started)
		defer to.Close()
		err = devserver.Build(c.Context, devserver.ProductionOptions{
			Config: cfg, Out: filepath.Clean(out), SourceMaps: c.Bool("source-maps"),
			Self: self, Cache: kept.project(cfg.Root), Env: e.env, Tell: to.Tell,
		})
		if errors.Is(err, context.Canceled) {
			return errInterrupted
		}
		return err
	}
}

// written lists what was built.
func (t *terminal) written(m policy.Written) {
	if t.quiet {
		return
	}
	dir := m.Dir
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, dir); err == nil && filepath.IsLocal(rel) {
			dir = rel
		}
	}
	for _, f := range m.Files {
		t.line(fmt.Sprintf("  %s %9s", pad(filepath.ToSlash(filepath.Join(dir, f.Path)), 46), t.style.dim(size(f.Bytes))))
	}
}

// size writes a number of bytes as people read it.
func size(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%.1f kB", float64(n)/kilo)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/kilo/kilo)
	}
}
