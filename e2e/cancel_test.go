//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// watchedGo is the go command of a project, which writes down its builds.
type watchedGo struct {
	t   *testing.T
	dir string
}

// watchGo puts a go command before the real one. A lock that every process of a
// build inherits shows whether one is left when the next begins; what was
// killed may take a moment to be gone.
func (p *project) watchGo(t *testing.T) *watchedGo {
	t.Helper()
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	g := &watchedGo{t, t.TempDir()}
	script := fmt.Sprintf(`#!/bin/sh
if [ "$1" = build ]; then
	exec 9>>'%[1]s/lock'
	flock -w 0.1 9 && echo build >>'%[1]s/log' || echo overlap >>'%[1]s/log'
	[ -p '%[1]s/hold' ] && read _ <'%[1]s/hold'
fi
exec '%[2]s' "$@"
`, g.dir, real)
	if err := os.WriteFile(filepath.Join(g.dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p.prepare = func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "PATH="+g.dir+":"+os.Getenv("PATH"), "DEVTOOL_GO_FAST=false") // a fast build calls no go command
	}
	return g
}

// builds are how many began alone, and how many beside another.
func (g *watchedGo) builds() (alone, overlapping int) {
	g.t.Helper()
	log, err := os.ReadFile(filepath.Join(g.dir, "log"))
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.Count(string(log), "build"), strings.Count(string(log), "overlap")
}

// hold keeps the builds that begin from now on from ending.
func (g *watchedGo) hold() {
	g.t.Helper()
	if err := syscall.Mkfifo(filepath.Join(g.dir, "hold"), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// release lets the one build that waits go on; it waits for it to be there.
func (g *watchedGo) release() {
	g.t.Helper()
	file := filepath.Join(g.dir, "hold")
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		g.t.Fatal(err)
	}
}

func versionPage(n int) string {
	return fmt.Sprintf("package main\n\nfunc page() string { return \"version %d\" }\n", n)
}

// TestHundredSaves saves a file every 50 ms, faster than it can be built: it
// ends with the last content, one build at a time, each answered once.
func TestHundredSaves(t *testing.T) {
	t.Parallel()
	const saves = 100
	p := newSmall(t, map[string]string{"page.go": versionPage(0)})
	golang := p.watchGo(t)
	s := p.start()
	mark := s.Mark()
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for n := range saves {
		<-pace.C
		p.write("page.go", versionPage(n+1))
	}
	last := fmt.Sprintf("version %d", saves)
	for deadline := time.After(devtooltest.Patience); devtooltest.Get(t, s.url) != last || len(unanswered(s.Since(mark))) > 0; {
		select {
		case <-pace.C:
		case <-deadline:
			t.Fatalf("the app says %q, want %q; builds %v have no outcome", devtooltest.Get(t, s.url), last, unanswered(s.Since(mark)))
		}
	}
	if got := s.Outcome(func() { p.write("page.go", versionPage(saves+1)) }); got.Result != "reloaded" || !slices.Equal(got.Files, []string{"page.go"}) {
		t.Errorf("one more save: outcome %+v", got)
	}
	if left := unanswered(s.Since(mark)); len(left) > 0 {
		t.Errorf("builds %v began and came to nothing", left)
	}
	alone, overlapping := golang.builds()
	if overlapping > 0 || alone < 3 {
		t.Errorf("%d builds ran alone and %d beside another; want several, never two", alone, overlapping)
	}
	t.Logf("%d saves, %d builds, %d outcomes", saves, alone, len(outcomes(s, mark)))
}

// unanswered are the builds that began and neither finished nor became part of
// a newer one.
func unanswered(messages []devtooltest.Message) (left []int) {
	for _, m := range messages {
		switch m.Type {
		case "build-started":
			left = append(left, m.Build)
		case "build-finished", "build-superseded":
			left = slices.DeleteFunc(left, func(build int) bool { return build == m.Build })
		}
	}
	return left
}

// TestSheetDuringGoBuild saves a style sheet while a Go build does not end.
func TestSheetDuringGoBuild(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go":      versionPage(0),
		"web/main.ts":  "import './main.css';\n",
		"web/main.css": "body { color: red }\n",
	})
	golang := p.watchGo(t)
	s := p.start()
	golang.hold()
	before, _ := golang.builds()
	mark := s.Mark()
	p.write("page.go", versionPage(1))
	build := s.AwaitAfter(mark, "the Go build", func(m devtooltest.Message) bool { return m.Type == "build-started" }).Build
	for n := range 3 {
		color := fmt.Sprintf("rgb(%d, 2, 3)", n)
		got := s.Outcome(func() { p.write("web/main.css", "body { color: "+color+" }\n") })
		if got.Result != "swapped" || len(got.StageNames()) != 1 || got.Stages[0].Name == "go" {
			t.Errorf("sheet %d during a Go build: outcome %+v, want a swap", n, got)
		}
		if served := devtooltest.Get(t, s.url+"/assets/main.css"); !strings.Contains(served, color) {
			t.Errorf("%q is served, want %s", served, color)
		}
	}
	golang.release()
	got := s.AwaitAfter(mark, "the outcome of the Go build", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Build == build })
	if got.Result != "reloaded" || devtooltest.Get(t, s.url) != "version 1" {
		t.Errorf("the Go build: outcome %+v, the app says %q", got, devtooltest.Get(t, s.url))
	}
	after, overlapping := golang.builds()
	if after != before+1 || overlapping > 0 {
		t.Errorf("%d Go builds began, %d beside another; want the one that the sheets did not cancel", after-before, overlapping)
	}
}
