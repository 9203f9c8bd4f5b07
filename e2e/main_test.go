//go:build unix

// Package e2e_test starts the built devtool on a copy of the example, drives a
// real Chromium, edits real files, and waits for what a person would see.
package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

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
		if binary, err = devtooltest.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
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

// server is a running devtool with an app that is ready.
type server struct {
	*devtooltest.Session
	t   testing.TB
	url string
	app int // pid of the first app
}

// start runs `devtool dev server --json` in the project, until the app is
// ready.
func (p *project) start(args ...string) *server {
	p.t.Helper()
	s := p.startOnly(args...)
	s.url = s.Await("the address", devtooltest.OfType("listening")).URLs[0]
	s.app = s.Await("the app", devtooltest.OfType("app-ready")).PID
	s.Await("the first build", devtooltest.Finished(1))
	return s
}

func (p *project) startOnly(args ...string) *server {
	p.t.Helper()
	cache := filepath.Join(p.dir, ".git", "cache")
	return &server{t: p.t, Session: devtooltest.Start(p.t, devtooltest.Options{
		Program: binary, Dir: p.dir, Args: args,
		Env:     devtooltest.Environ(p.t, cache, "GOFLAGS=-mod=mod"),
		Prepare: p.prepare, Check: checkLine,
	})}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
