//go:build unix

// Package servers_test puts devtool before servers as their frameworks'
// documentation shows them, and replaces them under load.
package servers_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

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
		if binary, err = devtooltest.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		// Compiling a framework for the first time takes longer than any wait.
		if out, err := exec.Command("go", "build", "-o", os.DevNull, "./...").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the servers: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// project is a copy of one server, served by devtool.
type project struct {
	*devtooltest.Session
	t     *testing.T
	dir   string
	url   string
	heard int    // messages that awaitApp has passed
	via   string // how the last app was found
}

// start serves the server of a directory beside this file. A port that its
// source chooses is exchanged for a free one.
func start(t *testing.T, name string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir()}
	if err := os.CopyFS(p.dir, os.DirFS(name)); err != nil {
		t.Fatal(err)
	}
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p.write(file, strings.Replace(string(data), "=> ../..", "=> "+repo, 1))
	}
	source, err := os.ReadFile(filepath.Join(p.dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("main.go", regexp.MustCompile(`:\d{4,5}"`).ReplaceAllString(string(source), fmt.Sprintf(`:%d"`, devtooltest.FreePort(t))))
	p.Session = devtooltest.Start(t, devtooltest.Options{
		Program: binary, Dir: p.dir,
		Env: devtooltest.Environ(t, filepath.Join(p.dir, ".git", "cache"), "GIN_MODE=release"),
	})
	p.url = p.Await("the address", devtooltest.OfType("listening")).URLs[0]
	p.awaitApp()
	return p
}

// awaitApp waits until the next app has become ready.
func (p *project) awaitApp() {
	p.t.Helper()
	app, at := p.AwaitNext(p.heard, "an app", devtooltest.OfType("app-ready"))
	p.heard, p.via = at, app.Via
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
