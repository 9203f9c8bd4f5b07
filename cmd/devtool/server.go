package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cli/browser"
	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/web/hot"
)

func serverCommand(name string, e environment, rest []string) *cli.Command {
	return &cli.Command{
		Name:      name,
		Usage:     "start the development server of a project",
		UsageText: "devtool dev " + name + " [flags] [-- app arguments]",
		Description: `Needs no configuration: devtool finds the main package and the entry points of
the bundles, and prints what it found. devtool.toml can change all of it.
Flags win over DEVTOOL_* variables, those over devtool.local.toml, and that
over devtool.toml.

devtool dev and devtool serve are short for devtool dev server.

The app can take the inherited socket (LISTEN_FDS, package listenfd), read
PORT, or get ${PORT} through app.args or app.env.

On a terminal, press h for the list of keys: restart, pause, open and others.
They are off in CI, and when app.stdin or app.pty passes them to the app.

Exit codes: 0 clean stop, 1 failed under --once, 2 wrong usage or
configuration, or the project is served already, 3 port taken, 4 something is
missing on the machine, 130 forced by a second Ctrl-C.`,
		Flags:        serverFlags(),
		OnUsageError: onUsageError,
		Action:       serverAction(e, rest),
	}
}

func serverFlags() []cli.Flag {
	const project, address, output = "project", "address", "output"
	return projectFlags(
		&cli.StringFlag{Name: "tags", Category: project, Usage: "build `TAGS`, separated by commas"},
		&cli.BoolFlag{Name: "race", Category: project, Usage: "build with the race detector"},
		&cli.BoolFlag{Name: "pty", Category: project, Usage: "run the app on a terminal of its own that takes your input (not on Windows)"},
		&cli.BoolFlag{Name: "no-web", Category: project, Usage: "bundle nothing"},
		&cli.BoolFlag{Name: "once", Category: project, Usage: "build, start, wait until ready, stop: a smoke test"},
		&cli.BoolFlag{Name: "seed", Category: project, Usage: "run app.seed once the app is ready"},
		&cli.StringFlag{Name: "host", Category: address, Usage: "`ADDRESS` to listen on (default: localhost)"},
		&cli.BoolFlag{Name: "lan", Category: address, Usage: "open devtool to the network, for phones: --host 0.0.0.0"},
		&cli.StringFlag{Name: "port", Aliases: []string{"p"}, Category: address, Usage: "public `PORT` (default: PORT, else 3000 or the next free one)"},
		&cli.BoolFlag{Name: "strict-port", Aliases: []string{"strictPort"}, Category: address, Usage: "fail when the port is taken"},
		&cli.BoolFlag{Name: "direct", Category: address, Usage: "give the app the public socket itself, for TLS in the app and raw TCP"},
		&cli.GenericFlag{Name: "open", Value: new(optionalPath), Category: address, Usage: "open the browser once ready, at `[=PATH]`"},
		&cli.BoolFlag{Name: "https", Category: address, Usage: "serve HTTPS, with a certificate from mkcert if it is installed"},
		&cli.BoolFlag{Name: "no-auto-refresh", Category: output, Usage: "offer a reload in the page instead of reloading"},
		&cli.BoolFlag{Name: "no-hot-reload", Category: output, Usage: "reload pages instead of replacing changed modules in them"},
		&cli.BoolFlag{Name: "json", Category: output, Usage: "print one JSON object per line on stdout, and text for people on stderr"},
		&cli.BoolFlag{Name: "json-schema", Category: output, Usage: "print the JSON schema of those objects and exit"},
		&cli.BoolFlag{Name: "hot-types", Category: output, Usage: "print what import.meta.hot is, for TypeScript, and exit"},
		&cli.StringFlag{Name: "color", Category: output, Value: "auto", Usage: "`WHEN` to colour: auto, always or never"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Category: output, Usage: "explain every decision"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Category: output, Usage: "do not print the address and what was found"},
	)
}

// optionalPath is a flag that may stand alone or be given a path.
type optionalPath string

func (p *optionalPath) String() string { return string(*p) }

// Get makes the flag one whose value can be asked for.
func (p *optionalPath) Get() any { return string(*p) }

// IsBoolFlag lets the flag stand without a value.
func (p *optionalPath) IsBoolFlag() bool { return true }

func (p *optionalPath) Set(v string) error {
	*p = optionalPath(v)
	return nil
}

// settingFlags are the flags that stand for a setting.
var settingFlags = []struct{ flag, key string }{
	{"host", "server.host"},
	{"port", "server.port"},
	{"strict-port", "server.strict_port"},
	{"open", "server.open"},
	{"https", "server.https"},
	{"tags", "go.tags"},
	{"race", "go.race"},
	{"pty", "app.pty"},
}

func settings(c *cli.Context, rest []string) []config.Flag {
	var flags []config.Flag
	for _, f := range settingFlags {
		if c.IsSet(f.flag) {
			flags = append(flags, config.Flag{Name: "--" + f.flag, Key: f.key, Values: []string{fmt.Sprint(c.Value(f.flag))}})
		}
	}
	if c.Bool("lan") {
		flags = append(flags, config.Flag{Name: "--lan", Key: "server.host", Values: []string{"0.0.0.0"}})
	}
	if c.Bool("direct") {
		flags = append(flags, config.Flag{Name: "--direct", Key: "server.mode", Values: []string{"direct"}})
	}
	if c.Bool("no-web") {
		flags = append(flags, config.Flag{Name: "--no-web", Key: "web.entry_points"})
	}
	if c.Bool("no-hot-reload") {
		flags = append(flags, config.Flag{Name: "--no-hot-reload", Key: "web.hot", Values: []string{"false"}})
	}
	if rest != nil {
		flags = append(flags, config.Flag{Name: "--", Key: "app.args", Values: rest})
	}
	return flags
}

func serverAction(e environment, rest []string) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.Bool("json-schema") {
			_, err := io.WriteString(e.stdout, streamSchema)
			return err
		}
		if c.Bool("hot-types") {
			_, err := io.WriteString(e.stdout, hot.Types)
			return err
		}
		started := time.Now()
		cfg, err := loadProject(c, e, rest)
		if err != nil {
			return err
		}
		if c.Bool("seed") && len(cfg.App.Seed) == 0 {
			return &usageError{text: "--seed has nothing to run", hint: "write the command that fills the app with data: [app] seed = \"go run ./cmd/seed\""}
		}
		again := func() (*config.Config, error) { return readProject(c, e, settings(c, rest)) }
		return serve(c, e, cfg, again, started)
	}
}

// loadProject checks the command line of a command that builds a project, and
// reads its settings.
func loadProject(c *cli.Context, e environment, rest []string) (*config.Config, error) {
	if err := noArguments(c); err != nil {
		return nil, err
	}
	switch c.String("color") {
	case "auto", "always", "never":
	default:
		return nil, &usageError{text: fmt.Sprintf("--color %q is unknown", c.String("color")), hint: "auto, always or never"}
	}
	if c.Bool("lan") && c.IsSet("host") {
		return nil, &usageError{text: "--lan and --host exclude each other", hint: "--lan is --host 0.0.0.0"}
	}
	return readProject(c, e, settings(c, rest))
}

// serve runs the server until it is stopped.
func serve(c *cli.Context, e environment, cfg *config.Config, again func() (*config.Config, error), started time.Time) error {
	p, err := openPremises(cfg, e)
	if err != nil {
		return err
	}
	defer p.close()
	out := newOutput(c, e, started)
	defer out.Close()
	for _, remark := range p.remarks {
		out.Tell(remark)
	}
	ctx, quit := context.WithCancel(c.Context)
	defer quit()
	keys := newKeyboard(e, cfg, out)
	if keys != nil {
		keys.quit, keys.open = quit, func() { openBrowser(p.public.url, out.Tell) }
	}
	defer keys.start(ctx)()
	options := p.options()
	options.Config, options.Settings, options.Env = cfg, again, e.env
	options.Asks, options.Stdin = keys.channel(), keys.input(e.stdin)
	options.Screen, options.Stdout, options.Stderr = out.screen, out.appStdout(), out.appStderr()
	options.Color = out.style.key != ""
	options.Once, options.Seed, options.NoRefresh = c.Bool("once"), c.Bool("seed"), c.Bool("no-auto-refresh")
	options.Tell = opener(cfg, p.public.url, e, out.Tell)
	err = devserver.Run(ctx, options)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// opener opens the browser once, when the first app is ready.
func opener(cfg *config.Config, url string, e environment, tell func(policy.Message)) func(policy.Message) {
	path := string(cfg.Server.Open)
	if path == "" || lookup(e.env, "CI") != "" {
		return tell
	}
	return func(m policy.Message) {
		tell(m)
		if ready, ok := m.(policy.AppReady); ok && ready.First {
			openBrowser(url+path, tell)
		}
	}
}

func openBrowser(url string, tell func(policy.Message)) {
	if err := browser.OpenURL(url); err != nil {
		tell(policy.Remark{Text: fmt.Sprintf("the browser did not open: %v", err), Hint: "open " + url})
	}
}
