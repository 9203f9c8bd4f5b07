package gobuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/calendsync/devtool/internal/build/group"
)

// command prepares a command in the project's root and environment. Cancelling
// ctx kills its process group.
func (g *Builder) command(ctx context.Context, extraEnv []string, name string, args ...string) (*exec.Cmd, error) {
	path, err := lookPath(name, g.options.Env)
	if err != nil && name == "go" {
		return nil, &Error{Err: ErrNoToolchain, Help: "install Go from https://go.dev/dl, or add it to PATH"}
	}
	if err != nil {
		return nil, fmt.Errorf("find the build command: %w", err)
	}
	cmd := group.Command(ctx, path, args...)
	cmd.Dir = g.options.Dir
	// With PWD the go command names files by the path the user chose, not by
	// what its symbolic links resolve to; os/exec sets it only without an Env.
	cmd.Env = append(append([]string{}, g.options.Env...), "PWD="+g.options.Dir)
	cmd.Env = append(cmd.Env, extraEnv...)
	return cmd, nil
}

// run runs cmd to its end. If the command ran and failed, ok is false; err is set
// only if it could not be run or was cancelled.
func (g *Builder) run(ctx context.Context, cmd *exec.Cmd) (ok bool, err error) {
	return g.runAt(ctx, cmd, false)
}

// runAt is run; idle asks for a low priority.
func (g *Builder) runAt(ctx context.Context, cmd *exec.Cmd, idle bool) (ok bool, err error) {
	wait, err := g.options.Spawn(cmd)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if idle {
		group.Yield(cmd.Process.Pid)
	}
	err = wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return true, nil
	case errors.As(err, &exit):
		return false, nil
	}
	return false, fmt.Errorf("wait for %s: %w", cmd.Path, err)
}

// list runs a query of the go command and returns what it printed. Its failure
// is an error that quotes the first line of its complaint.
func (g *Builder) list(ctx context.Context, args ...string) (string, error) {
	cmd, err := g.command(ctx, nil, "go", args...)
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ok, err := g.run(ctx, cmd)
	if err != nil {
		return "", err
	}
	if !ok {
		return stdout.String(), listFailure(args, stderr.String())
	}
	return stdout.String(), nil
}

func listFailure(args []string, stderr string) error {
	complaints := parseGoOutput(stderr)
	if err := goFailure(complaints); err != nil {
		return err
	}
	text := "failed without a word"
	if len(complaints) > 0 {
		text = complaints[0].Text
	}
	return fmt.Errorf("go %s: %s", args[0], text)
}

// lookPath finds a program in the PATH of env instead of ours, because a project
// may choose its own toolchain.
func lookPath(name string, env []string) (string, error) {
	if filepath.Base(name) != name {
		return name, nil
	}
	for _, dir := range filepath.SplitList(getenv(env, "PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%q: %w", name, exec.ErrNotFound)
}

// getenv returns the last value of key, as a process given env would see it.
func getenv(env []string, key string) string {
	for i := len(env) - 1; i >= 0; i-- {
		k, v, _ := strings.Cut(env[i], "=")
		if k == key || runtime.GOOS == "windows" && strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// workDir makes a directory for what a killed toolchain leaves behind: up to the
// size of the program, each time.
func (g *Builder) workDir() (string, error) {
	parent := getenv(g.options.Env, "GOTMPDIR")
	if parent == "" {
		parent = g.options.TempDir
	}
	dir, err := os.MkdirTemp(parent, "work-")
	if errors.Is(err, fs.ErrNotExist) && parent == g.options.TempDir {
		// Systems delete old files from their temporary directory.
		if err = os.Mkdir(parent, 0o700); err == nil {
			dir, err = os.MkdirTemp(parent, "work-")
		}
	}
	if err != nil {
		return "", diskFull(fmt.Errorf("make a directory for the build: %w", err))
	}
	return dir, nil
}
