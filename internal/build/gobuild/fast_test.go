package gobuild

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const layers = `
-- go.mod --
module example.com/layers

go 1.24
-- main.go --
package main

import "example.com/layers/word"

func main() { print(word.Hello()) }
-- word/word.go --
package word

// Hello greets.
//go:noinline
func Hello() string { return "hello" }
`

// fastBuilder returns a Builder whose next build is fast.
func fastBuilder(t *testing.T, options Options) *Builder {
	t.Helper()
	options.Fast = true
	g := newTestGo(t, writeTree(t, layers), options)
	t.Cleanup(g.Close)
	if first := buildOK(t, g, 1); first.Fast || first.Slow != "" {
		t.Errorf("the first build: fast %v, slow %q", first.Fast, first.Slow)
	}
	prepare(t, g)
	return g
}

func prepare(t *testing.T, g *Builder) {
	t.Helper()
	if planned, err := g.Prepare(t.Context()); err != nil || !planned {
		t.Fatalf("planned %v: %v", planned, err)
	}
}

func greet(t *testing.T, g *Builder, text string) {
	t.Helper()
	writeFile(t, filepath.Join(g.options.Dir, "word", "word.go"),
		"package word\n\n// Hello greets.\n//go:noinline\nfunc Hello() string { return \""+text+"\" }\n")
}

func prints(t *testing.T, result Result, want string) {
	t.Helper()
	if out, err := exec.Command(result.Binary).CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("printed %q, %v; want %q", out, err, want)
	}
}

func TestFastBuild(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		options Options
	}{
		{"as by default", Options{}},
		{"for a debugger", Options{Debug: true}},
		{"without paths", Options{Flags: []string{"-trimpath"}}},
		{"with tags and flags", Options{Tags: []string{"some"}, GCFlags: "all=-l", LDFlags: "-X main.x=y"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := fastBuilder(t, tt.options)
			greet(t, g, "good day")
			fast := buildOK(t, g, 2)
			if !fast.Fast {
				t.Fatalf("built by go build: %s", fast.Slow)
			}
			prints(t, fast, "good day")
			plain := newTestGo(t, g.options.Dir, tt.options)
			if slow := buildOK(t, plain, 1); slow.BuildID != fast.BuildID {
				t.Errorf("the build id is %s, of go build %s", fast.BuildID, slow.BuildID)
			}
			known, err := g.Graph(t.Context())
			if err != nil || !known.Relevant(filepath.Join(g.options.Dir, "word", "word.go"), false) {
				t.Errorf("the graph after it: %v, %v", known.Files(), err)
			}
		})
	}
}

// TestFastBuildOfMistakes lets go build say what is wrong, and is fast again once
// that is mended.
func TestFastBuildOfMistakes(t *testing.T) {
	t.Parallel()
	g := fastBuilder(t, Options{})
	word := filepath.Join(g.options.Dir, "word", "word.go")
	writeFile(t, word, "package word\n\nfunc Hello() string { return missing }\n")
	broken := g.Build(t.Context(), 2)
	if broken.Fast || len(broken.Diagnostics) != 1 || broken.Diagnostics[0].File != word || !strings.Contains(broken.Slow, "failed") {
		t.Errorf("fast %v (%s), diagnostics\n%s", broken.Fast, broken.Slow, printDiagnostics(broken.Diagnostics))
	}
	greet(t, g, "mended")
	mended := buildOK(t, g, 3)
	if !mended.Fast {
		t.Errorf("mended by go build: %s", mended.Slow)
	}
	prints(t, mended, "mended")
}

// TestFastBuildAfterAnother lets go build read what no plan covers, and follows a
// plan of that.
func TestFastBuildAfterAnother(t *testing.T) {
	t.Parallel()
	g := fastBuilder(t, Options{})
	writeFile(t, filepath.Join(g.options.Dir, "word", "more.go"), "package word\n\nfunc init() { print(\"more \") }\n")
	another := buildOK(t, g, 2)
	if another.Fast || !strings.Contains(another.Slow, "appeared") {
		t.Errorf("with a new file: fast %v (%s)", another.Fast, another.Slow)
	}
	prints(t, another, "more hello")
	prepare(t, g)
	greet(t, g, "and again")
	again := buildOK(t, g, 3)
	if !again.Fast {
		t.Errorf("the next build was not fast: %s", again.Slow)
	}
	prints(t, again, "more and again")
}

// TestFastBuildInterruptsItsPreparation begins a build while another is
// recorded, which must neither delay nor mislead it.
func TestFastBuildInterruptsItsPreparation(t *testing.T) {
	t.Parallel()
	g := newTestGo(t, writeTree(t, layers), Options{Fast: true})
	t.Cleanup(g.Close)
	buildOK(t, g, 1)
	prepared := make(chan error, 1)
	begun, spawn := make(chan struct{}, 100), g.options.Spawn
	g.options.Spawn = func(cmd *exec.Cmd) (func() error, error) {
		begun <- struct{}{}
		return spawn(cmd)
	}
	go func() {
		_, err := g.Prepare(context.Background())
		prepared <- err
	}()
	<-begun
	greet(t, g, "meanwhile")
	result := buildOK(t, g, 2)
	if err := <-prepared; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	prints(t, result, "meanwhile")
	prepare(t, g)
}

// TestRefresh brings the build cache up to date, so that go build has nothing to
// compile.
func TestRefresh(t *testing.T) {
	t.Parallel()
	g := fastBuilder(t, Options{})
	greet(t, g, t.Name()+g.options.Dir)
	if result := buildOK(t, g, 2); !result.Fast {
		t.Fatalf("built by go build: %s", result.Slow)
	}
	compiles := func() int {
		args := append([]string{"build", "-n"}, append(g.buildFlags(), "-o", "none", ".")...)
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = g.options.Dir, append(g.options.Env, "PWD="+g.options.Dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Count(string(out), "compile -o")
	}
	if n := compiles(); n == 0 {
		t.Error("the build cache knows what only a fast build has compiled")
	}
	if err := g.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := compiles(); n != 0 {
		t.Errorf("go build has %d packages to compile", n)
	}
}

// TestFastBuildWithoutItsDirectory is for systems that delete old temporary
// files.
func TestFastBuildWithoutItsDirectory(t *testing.T) {
	t.Parallel()
	g := fastBuilder(t, Options{})
	greet(t, g, "once")
	buildOK(t, g, 2)
	if err := os.RemoveAll(g.options.TempDir); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(g.options.Dir, "main.go"), "package main\n\nimport \"example.com/layers/word\"\n\nfunc main() { print(word.Hello(), word.Hello()) }\n")
	prints(t, buildOK(t, g, 3), "onceonce")
}

// TestFastBuildByAnotherGoCommand leaves the build to a go command that the plan
// is not of.
func TestFastBuildByAnotherGoCommand(t *testing.T) {
	t.Parallel()
	golang, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	g := newTestGo(t, writeTree(t, layers), Options{Fast: true})
	t.Cleanup(g.Close)
	g.options.Env = append(g.options.Env, "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	buildOK(t, g, 1)
	prepare(t, g)
	if err := os.Symlink(golang, filepath.Join(dir, filepath.Base(golang))); err != nil {
		t.Fatal(err)
	}
	greet(t, g, "another")
	result := buildOK(t, g, 2)
	if result.Fast || !strings.Contains(result.Slow, "another go command") {
		t.Errorf("fast %v (%s)", result.Fast, result.Slow)
	}
	prints(t, result, "another")
}

// TestWhyNoBuildIsFast says what stands in the way, and builds all the same.
func TestWhyNoBuildIsFast(t *testing.T) {
	t.Parallel()
	g := newTestGo(t, writeTree(t, layers), Options{Fast: true, Flags: []string{"-toolexec=env"}})
	t.Cleanup(g.Close)
	buildOK(t, g, 1)
	const why = "the build has the flag -toolexec"
	if planned, err := g.Prepare(t.Context()); planned || err == nil || err.Error() != why {
		t.Errorf("Prepare: %v, %v, want %s", planned, err, why)
	}
	greet(t, g, "slowly")
	result := buildOK(t, g, 2)
	if result.Fast || result.Slow != why {
		t.Errorf("fast %v (%s), want %s", result.Fast, result.Slow, why)
	}
	prints(t, result, "slowly")
}
