//go:build unix

// Package servers_test puts devtool before servers as their frameworks'
// documentation shows them, and replaces them under load.
package servers_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait. It may only fail a test.
const patience = 60 * time.Second

var binary string // devtool

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if testing.Short() {
			return 0 // all of it builds and starts programs
		}
		dir, err := os.MkdirTemp("", "devtool-servers-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "devtool")
		build := exec.Command("go", "build", "-o", binary, "./cmd/devtool")
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build devtool: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// project is a copy of one server, served by devtool.
type project struct {
	t   *testing.T
	dir string
	url string

	mu     sync.Mutex
	ready  int             // apps that became ready
	via    string          // how the last one was found
	more   chan struct{}   // closed when ready changes
	ended  chan struct{}   // closed when devtool has ended
	stderr strings.Builder // read after ended
}

// start serves the server of a directory beside this file. A port that its
// source chooses is exchanged for a free one.
func start(t *testing.T, name string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir(), more: make(chan struct{}), ended: make(chan struct{})}
	if err := os.CopyFS(p.dir, os.DirFS(name)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p.write(file, string(data))
	}
	source, err := os.ReadFile(filepath.Join(p.dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("main.go", regexp.MustCompile(`:\d{4,5}"`).ReplaceAllString(string(source), fmt.Sprintf(`:%d"`, freePort(t))))
	p.serve()
	return p
}

func (p *project) serve() {
	p.t.Helper()
	cmd := exec.Command(binary, "dev", "server", "--json", "--port", "0")
	cmd.Dir = p.dir
	cache, err := exec.CommandContext(p.t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "PORT=", "HOST=", "GIN_MODE=release",
		"XDG_CACHE_HOME="+filepath.Join(p.dir, ".git", "cache"), "GOCACHE="+strings.TrimSpace(string(cache)))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Stderr = &p.stderr
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-p.ended
		if p.t.Failed() {
			p.t.Logf("devtool said:\n%s", p.stderr.String())
		}
	})
	go func() {
		defer close(p.ended)
		p.collect(bufio.NewScanner(stdout))
		_ = cmd.Wait()
	}()
	p.await(1)
}

// collect reads what devtool says until it ends.
func (p *project) collect(lines *bufio.Scanner) {
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m struct {
			Type, Via string
			URLs      []string
		}
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue
		}
		p.mu.Lock()
		switch m.Type {
		case "listening":
			p.url = m.URLs[0]
		case "app-ready":
			p.ready++
			p.via = m.Via
			close(p.more)
			p.more = make(chan struct{})
		}
		p.mu.Unlock()
	}
}

// await waits until n apps have become ready, one after the other.
func (p *project) await(n int) {
	p.t.Helper()
	for timeout := time.After(patience); ; {
		p.mu.Lock()
		ready, more := p.ready, p.more
		p.mu.Unlock()
		if ready >= n {
			return
		}
		select {
		case <-more:
		case <-p.ended:
			p.t.Fatalf("devtool ended:\n%s", p.stderr.String())
		case <-timeout:
			p.t.Fatalf("waited in vain for app %d", n)
		}
	}
}

func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) version(v string) {
	p.t.Helper()
	p.write("version.go", fmt.Sprintf("package main\n\nconst version = %q\n", v))
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
