package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

// tools are the programs under test, as go install takes them.
var tools = map[string]string{
	"devtool": devtoolModule + "/cmd/devtool",
	"air":     "github.com/air-verse/air@v1.67.4",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	edits := flag.Int("edits", 12, "edits of each contender in each project")
	names := flag.String("projects", "small,calendsync,large,cgo,importers,line,signature,file", "which projects, separated by commas")
	against := flag.String("with", "devtool,air", "what competes with go build, separated by commas")
	flag.Parse()
	if err := run(ctx, *edits, strings.Split(*names, ","), strings.Split(*against, ","), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "goedit: error:", err)
		os.Exit(1)
	}
}

// run measures the named projects and prints a table of each to stdout.
func run(ctx context.Context, edits int, names, against []string, stdout, progress io.Writer) error {
	temp, err := os.MkdirTemp("", "goedit-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	bin := filepath.Join(temp, "bin")
	for _, tool := range against {
		if err := install(ctx, tools[tool], bin, progress); err != nil {
			return err
		}
	}
	for _, name := range names {
		p, err := projectNamed(ctx, name)
		if err != nil {
			return err
		}
		results, err := measure(ctx, p, contenders(bin, against), edits, filepath.Join(temp, p.name), progress)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := report(stdout, p.title, results); err != nil {
			return err
		}
	}
	return nil
}

func install(ctx context.Context, tool, bin string, progress io.Writer) error {
	fmt.Fprintln(progress, "go install", tool)
	cmd := exec.CommandContext(ctx, "go", "install", tool)
	cmd.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go install %s: %w\n%s", tool, err, out)
	}
	return nil
}
