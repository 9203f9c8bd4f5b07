//go:build unix

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
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	saves := flag.Int("saves", 20, "how often each file is saved")
	trees := flag.String("trees", "1000,10000,100000,packages", "what is watched, separated by commas")
	with := flag.String("with", "devtool,air,chokidar", "who watches, separated by commas")
	flag.Parse()
	if err := run(ctx, *saves, strings.Split(*trees, ","), strings.Split(*with, ","), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "watch: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, saves int, trees, tools []string, out io.Writer) error {
	temp, err := os.MkdirTemp("", "devtool-bench-watch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, tool := range tools {
		if err := contenders[tool].install(ctx, filepath.Join(temp, "bin")); err != nil {
			return fmt.Errorf("install %s: %w", tool, err)
		}
	}
	for _, tree := range trees {
		fmt.Fprintf(out, "\n### %s\n\n| | ready | memory | idle | CSS save, median (slowest) | Go save, median (slowest) | storm |\n|---|--:|--:|--:|--:|--:|--:|\n", title(tree))
		for _, tool := range tools {
			dir := filepath.Join(temp, tree, tool)
			if err := plant(ctx, dir, tree); err != nil {
				return fmt.Errorf("make the tree %s: %w", tree, err)
			}
			r, err := measure(ctx, contenders[tool], filepath.Join(temp, "bin"), dir, saves, tree == "packages")
			if err != nil {
				return fmt.Errorf("%s on %s: %w", tool, tree, err)
			}
			fmt.Fprintf(out, "| %s | %s |\n", tool, r)
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// result is a row of the table.
type result struct {
	ready       time.Duration
	first, last int     // KiB of memory, once ready and in the end
	idle        float64 // share of a processor
	css, golang []time.Duration
	storm       string
}

func (r result) String() string {
	return fmt.Sprintf("%d ms | %d, %d MiB | %.1f %% | %s | %s | %s", r.ready.Milliseconds(), r.first>>10, r.last>>10, 100*r.idle,
		spread(r.css), spread(r.golang), r.storm)
}

func spread(took []time.Duration) string {
	took = slices.Sorted(slices.Values(took))
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f ms (%.1f)", ms(took[len(took)/2]), ms(took[len(took)-1]))
}

func measure(ctx context.Context, c contender, bin, dir string, saves int, storm bool) (r result, err error) {
	begun := time.Now()
	w, err := start(ctx, c, bin, dir)
	if err != nil {
		return r, err
	}
	defer w.end()
	if err := w.await(c.ready); err != nil {
		return r, err
	}
	r.ready = time.Since(begun)
	w.rest(settled)
	r.first = resident(w.cmd.Process.Pid)
	if r.css, err = w.saveAll(filepath.Join(dir, "web/app.css"), saves, func(n int) string {
		return fmt.Sprintf(".a { margin: %dpx }\n", n)
	}); err != nil {
		return r, err
	}
	if r.golang, err = w.saveAll(filepath.Join(dir, "version.go"), saves, func(n int) string {
		return fmt.Sprintf("package main\n\nconst version = %d\n", n)
	}); err != nil {
		return r, err
	}
	r.storm = "–"
	if storm {
		mark := len(w.drain())
		if out, err := exec.CommandContext(ctx, "git", "-C", dir, "switch", "-q", "-f", "other").CombinedOutput(); err != nil {
			return r, fmt.Errorf("git switch: %w: %s", err, out)
		}
		w.rest(stormOver)
		r.storm = fmt.Sprint(w.count(c.started, mark))
	}
	w.rest(2 * settled)
	before := processorTime(w.cmd.Process.Pid)
	w.rest(idling)
	r.idle = float64(processorTime(w.cmd.Process.Pid)-before) / float64(idling)
	r.last = resident(w.cmd.Process.Pid)
	return r, nil
}
