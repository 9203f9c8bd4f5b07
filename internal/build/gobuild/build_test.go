package gobuild

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// writeTree writes the files of a txtar archive into a new directory.
func writeTree(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(txtar.Parse([]byte(archive)), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newTestGo returns a lane for the project in dir, with no network.
func newTestGo(t *testing.T, dir string, options Options) *Builder {
	t.Helper()
	options.Dir = dir
	options.TempDir = t.TempDir()
	options.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=")
	return New(options)
}

func buildOK(t *testing.T, g *Builder, number int) Result {
	t.Helper()
	result := g.Build(t.Context(), number)
	if result.Err != nil || result.Binary == "" {
		t.Fatalf("build %d: err %v, diagnostics:\n%s", number, result.Err, printDiagnostics(result.Diagnostics))
	}
	if result.BuildID == "" || result.Took <= 0 {
		t.Errorf("build %d: id %q, took %v", number, result.BuildID, result.Took)
	}
	return result
}

const greeter = `
-- go.mod --
module example.com/greeter

go 1.24
-- main.go --
package main

import "example.com/greeter/word"

// main greets.
func main() { print(word.Hello) }
-- word/word.go --
package word

// Hello is a greeting.
const Hello = "hello"
`

func TestBuildIDTellsBehaviourNotText(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, greeter)
	g := newTestGo(t, dir, Options{})
	first := buildOK(t, g, 1)

	main := filepath.Join(dir, "main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, main, strings.Replace(string(source), "main greets", "main does", 1))
	if second := buildOK(t, g, 2); second.BuildID != first.BuildID {
		t.Errorf("a comment changed the build id: %s, then %s", first.BuildID, second.BuildID)
	}

	writeFile(t, filepath.Join(dir, "word/word.go"), "package word\n\nconst Hello = \"goodbye\"\n")
	third := buildOK(t, g, 3)
	if third.BuildID == first.BuildID {
		t.Errorf("another behaviour has the same build id %s", third.BuildID)
	}
	for _, run := range []struct{ binary, want string }{{first.Binary, "hello"}, {third.Binary, "goodbye"}} {
		out, err := exec.Command(run.binary).CombinedOutput()
		if err != nil || string(out) != run.want {
			t.Errorf("%s printed %q, %v; want %q", run.binary, out, err, run.want)
		}
	}

	if err := g.Prune(third.Binary); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(g.options.TempDir)
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(third.Binary) {
		t.Errorf("after Prune: %v, %v; want only %s", left, err, third.Binary)
	}
}

// A devtool that runs for days may find its temporary directory cleaned away.
func TestBuildWithoutItsDirectory(t *testing.T) {
	t.Parallel()
	g := newTestGo(t, writeTree(t, greeter), Options{Package: "."})
	buildOK(t, g, 1)
	if err := os.RemoveAll(g.options.TempDir); err != nil {
		t.Fatal(err)
	}
	buildOK(t, g, 2)
}

func TestBuildFlags(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, `
-- go.mod --
module example.com/flags

go 1.24
-- main.go --
package main

var version, tagged = "none", ""

func main() { print(version, tagged) }
-- tagged.go --
//go:build special

package main

func init() { tagged = " tagged" }
`)
	g := newTestGo(t, dir, Options{Tags: []string{"special", "other"}, LDFlags: "-X main.version=v1"})
	result := buildOK(t, g, 1)
	out, err := exec.Command(result.Binary).CombinedOutput()
	if err != nil || string(out) != "v1 tagged" {
		t.Errorf("printed %q, %v; want the version and the tag", out, err)
	}
}

func TestBuildReportsAllPackages(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, `
-- go.mod --
module example.com/broken

go 1.24
-- main.go --
package main

import (
	_ "example.com/broken/a"
	_ "example.com/broken/b"
)

func main() {}
-- a/a.go --
package a

var _ = "日本" + missing
-- b/b.go --
package b

var _ int = "b"
`)
	g := newTestGo(t, dir, Options{})
	result := g.Build(t.Context(), 1)
	if result.Err != nil || result.Binary != "" || result.BuildID != "" {
		t.Fatalf("got %+v, want only diagnostics", result)
	}
	byFile := map[string]problem.Problem{}
	for _, d := range result.Diagnostics {
		byFile[d.File] = d
	}
	want := problem.Problem{
		Source: problem.Go, Severity: problem.Error, File: filepath.Join(dir, "a", "a.go"), Line: 3, Column: 16,
		Text:    "undefined: missing",
		Excerpt: []problem.ExcerptLine{{Number: 1, Text: "package a"}, {Number: 2, Text: ""}, {Number: 3, Text: `var _ = "日本" + missing`}},
	}
	if diff := cmp.Diff(want, byFile[want.File]); diff != "" {
		t.Errorf("diagnostic of a.go (-want +got):\n%s", diff)
	}
	if b := byFile[filepath.Join(dir, "b", "b.go")]; b.Line != 3 || len(result.Diagnostics) != 2 {
		t.Errorf("got %s, want one diagnostic in a.go and one in b.go", printDiagnostics(result.Diagnostics))
	}
	left, err := os.ReadDir(g.options.TempDir)
	if err != nil || len(left) != 0 {
		t.Errorf("a failed build left %v, %v", left, err)
	}
}

func TestBuildFailsForTheEnvironment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, tree string
		options    Options
		env        string
		want       error
	}{
		{name: "no toolchain", tree: greeter, env: "PATH=" + t.TempDir(), want: ErrNoToolchain},
		{name: "no module", tree: "-- main.go --\npackage main\n", want: ErrNoModule},
		{name: "a library", tree: greeter, options: Options{Package: "./word"}, want: ErrNotMain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newTestGo(t, writeTree(t, tt.tree), tt.options)
			g.options.Env = append(g.options.Env, tt.env)
			result := g.Build(t.Context(), 1)
			if !errors.Is(result.Err, tt.want) || len(result.Diagnostics) > 0 || result.Binary != "" {
				t.Fatalf("got %+v, want error %v", result, tt.want)
			}
			var hinted *Error
			if !errors.As(result.Err, &hinted) || hinted.Hint() == "" {
				t.Errorf("no hint with %v", result.Err)
			}
		})
	}
}

func TestGoFailure(t *testing.T) {
	t.Parallel()
	full := problem.Problem{Text: "write /tmp/work-1/b001/_pkg_.a: no space left on device"}
	quoted := problem.Problem{File: "/src/main.go", Text: `"no space left on device" (untyped string constant) is not used`}
	if err := goFailure([]problem.Problem{quoted, full}); !errors.Is(err, ErrDiskFull) && runtime.GOOS != "windows" {
		t.Errorf("got %v, want %v", err, ErrDiskFull)
	}
	if err := goFailure([]problem.Problem{quoted}); err != nil {
		t.Errorf("the user's code was taken for a fault of the machine: %v", err)
	}
}

func TestLinkFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ours, users, goflags string
		want                 string
	}{
		{ours: "-w", want: "-w"},
		{want: ""},
		{ours: "-w", users: "-X main.v=1", want: "-w -X main.v=1"},
		{users: "-X main.v=1", want: "-X main.v=1"},
		{ours: "-w", users: "all=-X main.v=1", want: "all=-w -X main.v=1"},
		{ours: "-s", goflags: "-mod=mod '-ldflags=-X main.v=1'", want: ""},
		{ours: "-w", goflags: "-mod=mod", want: "-w"},
		{ours: "-w", users: "-s", goflags: "-ldflags=-X=main.v=1", want: "-w -s"},
	}
	for _, tt := range tests {
		if got := linkFlags(tt.ours, tt.users, tt.goflags); got != tt.want {
			t.Errorf("linkFlags(%q, %q, %q) = %q, want %q", tt.ours, tt.users, tt.goflags, got, tt.want)
		}
	}
}

func TestEnsureErrorShowsTheTail(t *testing.T) {
	t.Parallel()
	warning := problem.Problem{Severity: problem.Warning, Text: "unused"}
	got := ensureError([]problem.Problem{warning}, "make failed", strings.Repeat("line\n", 99)+"last\n")
	if len(got) != 2 || got[1].Severity != problem.Error || len(got[1].Notes) != 20 || got[1].Notes[19] != "last" {
		t.Errorf("got %v, want the warning and an error with the last 20 lines", got)
	}
	if again := ensureError(got, "make failed", ""); len(again) != 2 {
		t.Errorf("a second error was added: %v", again)
	}
}

func TestBuildIDOfForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script, other, mark := filepath.Join(dir, "script"), filepath.Join(dir, "other"), filepath.Join(dir, "mark")
	writeFile(t, script, "#!/bin/sh\n")
	writeFile(t, other, "#!/bin/sh\nexit 1\n")
	writeFile(t, mark, "MZ…\xff Go build ID: \"a/b/c/content\"\n \xff")
	ids := map[string]string{}
	for _, path := range []string{script, other, mark} {
		id, err := buildID(path)
		if err != nil || id == "" {
			t.Fatalf("buildID(%s) = %q, %v", path, id, err)
		}
		ids[path] = id
	}
	if ids[script] == ids[other] || ids[mark] != "content" {
		t.Errorf("got %v, want distinct hashes and the marked content id", ids)
	}
	if _, err := buildID(filepath.Join(dir, "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestMainPackages(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, `
-- go.mod --
module example.com/many

go 1.24
-- lib.go --
package many
-- cmd/api/main.go --
package main

func main() {}
-- cmd/worker/main.go --
package main

import _ "example.com/not/there"

func main() {}
-- gen.go --
//go:build ignore

package main
-- web/node_modules/dep/main.go --
package main
-- testdata/main.go --
package main
-- _old/main.go --
package main
-- other/go.mod --
module example.com/other
-- other/main.go --
package main
`)
	got, err := MainPackages(t.Context(), dir, append(os.Environ(), "GOWORK="))
	want := []MainPackage{
		{"example.com/many/cmd/api", filepath.Join(dir, "cmd", "api")},
		{"example.com/many/cmd/worker", filepath.Join(dir, "cmd", "worker")},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}

	writeFile(t, filepath.Join(dir, "go.work"), "go 1.24\n\nuse ./other\n")
	got, err = MainPackages(t.Context(), dir, append(os.Environ(), "GOWORK="))
	want = []MainPackage{{"example.com/other", filepath.Join(dir, "other")}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("in a workspace: error %v (-want +got):\n%s", err, diff)
	}

	_, err = MainPackages(t.Context(), t.TempDir(), append(os.Environ(), "GOWORK="))
	if !errors.Is(err, ErrNoModule) {
		t.Errorf("without a module: %v", err)
	}
}

func TestBuildCanceledBeforeItStarts(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result := newTestGo(t, writeTree(t, greeter), Options{}).Build(ctx, 1)
	if !result.Canceled || result.Err != nil || result.Binary != "" {
		t.Errorf("got %+v, want it cancelled", result)
	}
}
