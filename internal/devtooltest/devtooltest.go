// Package devtooltest builds devtool and runs it for tests, as a person would,
// and reads the machine-readable lines it writes.
//
// [Build] is for TestMain; [Start] runs `devtool dev server --json` until the end
// of the test. Messages are kept, so that a test can act first and look for what
// came of it afterwards, without a race: take a [Session.Mark], act, and call
// [Session.AwaitAfter]. Only tests import it.
//
// Goroutines: one per Session, which reads to the end of devtool and reaps it.
// The cleanup of the test waits for it.
package devtooltest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Patience bounds every wait. It may only fail a test.
const Patience = 60 * time.Second

// Build builds devtool into dir, with more flags of go build if any are given, and
// returns the path of the program.
func Build(dir string, flags ...string) (program string, err error) {
	program = filepath.Join(dir, "devtool")
	build := exec.Command("go", slices.Concat([]string{"build", "-o", program}, flags, []string{"./cmd/devtool"})...)
	build.Dir = repository()
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build devtool: %w\n%s", err, out)
	}
	return program, nil
}

// repository returns the root of this repository.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Environ returns the environment for devtool: the test's own without what would
// choose its address, with a cache of devtool's own in cache and the build cache
// of the person who runs the test. Entries of more win.
func Environ(t testing.TB, cache string, more ...string) []string {
	t.Helper()
	env := append(os.Environ(), "PORT=", "HOST=", "XDG_CACHE_HOME="+cache, "GOCACHE="+GoEnv(t, "GOCACHE"))
	return append(env, more...)
}

// GoEnv returns a setting of the go command.
func GoEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// FreePort returns a port of 127.0.0.1 that is free now and likely to be so for a
// while.
func FreePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// Get returns the body of the answer from url, whatever its status.
func Get(t testing.TB, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return string(body)
}
