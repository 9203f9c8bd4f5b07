//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// app is a project whose program goes wrong in the ways that its habits name;
// see testdata/app.
type app struct {
	*project
	*server
	t    *testing.T
	data string // where the app writes what the test reads
	temp string // where devtool keeps its files
}

// newApp copies the app. settings go into devtool.toml; habits are those of the
// first generation.
func newApp(t *testing.T, settings, habits string) *app {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	repo, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{t: t, project: &project{t: t, dir: t.TempDir()}, data: t.TempDir(), temp: t.TempDir()}
	a.prepare = func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "TMPDIR="+a.temp) }
	if err := os.CopyFS(a.dir, os.DirFS(filepath.Join("testdata", "app"))); err != nil {
		t.Fatal(err)
	}
	a.module("app", repo)
	a.write("devtool.toml", settings)
	a.habits(habits)
	return a
}

func (a *app) start(args ...string) *app {
	a.t.Helper()
	a.server = a.project.start(args...)
	return a
}

// startOnly does not wait until the app is ready.
func (a *app) startOnly() *app {
	a.t.Helper()
	a.server = a.project.startOnly()
	a.url = a.Await("the address", func(m devtooltest.Message) bool { return m.Type == "listening" }).URLs[0]
	return a
}

// habits replaces the app without a build.
func (a *app) habits(words string) {
	a.t.Helper()
	a.write(".env", fmt.Sprintf("DATA=%s\nHABITS=%s\n", a.data, words))
}

// code replaces the app by another build.
func (a *app) code(version, habits string) {
	a.t.Helper()
	a.write("habits.go", fmt.Sprintf("package main\n\nconst (\n\tversion = %q\n\thabits  = %q\n)\n", version, habits))
}

// release lets everything go on that waits for the file "go".
func (a *app) release() {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.data, "go"), nil, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// records are the lines that all generations wrote to a file.
func (a *app) records(name string) []string {
	a.t.Helper()
	data, err := os.ReadFile(filepath.Join(a.data, name))
	if err != nil && !os.IsNotExist(err) {
		a.t.Fatal(err)
	}
	return strings.Fields(string(data))
}

// said waits until the app has written a line, and returns its submatches.
func (a *app) said(from int, pattern string) []string {
	a.t.Helper()
	line := regexp.MustCompile(pattern)
	m := a.AwaitAfter(from, "the app to say "+pattern, func(m devtooltest.Message) bool { return m.Type == "log" && line.MatchString(m.Text) })
	return line.FindStringSubmatch(m.Text)
}

// readyAfter waits for a generation that becomes ready.
func (a *app) readyAfter(mark int) devtooltest.Message {
	a.t.Helper()
	return a.AwaitAfter(mark, "a ready app", func(m devtooltest.Message) bool { return m.Type == "app-ready" })
}

// reply is what a client got. err also covers a body that was cut off.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func (r reply) String() string {
	return fmt.Sprintf("status %d, error %v, body %q", r.status, r.err, r.body)
}

// ask sends one request over a connection of its own.
func (a *app) ask(method, path string, body io.Reader, header ...string) reply {
	req, err := http.NewRequest(method, a.url+path, body)
	if err != nil {
		return reply{err: err}
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: devtooltest.Patience}
	res, err := client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text), err}
}

func (a *app) get(path string, header ...string) reply { return a.ask("GET", path, nil, header...) }

// askLater asks in the background.
func (a *app) askLater(method, path string, body io.Reader, header ...string) <-chan reply {
	got := make(chan reply, 1)
	go func() { got <- a.ask(method, path, body, header...) }()
	return got
}

// serves tells which version and process answer.
func (a *app) serves() (version string, pid int) {
	a.t.Helper()
	got := a.get("/")
	version, rest, ok := strings.Cut(got.body[strings.LastIndex(got.body, ">")+1:], " by ")
	pid, err := strconv.Atoi(rest)
	if !ok || err != nil || got.status != http.StatusOK {
		a.t.Fatalf("asked for the page: %v", got)
	}
	return version, pid
}

// status is some of what devtool says of itself.
type status struct {
	Generation *struct{ PID int } // nil while no app runs
	Requests   struct{ Held int }
}

func (a *app) status(token string) (s status) {
	a.t.Helper()
	got := a.get("/__devtool/status?token=" + token)
	if err := json.Unmarshal([]byte(got.body), &s); err != nil {
		a.t.Fatalf("status: %v", got)
	}
	return s
}

// held waits until n requests wait at the gate.
func (a *app) held(token string, n int) {
	a.t.Helper()
	a.until(fmt.Sprintf("%d requests to be held", n), func() bool { return a.status(token).Requests.Held >= n })
}

// token is what the injected tag carries.
func (a *app) token() string {
	a.t.Helper()
	found := regexp.MustCompile(`data-token="([^"]+)"`).FindStringSubmatch(a.get("/", "Accept", "text/html").body)
	if found == nil {
		a.t.Fatal("the page carries no token")
	}
	return found[1]
}

// until asks again and again; it may only fail by the deadline.
func (s *server) until(what string, done func() bool) {
	s.t.Helper()
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.After(devtooltest.Patience); !done(); {
		select {
		case <-pace.C:
		case <-deadline:
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// outcomes counts those since a mark.
func (a *app) outcomes(mark int) (results []string) {
	for _, m := range a.Since(mark) {
		if m.Type == "build-finished" {
			results = append(results, m.Result)
		}
	}
	return results
}

// unhurt fails the test if one of the visitors noticed anything.
func (a *app) unhurt(k *knock) {
	a.t.Helper()
	k.end()
	if n := k.failed.Load(); n > 0 {
		a.t.Errorf("%d of %d requests failed, the first with %s", n, k.asked.Load(), *k.firstFailure.Load())
	}
}

// once fails the test unless every id is recorded exactly once.
func (a *app) once(ids []string) {
	a.t.Helper()
	got := a.records("ledger")
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		a.t.Errorf("the app took %d requests %v, want each of %d exactly once", len(got), got, len(ids))
	}
}
