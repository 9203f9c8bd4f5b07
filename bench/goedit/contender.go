package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// contender is a way of getting an edit served.
type contender struct {
	name   string
	config map[string]string // files to add to the project
	// serve is the command that serves the project at a port from now on. Without
	// one the project is built and started again for every edit.
	serve func(port int) []string
}

// floor is the name of the contender that the others are measured against.
const floor = "go build + start"

const (
	airTuned     = "air, delay 1 ms"
	airInstalled = "air as installed"
)

// contenders are the floor and all that the installed tools can do.
func contenders(bin string, tools []string) []contender {
	all := []contender{{name: floor}}
	if slices.Contains(tools, "devtool") {
		all = append(all, contender{name: "devtool", serve: func(port int) []string {
			return []string{filepath.Join(bin, "devtool"), "dev", "server", "--host", "127.0.0.1", "--port", strconv.Itoa(port)}
		}})
	}
	if slices.Contains(tools, "air") {
		air := func(int) []string { return []string{filepath.Join(bin, "air")} }
		all = append(all,
			contender{name: airTuned, serve: air, config: map[string]string{".air.toml": "[build]\ndelay = 1\n"}},
			contender{name: airInstalled, serve: air})
	}
	return all
}

// sharedEnvironment lets copies of a project share the build cache for what was
// not edited: without -trimpath the directory is part of every key. The cache
// is named because runners move all others, where servers keep state.
func sharedEnvironment(ctx context.Context) ([]string, error) {
	cache, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOCACHE: %w", err)
	}
	return append(os.Environ(), "GOCACHE="+strings.TrimSpace(string(cache)), "GOFLAGS=-trimpath", "GOWORK=off"), nil
}

// freePort returns a port that nobody listens on just now, from below those
// that systems give to outgoing connections: one of the client's own could
// otherwise take the server's port while that is being replaced.
func freePort() (int, error) {
	const lowest, highest = 20000, 30000
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, ln.Close()
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d", lowest, highest)
}

// goBuild builds the project in dir as devtool does, and tells what CPU time
// the go command and all it started took.
func goBuild(ctx context.Context, dir, binary string, env []string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags=-w", "-o", binary, ".")
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return spent(cmd.ProcessState), nil
}

// spent is the CPU time of a process that ended and of those it waited for.
func spent(state *os.ProcessState) time.Duration { return state.UserTime() + state.SystemTime() }

// process is a running server with its log.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func startProcess(dir, logFile string, env, argv []string) (*process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = log, log
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(argv[0]), err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() { // ends with the process, for which stop waits
		defer close(p.done)
		cmd.Wait()
	}()
	return p, nil
}

// stop ends the process and all it started.
func (p *process) stop() {
	endGroup(p.cmd.Process, p.done)
	<-p.done
}
