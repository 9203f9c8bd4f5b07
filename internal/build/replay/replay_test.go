package replay

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/rogpeppe/go-internal/txtar"
)

// project is a module on the disk that is built both ways.
type project struct {
	t       testing.TB
	options Options
	plan    *Plan
	number  int
}

// newProject unpacks an archive.
func newProject(t testing.TB, tree string, build ...string) *project {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(txtar.Parse([]byte(tree)), dir); err != nil {
		t.Fatal(err)
	}
	return openProject(t, dir, ".", build...)
}

// openProject is for a module that is there. build are further flags.
func openProject(t testing.TB, dir, pkg string, build ...string) *project {
	t.Helper()
	golang, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	return &project{t: t, options: Options{
		Dir: dir, Go: golang, Package: pkg, WorkDir: filepath.Join(t.TempDir(), "work"), Run: runPlainly,
		Env:    append(os.Environ(), "GOFLAGS=", "GOWORK="),
		Flags:  slices.Concat([]string{"-buildvcs=false", "-ldflags=-w"}, build),
		Select: build,
	}}
}

func runPlainly(ctx context.Context, cmd *exec.Cmd, _ bool) (bool, error) {
	wait, err := group.Start(cmd)
	if err != nil {
		return false, err
	}
	err = wait()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if errors.As(err, &exit) {
		return false, nil
	}
	return err == nil, err
}

// write writes or, without content, removes a file of the project.
func (p *project) write(name, content string) {
	p.t.Helper()
	path := filepath.Join(p.options.Dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// goBuild runs go build. The binary is "" if it fails.
func (p *project) goBuild() (binary, output string) {
	p.t.Helper()
	p.number++
	binary = filepath.Join(filepath.Dir(p.options.WorkDir), "app-"+strconv.Itoa(p.number))
	cmd := exec.CommandContext(p.t.Context(), p.options.Go, slices.Concat([]string{"build", "-json", "-o", binary}, p.options.Flags, []string{p.options.Package})...)
	cmd.Dir, cmd.Env = p.options.Dir, append(p.options.Env, "PWD="+p.options.Dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", string(out)
	}
	return binary, string(out)
}

// record builds and makes the plan.
func (p *project) record() {
	p.t.Helper()
	binary, output := p.goBuild()
	if binary == "" {
		p.t.Fatalf("go build: %s", output)
	}
	plan, err := Record(p.t.Context(), p.options, binary)
	if err != nil {
		p.t.Fatalf("no plan: %v", err)
	}
	p.plan = plan
}

// replay follows the plan.
func (p *project) replay() (binary string, report Report, err error) {
	p.number++
	binary = filepath.Join(filepath.Dir(p.options.WorkDir), "app-"+strconv.Itoa(p.number))
	report, err = p.plan.Build(p.t.Context(), binary)
	return binary, report, err
}

// same fails unless both programs are equal but for the build id and the host's,
// which follows from it.
func (p *project) same(replayed, built string) {
	p.t.Helper()
	a, b := plainProgram(p.t, replayed), plainProgram(p.t, built)
	if a != b {
		p.t.Errorf("%s and %s are different programs", replayed, built)
	}
}

// plainProgram returns a program with zeros in place of its build ids.
func plainProgram(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	start, end, err := hostBuildID(content)
	if err != nil {
		t.Fatal(err)
	}
	clear(content[start:end])
	id := elfBuildID(t, content)
	return strings.ReplaceAll(string(content), id, strings.Repeat("0", len(id)))
}

// elfBuildID returns the id in a note: a size, at 4, and the text, at 16.
func elfBuildID(t testing.TB, program []byte) string {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	note, err := f.Section(".note.go.buildid").Data()
	if err != nil {
		t.Fatal(err)
	}
	return string(note[16 : 16+f.ByteOrder.Uint32(note[4:])])
}

const greeter = `
-- go.mod --
module example.com/greeter

go 1.24
-- main.go --
package main

import "example.com/greeter/word"

// main greets.
func main() { print(word.Hello()) }
-- word/word.go --
package word

import "example.com/greeter/deep"

// Hello is a greeting.
//go:noinline
func Hello() string { return "hello " + deep.Name }
-- deep/deep.go --
package deep

const Name = "world"
`

func TestReplayMakesWhatGoBuildMakes(t *testing.T) {
	t.Parallel()
	p := newProject(t, greeter)
	p.record()
	if err := p.plan.Try(t.Context(), filepath.Join(filepath.Dir(p.options.WorkDir), "app-1")); err != nil {
		t.Errorf("the program of go build, made again: %v", err)
	}
	for _, edit := range []struct {
		file, content string
		compiled      []string
		prints        string
	}{
		{"word/word.go", "package word\n\nimport \"example.com/greeter/deep\"\n\n//go:noinline\nfunc Hello() string { return \"good day \" + deep.Name }\n",
			[]string{"example.com/greeter", "example.com/greeter/word"}, "good day world"},
		{"word/word.go", "package word\n\nimport \"example.com/greeter/deep\"\n\n//go:noinline\nfunc Hello() string { return \"good evening \" + deep.Name }\n",
			[]string{"example.com/greeter/word"}, "good evening world"},
		{"deep/deep.go", "package deep\n\nconst Name = \"moon\"\n",
			[]string{"example.com/greeter/deep", "example.com/greeter/word"}, "good evening moon"},
	} {
		p.write(edit.file, edit.content)
		replayed, report, err := p.replay()
		if err != nil {
			t.Fatalf("%s: %v", edit.file, err)
		}
		if !slices.Equal(report.Compiled, edit.compiled) {
			t.Errorf("%s: compiled %q, want %q", edit.file, report.Compiled, edit.compiled)
		}
		if out, err := exec.Command(replayed).CombinedOutput(); err != nil || string(out) != edit.prints {
			t.Errorf("printed %q, %v; want %q", out, err, edit.prints)
		}
		built, _ := p.goBuild()
		p.same(replayed, built)
	}
}

// TestReplayBesideCgo edits a program of which one package needs a C compiler,
// which links it.
func TestReplayBesideCgo(t *testing.T) {
	t.Parallel()
	const tree = `
-- go.mod --
module example.com/mixed

go 1.24
-- main.go --
package main

import (
	"example.com/mixed/c"
	"example.com/mixed/page"
	_ "example.com/mixed/assembly"
)

func main() { print(page.Text(), c.Seven()) }
-- page/page.go --
package page

func Text() string { return "page " }
-- c/c.go --
package c

// static int seven(void) { return 7; }
import "C"

import "example.com/mixed/below"

func Seven() int { return int(C.seven()) + below.Zero }
-- below/below.go --
package below

const Zero = 0
-- assembly/assembly.go --
package assembly

func Nothing()
-- assembly/assembly_amd64.s --
TEXT ·Nothing(SB), 4, $0-0
	RET
-- assembly/assembly_arm64.s --
TEXT ·Nothing(SB), 4, $0-0
	RET
`
	for _, flags := range [][]string{nil, {"-trimpath"}, {"-race"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			t.Parallel()
			p := newProject(t, tree, flags...)
			p.record()
			p.write("page/page.go", "package page\n\nfunc Text() string { return \"other \" }\n")
			replayed, _, err := p.replay()
			if err != nil {
				t.Fatal(err)
			}
			built, _ := p.goBuild()
			p.same(replayed, built)
			for _, edit := range []struct{ file, content, want string }{
				{"c/c.go", "package c\n\n// static int seven(void) { return 8; }\nimport \"C\"\n\nimport \"example.com/mixed/below\"\n\nfunc Seven() int { return int(C.seven()) + below.Zero }\n", "mixed/c needs more"},
				{"below/below.go", "package below\n\nconst Zero = 1\n", "mixed/c needs more"},
				{"assembly/assembly.go", "package assembly\n\nfunc Nothing()\n\nfunc More() {}\n", "mixed/assembly needs more"},
				{"assembly/assembly_amd64.s", "TEXT ·Nothing(SB), 4, $0-0\n\tNOP\n\tRET\n", "not Go"},
			} {
				old, err := os.ReadFile(filepath.Join(p.options.Dir, edit.file))
				if err != nil {
					t.Fatal(err)
				}
				p.write(edit.file, edit.content)
				if _, _, err := p.replay(); err == nil || !strings.Contains(err.Error(), edit.want) {
					t.Errorf("%s: %v, want %q in it", edit.file, err, edit.want)
				}
				p.write(edit.file, string(old))
			}
		})
	}
}

// TestOtherSystems builds for systems whose programs have another format.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the runtime for each")
	}
	for _, system := range []string{"darwin", "windows"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, greeter)
			p.options.Env = append(p.options.Env, "GOOS="+system, "GOARCH=arm64", "CGO_ENABLED=0")
			p.record()
			if err := p.plan.Try(t.Context(), filepath.Join(filepath.Dir(p.options.WorkDir), "app-1")); err != nil {
				t.Errorf("the program of go build, made again: %v", err)
			}
			p.write("deep/deep.go", "package deep\n\nconst Name = \"moon\"\n")
			replayed, _, err := p.replay()
			if err != nil {
				t.Fatal(err)
			}
			p.write("deep/deep.go", "package deep\n\nconst Name = \"star\"\n")
			other, _, err := p.replay()
			if err != nil {
				t.Fatal(err)
			}
			p.write("deep/deep.go", "package deep\n\nconst Name = \"moon\"\n")
			p.record()
			built, err := p.plan.built(filepath.Join(filepath.Dir(p.options.WorkDir), "app-"+strconv.Itoa(p.number)))
			if err != nil {
				t.Fatal(err)
			}
			for path, same := range map[string]bool{replayed: true, other: false} {
				id := linkedID(t, path)
				if got, err := readProgram(path, id); err != nil || got.equal(built) != same {
					t.Errorf("equal to the program of go build: %v, %v; want %v", got.equal(built), err, same)
				}
			}
		})
	}
}

// linkedID returns the build id in the text of a program.
func linkedID(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\xff Go build ID: \"")
	id, _, found := strings.Cut(rest, "\"")
	if !found {
		t.Fatalf("%s has no build id", path)
	}
	return id
}
