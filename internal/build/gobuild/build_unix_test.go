//go:build unix

package gobuild

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/calendsync/devtool/internal/build/group"
)

// witness is a named pipe that children keep open: its end proves their death.
type witness struct {
	path  string
	lines *bufio.Reader
}

func newWitness(t *testing.T) (w *witness, open func()) {
	t.Helper()
	w = &witness{path: filepath.Join(t.TempDir(), "witness")}
	if err := syscall.Mkfifo(w.path, 0o600); err != nil {
		t.Fatal(err)
	}
	return w, func() {
		f, err := os.Open(w.path) // waits for the first child
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { f.Close() })
		if err := f.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Error(err)
		}
		w.lines = bufio.NewReader(f)
	}
}

func writeScript(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	writeFile(t, path, "#!/bin/sh\n"+text)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// cancelOnceStarted builds until a child writes to the witness, then cancels,
// and requires that no child holds the witness when Build has returned.
func cancelOnceStarted(t *testing.T, g *Builder, w *witness, open func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan Result, 1)
	go func() { done <- g.Build(ctx, 1) }()

	open()
	if line, err := w.lines.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("first line %q, %v", line, err)
	}
	cancel()
	if result := <-done; !result.Canceled || result.Err != nil || result.Binary != "" || result.Took <= 0 {
		t.Errorf("got %+v, want it cancelled", result)
	}
	if rest, err := io.ReadAll(w.lines); err != nil || len(rest) > 0 {
		t.Errorf("a child outlived the build: read %q, %v", rest, err)
	}
	left, err := os.ReadDir(g.options.TempDir)
	if err != nil || len(left) > 0 {
		t.Errorf("a cancelled build left %v, %v", left, err)
	}
}

func TestCancelKillsGrandchildrenOfOwnCommand(t *testing.T) {
	w, open := newWitness(t)
	script := writeScript(t, `exec 3>"$1"
sh -c 'trap "" TERM; echo started >&3; exec sleep 1000' &
sleep 1000
`)
	dir := t.TempDir()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	cancelOnceStarted(t, newTestGo(t, dir, Options{Command: []string{script, w.path}, Output: "app"}), w, open)
}

func TestCancelKillsCompilers(t *testing.T) {
	t.Parallel()
	w, open := newWitness(t)
	// The go command asks its tools for their version first; only the real
	// work hangs.
	script := writeScript(t, `case "$*" in *-V=full*) exec "$@" ;; esac
echo started >'`+w.path+`'
exec sleep 1000 >'`+w.path+`'
`)
	cancelOnceStarted(t, newTestGo(t, writeTree(t, greeter), Options{Flags: []string{"-toolexec=" + script}}), w, open)
}

func TestSpawnIsUsed(t *testing.T) {
	t.Parallel()
	g := newTestGo(t, writeTree(t, greeter), Options{})
	var started []string
	g.options.Spawn = func(cmd *exec.Cmd) (func() error, error) {
		started = append(started, strings.Join(cmd.Args[1:2], " "))
		return group.Start(cmd)
	}
	buildOK(t, g, 1)
	if len(started) != 1 || started[0] != "build" {
		t.Errorf("spawned %v, want one build", started)
	}
}

func TestOwnCommand(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, greeter)
	script := writeScript(t, `echo compiling at 10:12:14: please wait
echo main.go:6:2: warning: found by a generator
go build -o bin/app .
`)
	g := newTestGo(t, dir, Options{Command: []string{script}, Output: "bin/app"})
	result := buildOK(t, g, 1)
	if got, want := printDiagnostics(result.Diagnostics), filepath.Join(dir, "main.go")+":6:2: warning: found by a generator\n"; got != want {
		t.Errorf("diagnostics %q, want %q", got, want)
	}
	if out, err := exec.Command(result.Binary).CombinedOutput(); err != nil || string(out) != "hello" {
		t.Errorf("printed %q, %v", out, err)
	}

	writeFile(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { undefined() }\n")
	broken := g.Build(t.Context(), 2)
	want := filepath.Join(dir, "main.go") + ":3:15: error: undefined: undefined\n"
	if got := printDiagnostics(broken.Diagnostics); !strings.HasSuffix(got, want) || broken.Binary != "" {
		t.Errorf("got %q, binary %q; want it to end in %q", got, broken.Binary, want)
	}
}

func TestOwnCommandFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	silent := newTestGo(t, dir, Options{Command: []string{"sh", "-c", "echo oh dear; exit 3"}, Output: "app"})
	if got, want := printDiagnostics(silent.Build(t.Context(), 1).Diagnostics), "error: sh -c echo oh dear; exit 3 failed\n\toh dear\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	missing := newTestGo(t, dir, Options{Command: []string{"true"}, Output: "app"})
	if result := missing.Build(t.Context(), 1); result.Err == nil || !strings.Contains(result.Err.Error(), filepath.Join(dir, "app")) {
		t.Errorf("got %v, want an error that names the missing output", result.Err)
	}
	absent := newTestGo(t, dir, Options{Command: []string{"no-such-build-tool"}, Output: "app"})
	if result := absent.Build(t.Context(), 1); result.Err == nil || !strings.Contains(result.Err.Error(), "no-such-build-tool") {
		t.Errorf("got %v, want an error that names the command", result.Err)
	}
}
