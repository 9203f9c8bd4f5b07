package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
)

// verdict is what a check of the doctor comes to.
type verdict string

const (
	fine    verdict = "ok"
	caution verdict = "warning" // devtool works, but not as well as it could
	unfit   verdict = "failed"  // devtool does not work here
)

// finding is the outcome of one check.
type finding struct {
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Text    string  `json:"text"`
	Fix     string  `json:"fix,omitempty"` // what to do about it
}

func doctorCommand(e environment) *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "check the machine and the project, and say how to fix what is wrong",
		UsageText: "devtool doctor [flags]",
		Description: `Marks each check: [✓] fine, [!] could be better, [✗] devtool does not work here.
Each [!] and [✗] is followed by what to do.

Exit codes: 0 devtool works here, 2 usage, 4 something is marked [✗].`,
		Flags:        projectFlags(&cli.BoolFlag{Name: "json", Usage: "as one JSON object"}),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return doctor(c, e)
		},
	}
}

func doctor(c *cli.Context, e environment) error {
	options, err := configOptions(c, e, nil)
	if err != nil {
		return err
	}
	root, _, err := config.Locate(options)
	if err != nil {
		return &projectError{err}
	}
	found := examine(c.Context, e, options, root)
	failed := false
	for _, f := range found {
		failed = failed || f.Verdict == unfit
	}
	if c.Bool("json") {
		err = printJSON(e.stdout, map[string]any{"root": root, "fit": !failed, "checks": found})
	} else {
		printFindings(e, found)
	}
	if failed && err == nil {
		return errUnfit
	}
	return err
}

// examine makes every check, those that others rest on first.
func examine(ctx context.Context, e environment, options config.Options, root string) []finding {
	golang, env := checkGo(ctx, root, e)
	found := []finding{golang}
	cfg, settings := checkConfig(options)
	found = append(found, settings)
	if cfg != nil && golang.Verdict == fine {
		complete, assumed, err := devserver.Discover(ctx, cfg, e.env)
		found = append(found, checkProject(assumed, cfg, err))
		if err == nil {
			for _, n := range complete.Notes {
				found = append(found, finding{"project", caution, n.Text, n.Hint})
			}
			cfg = complete
			found = append(found, checkLinker(ctx, cfg, env, e)...)
		}
	}
	running, served := checkRunning(ctx, root)
	if cfg != nil {
		if !served { // by which the port would be held
			found = append(found, checkPort(cfg))
		}
		found = append(found, checkEditor(cfg, e))
		found = append(found, checkNode(cfg)...)
	}
	found = append(found, checkFiles(root)...)
	return append(found, checkCache(), checkGit(), checkBrowser(e), running)
}

func printFindings(e environment, found []finding) {
	s := newStyle(colored("auto", isTerminal(e.stdout), e.getenv))
	t := terminal{out: e.stdout, style: s}
	mark := map[verdict]string{fine: s.green("[✓]"), caution: s.yellow("[!]"), unfit: s.red("[✗]")}
	for _, f := range found {
		t.lines(fmt.Sprintf("%s %s ", mark[f.Verdict], pad(f.Name, 11)), f.Text)
		if f.Fix != "" {
			t.lines("    ", s.dim(f.Fix))
		}
	}
}

func checkConfig(options config.Options) (*config.Config, finding) {
	cfg, err := config.Load(options)
	switch {
	case err != nil:
		first := flatten(err)[0]
		return nil, finding{"config", unfit, err.Error(), hintOf(first)}
	case len(cfg.Files) == 0:
		return cfg, finding{"config", fine, "none, and none is needed (devtool init writes one)", ""}
	default:
		return cfg, finding{"config", fine, strings.Join(cfg.Files, ", "), ""}
	}
}

func checkProject(assumed []config.Assumption, cfg *config.Config, err error) finding {
	if err != nil {
		return finding{"project", unfit, err.Error(), devserver.Hint(err)}
	}
	text := cfg.Go.Package
	for _, a := range assumed {
		if a.What == "go" || a.What == "web" {
			text = strings.TrimPrefix(text+", "+a.Value, ", ")
		}
	}
	return finding{"project", fine, text, ""}
}
