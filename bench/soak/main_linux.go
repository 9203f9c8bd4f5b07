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
	"time"
)

const module = "github.com/calendsync/devtool"

// tools are the programs under test, as go install takes them.
var tools = map[string]string{
	"devtool": module + "/cmd/devtool",
	"air":     "github.com/air-verse/air@v1.67.4",
	"wgo":     "github.com/bokwoon95/wgo@v0.6.3",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	n := flag.Int("n", 200, "how many `times` to replace the app")
	with := flag.String("with", "devtool", "behind which `tools`: devtool, air, wgo")
	overlap := flag.Bool("overlap", false, "measure `restart = \"overlap\"` of devtool alone, for an app that boots for 150 ms")
	flag.Parse()
	work := func() error { return run(ctx, *n, strings.Split(*with, ","), os.Stdout, os.Stderr) }
	if *overlap {
		work = func() error { return runOverlap(ctx, *n, os.Stdout, os.Stderr) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "soak: error:", err)
		os.Exit(1)
	}
}

// run soaks the app behind each tool and prints a table.
func run(ctx context.Context, n int, names []string, stdout, progress io.Writer) error {
	bin, err := os.MkdirTemp("", "soak-bin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	for _, name := range names {
		if err := install(ctx, bin, name); err != nil {
			return err
		}
		s := &soak{tool: name, bin: bin, replacements: n, mix: fullMix, progress: progress}
		r, err := s.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.print(stdout)
	}
	return nil
}

func install(ctx context.Context, bin, name string) error {
	path, known := tools[name]
	if !known {
		return fmt.Errorf("no tool %q", name)
	}
	cmd := exec.CommandContext(ctx, "go", "install", path)
	cmd.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go install %s: %w\n%s", path, err, out)
	}
	return nil
}

// command is how a tool serves the app at a port.
func command(bin, tool string, port int) []string {
	path := filepath.Join(bin, tool)
	switch tool {
	case "devtool":
		return []string{path, "dev", "server", "--json", "--host", "127.0.0.1", "--port", fmt.Sprint(port)}
	case "wgo":
		return []string{path, "run", "."}
	default:
		return []string{path}
	}
}

// mix is the load: how many clients of each kind, and how long the slow ones take.
type mix struct {
	short, long, streams       int
	upload, handler, download  time.Duration
	pace                       time.Duration // between two short requests of one client
	afterCompileError, settled time.Duration
	settings                   []string // of devtool, in its environment
}

var fullMix = mix{
	short: 4, long: 3, streams: 20,
	upload: 5 * time.Second, handler: 3 * time.Second, download: 10 * time.Second,
	pace: 20 * time.Millisecond, afterCompileError: 1500 * time.Millisecond, settled: 5 * time.Second,
}
