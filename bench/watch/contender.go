//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	patience  = 2 * time.Minute
	settled   = 2 * time.Second // the first build's own writes are over
	pause     = 300 * time.Millisecond
	stormOver = 8 * time.Second
	idling    = 10 * time.Second
)

// contender is a tool that tells, on its output, when it begins to build.
type contender struct {
	install func(ctx context.Context, bin string) error
	command func(bin string) []string
	config  map[string]string // files to add to the project
	ready   string            // said once, when it waits for changes
	started string            // said for each build
	ended   string            // said after it; "" if nothing is
}

var contenders = map[string]contender{
	"devtool": {
		install: func(ctx context.Context, bin string) error {
			return command(ctx, "", nil, "go", "build", "-o", filepath.Join(bin, "devtool"), "github.com/calendsync/devtool/cmd/devtool")
		},
		command: func(bin string) []string {
			return []string{filepath.Join(bin, "devtool"), "dev", "server", "--json", "--port", "0"}
		},
		ready: `"type":"build-finished"`, started: `"type":"build-started"`, ended: `"type":"build-finished"`,
	},
	"air": {
		install: func(ctx context.Context, bin string) error {
			return command(ctx, "", []string{"GOBIN=" + bin}, "go", "install", "github.com/air-verse/air@v1.67.4")
		},
		command: func(bin string) []string { return []string{filepath.Join(bin, "air")} },
		config: map[string]string{".air.toml": "[build]\ncmd = \"echo BUILD\"\nfull_bin = \"true\"\ndelay = 1\n" +
			"include_ext = [\"go\", \"css\"]\nkill_delay = \"1ms\"\n"},
		ready: "BUILD", started: "BUILD",
	},
	"chokidar": {
		install: func(ctx context.Context, bin string) error {
			if err := os.MkdirAll(bin, 0o755); err != nil {
				return err
			}
			script := "import chokidar from 'chokidar'\n" +
				"chokidar.watch('.', {ignored: ['**/.git/**', '**/node_modules/**'], ignoreInitial: true, ignorePermissionErrors: true})" +
				".on('ready', () => console.log('READY')).on('all', () => console.log('CHANGED'))\n"
			if err := os.WriteFile(filepath.Join(bin, "chokidar.mjs"), []byte(script), 0o644); err != nil {
				return err
			}
			return command(ctx, bin, nil, "npm", "install", "--no-audit", "--no-fund", "--prefix", bin, "chokidar@3.6.0")
		},
		command: func(bin string) []string { return []string{"node", filepath.Join(bin, "chokidar.mjs")} },
		ready:   "READY", started: "CHANGED",
	},
}

func command(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// watcher is a contender that runs.
type watcher struct {
	cmd  *exec.Cmd
	c    contender
	out  io.Closer // what it writes to, our end
	read sync.WaitGroup

	mu    sync.Mutex
	lines []line
	more  chan struct{} // closed when a line comes; then a new one
}

type line struct {
	at   time.Time
	text string
}

func start(ctx context.Context, c contender, bin, dir string) (*watcher, error) {
	if err := writeAll(dir, c.config); err != nil {
		return nil, err
	}
	args := c.command(bin)
	w := &watcher{cmd: exec.CommandContext(ctx, args[0], args[1:]...), c: c, more: make(chan struct{})}
	w.cmd.Dir = dir
	w.cmd.Env = append(os.Environ(), "PORT=", "XDG_CACHE_HOME="+filepath.Join(filepath.Dir(dir), "cache"), "GOFLAGS=")
	if cache, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output(); err == nil {
		w.cmd.Env = append(w.cmd.Env, "GOCACHE="+strings.TrimSpace(string(cache)))
	}
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	w.out = stdout
	w.read.Go(func() { w.collect(stdout) })
	return w, nil
}

func (w *watcher) collect(from io.Reader) {
	scan := bufio.NewScanner(from)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		w.mu.Lock()
		w.lines = append(w.lines, line{time.Now(), scan.Text()})
		close(w.more)
		w.more = make(chan struct{})
		w.mu.Unlock()
	}
}

func (w *watcher) end() {
	_ = w.cmd.Process.Signal(os.Interrupt)
	kill := time.AfterFunc(5*time.Second, func() {
		_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
		_ = w.out.Close() // a child that got away may hold the other end
	})
	defer kill.Stop()
	w.read.Wait()
	_ = w.cmd.Wait() // how it ended is not the question
	_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
}

// drain returns all that was said so far.
func (w *watcher) drain() []line {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

func (w *watcher) count(text string, mark int) (n int) {
	for _, l := range w.drain()[mark:] {
		if strings.Contains(l.text, text) {
			n++
		}
	}
	return n
}

func (w *watcher) rest(d time.Duration) { <-time.After(d) }

func (w *watcher) await(text string) error {
	_, err := w.awaitAfter(0, text)
	return err
}

// awaitAfter returns when something was said after the mark.
func (w *watcher) awaitAfter(mark int, text string) (time.Time, error) {
	timeout := time.After(patience)
	for {
		w.mu.Lock()
		more, lines := w.more, w.lines[mark:]
		w.mu.Unlock()
		if i := slices.IndexFunc(lines, func(l line) bool { return strings.Contains(l.text, text) }); i >= 0 {
			return lines[i].at, nil
		}
		select {
		case <-more:
		case <-timeout:
			return time.Time{}, errors.New("waited in vain for " + text)
		}
	}
}

// saveAll saves a file over and over and returns how long it took each time until
// the tool said that it builds.
func (w *watcher) saveAll(file string, times int, content func(n int) string) (took []time.Duration, err error) {
	for n := range times {
		mark := len(w.drain())
		begun := time.Now()
		if err := os.WriteFile(file, []byte(content(n+1)), 0o644); err != nil {
			return nil, err
		}
		at, err := w.awaitAfter(mark, w.c.started)
		if err != nil {
			return nil, err
		}
		took = append(took, at.Sub(begun))
		if w.c.ended != "" {
			if _, err := w.awaitAfter(mark, w.c.ended); err != nil {
				return nil, err
			}
		}
		w.rest(pause)
	}
	return took, nil
}
