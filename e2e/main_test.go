//go:build unix

// Package e2e_test starts the built devtool on a copy of the example, drives a
// real Chromium, edits real files, and waits for what a person would see.
package e2e_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait. It may only fail a test.
const patience = 60 * time.Second

// binary is the devtool under test; empty under -short.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if testing.Short() {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "devtool-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "devtool")
		build := exec.Command("go", "build", "-o", binary, "../cmd/devtool")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build devtool: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// project is a copy of the example in a module of its own.
type project struct {
	t   testing.TB
	dir string
	// prepare changes how devtool is started; nil changes nothing.
	prepare func(*exec.Cmd)
}

func newProject(t testing.TB) *project {
	t.Helper()
	if testing.Short() {
		t.Skip("drives a browser; run without -short")
	}
	repo, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	p := &project{t: t, dir: t.TempDir()}
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join(repo, "examples", "calendsync"))); err != nil {
		t.Fatalf("copy the example: %v", err)
	}
	p.module("calendsync", repo)
	return p
}

// module makes the project a module that takes what it needs from this
// repository.
func (p *project) module(name, repo string) {
	p.t.Helper()
	sums, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("go.sum", string(sums))
	p.write("go.mod", fmt.Sprintf(`module %s

go 1.26.0

require (
	github.com/calendsync/devtool v0.0.0
	github.com/gorilla/websocket v1.5.3
)

replace github.com/calendsync/devtool => %s
`, name, repo))
}

func (p *project) read(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// edit replaces the first occurrence of a text in a file.
func (p *project) edit(name, old, new string) {
	p.t.Helper()
	text := p.read(name)
	if !strings.Contains(text, old) {
		p.t.Fatalf("%s has no %q", name, old)
	}
	p.write(name, strings.Replace(text, old, new, 1))
}

// message is a line of the machine-readable stream.
type message struct {
	Type       string
	Time       time.Time
	Build      int
	Files      []string
	Result     string
	Stages     []struct{ Name, Note string }
	Problems   []problem
	Problem    problem
	Serving    int
	PID        int
	Via        string
	URLs       []string
	Text, Hint string
	Generation int
	Applied    []string
}

type problem struct {
	Source, File, Message, Output string
	Line, Column, Repeated        int
	Notes                         []string
	Excerpt                       []struct {
		Number int
		Text   string
	}
	Frames []struct {
		Function, File string
		Line           int
	}
}

func (m message) stages() []string {
	var names []string
	for _, s := range m.Stages {
		names = append(names, s.Name)
	}
	return names
}

// server is a running devtool.
type server struct {
	t   testing.TB
	cmd *exec.Cmd
	url string
	app int // pid of the first app

	mu       sync.Mutex
	messages []message
	more     chan struct{} // closed when a message comes; then a new one
	ended    chan struct{}
	stderr   strings.Builder
	stdout   io.Closer // our end of it
}

// start runs `devtool dev server --json` in the project, until the app is
// ready.
func (p *project) start(args ...string) *server {
	p.t.Helper()
	s := p.startOnly(args...)
	s.url = s.wait("the address", func(m message) bool { return m.Type == "listening" }).URLs[0]
	s.app = s.wait("the app", func(m message) bool { return m.Type == "app-ready" }).PID
	s.wait("the first build", finished(1))
	return s
}

func (p *project) startOnly(args ...string) *server {
	p.t.Helper()
	s := &server{t: p.t, more: make(chan struct{}), ended: make(chan struct{})}
	s.cmd = exec.Command(binary, append([]string{"dev", "server", "--json", "--port", "0"}, args...)...)
	s.cmd.Dir = p.dir
	s.cmd.Env = append(os.Environ(), "PORT=", "HOST=", "XDG_CACHE_HOME="+filepath.Join(p.dir, ".git", "cache"),
		"GOCACHE="+goEnv(p.t, "GOCACHE"), "GOFLAGS=-mod=mod")
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	s.cmd.Stderr, s.stdout = &s.stderr, stdout
	if p.prepare != nil {
		p.prepare(s.cmd)
	}
	if err := s.cmd.Start(); err != nil {
		p.t.Fatalf("start devtool: %v", err)
	}
	go s.collect(bufio.NewScanner(stdout))
	p.t.Cleanup(func() {
		_ = s.cmd.Process.Signal(os.Interrupt) // ended by the test itself, perhaps
		<-s.ended
		if p.t.Failed() {
			p.t.Logf("devtool said:\n%s", s.stderr.String())
		}
	})
	return s
}

func goEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// collect keeps messages until devtool ends, and reaps it.
func (s *server) collect(lines *bufio.Scanner) {
	defer close(s.ended)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if err := checkLine(lines.Bytes()); err != nil {
			s.t.Errorf("a line is not as the schema says: %v\n%s", err, lines.Text())
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			m = message{Type: "broken", Text: lines.Text()}
		}
		s.mu.Lock()
		s.messages = append(s.messages, m)
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
	}
	_ = s.cmd.Wait() // the state says how it ended
}

// mark is a place in the stream of messages.
func (s *server) mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

func (s *server) since(mark int) []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages[mark:])
}

// wait returns the first message, of all so far or to come, that is wanted.
func (s *server) wait(what string, wanted func(message) bool) message {
	s.t.Helper()
	return s.waitAfter(0, what, wanted)
}

func (s *server) waitAfter(mark int, what string, wanted func(message) bool) message {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		more := s.more
		found := slices.IndexFunc(s.messages[mark:], wanted)
		var m message
		if found >= 0 {
			m = s.messages[mark+found]
		}
		s.mu.Unlock()
		if found >= 0 {
			return m
		}
		select {
		case <-more:
		case <-s.ended:
			s.t.Fatalf("devtool ended before %s:\n%s", what, s.stderr.String())
		case <-timeout:
			s.t.Fatalf("waited in vain for %s; messages: %+v", what, s.since(mark))
		}
	}
}

func finished(build int) func(message) bool {
	return func(m message) bool { return m.Type == "build-finished" && m.Build >= build }
}

// outcome acts and returns the outcome of the batch that this caused, not the one
// of a batch before it, whose app may be ready already.
func (s *server) outcome(act func()) message {
	s.t.Helper()
	mark, before := s.mark(), 0
	for _, m := range s.since(0)[:mark] {
		before = max(before, m.Build)
	}
	act()
	return s.waitAfter(mark, "an outcome", finished(before+1))
}

// stop ends devtool as Ctrl-C does and returns how long that took.
func (s *server) stop() time.Duration {
	s.t.Helper()
	begun := time.Now()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatal("devtool does not end")
	}
	return time.Since(begun)
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
