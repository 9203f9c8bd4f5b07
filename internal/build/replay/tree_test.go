package replay

import (
	"context"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestView lists edits that the go command notices, and edits that it leaves to
// the compiler.
func TestView(t *testing.T) {
	t.Parallel()
	const base = "// Package p.\npackage p\n\nimport (\n\t\"embed\"\n\t\"fmt\"\n)\n\n//go:embed a.txt\nvar f embed.FS\n\nfunc F() { fmt.Println() }\n"
	for _, tt := range []struct {
		name, from, to string
		same           bool
	}{
		{"a body", "fmt.Println()", "fmt.Println(1)", true},
		{"a comment", "// Package p.", "// Package p is other.", true},
		{"a broken body", "{ fmt.Println() }", "{ fmt.Println( }", true},
		{"the order of imports", "\t\"embed\"\n\t\"fmt\"\n", "\t\"fmt\"\n\t\"embed\"\n", true},
		{"the name of an import", "\t\"fmt\"\n", "\tother \"fmt\"\n", true},
		{"noinline", "func F", "//go:noinline\nfunc F", true},
		{"another import", "\t\"fmt\"\n", "\t\"fmt\"\n\t\"os\"\n", false},
		{"an import less", "\t\"fmt\"\n", "", false},
		{"cgo", "import (", "import \"C\"\nimport (", false},
		{"another package", "package p\n", "package q\n", false},
		{"a constraint", "// Package p.\n", "//go:build !linux\n\n", false},
		{"a constraint that holds", "// Package p.\n", "//go:build linux\n\n", false},
		{"an old constraint", "// Package p.\n", "// +build ignore\n\n", false},
		{"another embedded file", "a.txt", "b.txt", false},
		{"a setting", "// Package p.\n", "//go:debug panicnil=1\n", false},
		{"a broken header", "import (", "import (((", false},
		{"no package", "package p\n", "\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(base), 0o600); err != nil {
				t.Fatal(err)
			}
			target := build.Context{GOOS: "linux", GOARCH: "amd64", Compiler: "gc", CgoEnabled: true, ReleaseTags: build.Default.ReleaseTags}
			before := view(target, dir, []string{"p.go"}, nil)
			after := strings.Replace(base, tt.from, tt.to, 1)
			if after == base {
				t.Fatal("nothing was edited")
			}
			now := view(target, dir, []string{"p.go"}, map[string][]byte{filepath.Join(dir, "p.go"): []byte(after)})
			if (now == before) != tt.same {
				t.Errorf("the go command sees\n%s and then\n%s", before, now)
			}
		})
	}
}

// TestWhatAPlanCovers changes the tree below a plan in ways that the plan covers
// and in ways that it does not.
func TestWhatAPlanCovers(t *testing.T) {
	t.Parallel()
	const tree = `
-- go.mod --
module example.com/embedder

go 1.24
-- main.go --
package main

import (
	"embed"
	"example.com/embedder/below/deep"
)

//go:embed data *.txt
var files embed.FS

func main() {
	text, _ := files.ReadFile("data/a.txt")
	print(string(text), deep.Name)
}
-- more.txt --
more
-- data/a.txt --
text
-- data/sub/b.txt --
text
-- below/deep/deep.go --
package deep

const Name = "deep"
-- other/other.go --
package other
`
	p := newProject(t, tree)
	p.record()
	replace := func(name, text string) func() {
		return func() {
			p.write(name+"~", text)
			if err := os.Rename(filepath.Join(p.options.Dir, name+"~"), filepath.Join(p.options.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(name, text string) func() { return func() { p.write(name, text) } }
	remove := func(name string) func() {
		return func() {
			if err := os.RemoveAll(filepath.Join(p.options.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name     string
		do, undo func()
		want     string // part of the reason; "" if the plan covers it
	}{
		{"nothing", func() {}, func() {}, ""},
		{"an embedded file", write("data/a.txt", "other"), write("data/a.txt", "text"), ""},
		{"an embedded file is replaced", replace("data/a.txt", "other"), replace("data/a.txt", "text"), ""},
		{"a large embedded file", write("data/a.txt", strings.Repeat("a", large+1)), write("data/a.txt", "text"), ""},
		{"a deep embedded file", write("data/sub/b.txt", "other"), write("data/sub/b.txt", "text"), ""},
		{"one more to embed", write("data/sub/c.txt", "c"), remove("data/sub/c.txt"), "what example.com/embedder embeds"},
		{"one more to match", write("new.txt", "c"), remove("new.txt"), "what example.com/embedder embeds"},
		{"one less to embed", remove("data/sub/b.txt"), write("data/sub/b.txt", "text"), "what example.com/embedder embeds"},
		{"a link in place of a file", func() {
			remove("more.txt")()
			if err := os.Symlink("data/a.txt", filepath.Join(p.options.Dir, "more.txt")); err != nil {
				t.Fatal(err)
			}
		}, func() { remove("more.txt")(); write("more.txt", "more\n")() }, "what example.com/embedder embeds"},
		{"an embedded directory becomes a module", write("data/go.mod", ""), remove("data/go.mod"), "what example.com/embedder embeds"},
		{"a package becomes a module", write("below/go.mod", "module m\n"), remove("below/go.mod"), "below/go.mod appeared"},
		{"a package becomes a module of its own", write("below/deep/go.mod", "module m\n"), remove("below/deep/go.mod"), "appeared"},
		{"a workspace", write("go.work", "go 1.24\n"), remove("go.work"), "go.work appeared"},
		{"vendoring", write("vendor/modules.txt", ""), remove("vendor"), "appeared"},
		{"a profile", write("default.pgo", ""), remove("default.pgo"), "appeared or vanished"},
		{"go.mod", write("go.mod", "module example.com/embedder\n\ngo 1.25\n"), write("go.mod", "module example.com/embedder\n\ngo 1.24\n"), "go.mod changed"},
		{"a file of a package that is not imported", write("other/other.go", "package other // edited\n"), func() {}, ""},
		{"a file that is no source", write("notes.md", "x"), remove("notes.md"), ""},
		{"a hidden source", write(".hidden.go", "x"), remove(".hidden.go"), ""},
		{"a test", write("main_test.go", "package main\n"), remove("main_test.go"), "appeared or vanished"},
		{"a C file", write("x.c", ""), remove("x.c"), "appeared or vanished"},
		{"a directory in place of a file", func() { remove("below/deep/deep.go")(); write("below/deep/deep.go/x", "")() },
			func() {
				remove("below/deep/deep.go")()
				write("below/deep/deep.go", "package deep\n\nconst Name = \"deep\"\n")()
			}, "deep.go"},
	} {
		tt.do()
		_, _, err := p.replay()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
		tt.undo()
		if _, _, err := p.replay(); err != nil {
			t.Fatalf("%s, undone: %v", tt.name, err)
		}
	}
}

// TestModulesWithoutAPackage changes what modules require that give the program
// nothing but, perhaps, versions.
func TestModulesWithoutAPackage(t *testing.T) {
	t.Parallel()
	const app = "-- main.go --\npackage main\n\nfunc main() {}\n"
	for _, tt := range []struct{ name, tree, pkg, file string }{
		{"of a workspace", "-- go.work --\ngo 1.24\n\nuse (\n\t./app\n\t./beside\n)\n-- app/go.mod --\nmodule example.com/app\n\ngo 1.24\n" +
			"-- beside/go.mod --\nmodule example.com/beside\n\ngo 1.24\n-- app/" + app[3:], "./app", "beside/go.mod"},
		{"that a go.mod replaces", "-- go.mod --\nmodule example.com/app\n\ngo 1.24\n\nreplace example.com/beside => ./beside\n" +
			"-- beside/go.mod --\nmodule example.com/beside\n\ngo 1.24\n" + app, ".", "beside/go.mod"},
		{"that a go.work replaces", "-- go.work --\ngo 1.24\n\nuse ./app\n\nreplace example.com/beside => ./beside\n-- app/go.mod --\nmodule example.com/app\n\ngo 1.24\n" +
			"-- beside/go.mod --\nmodule example.com/beside\n\ngo 1.24\n-- app/" + app[3:], "./app", "beside/go.mod"},
	} {
		p := newProject(t, tt.tree)
		p.options.Package = tt.pkg
		p.record()
		if _, _, err := p.replay(); err != nil {
			t.Errorf("a module %s: %v", tt.name, err)
		}
		p.write(tt.file, "module example.com/beside\n\ngo 1.25\n")
		if _, _, err := p.replay(); err == nil || !strings.Contains(err.Error(), tt.file) {
			t.Errorf("a module %s: %v, want %s in it", tt.name, err, tt.file)
		}
	}
}

// TestASaveDuringTheBuild is noticed even if it leaves size and time as they
// were: what was compiled may be neither the old text nor the new.
func TestASaveDuringTheBuild(t *testing.T) {
	t.Parallel()
	p := newProject(t, greeter)
	p.record()
	path := filepath.Join(p.options.Dir, "deep", "deep.go")
	p.write("deep/deep.go", "package deep\n\nconst Name = \"first\"\n")
	run := p.plan.options.Run
	p.plan.options.Run = func(ctx context.Context, cmd *exec.Cmd, idle bool) (bool, error) {
		ok, err := run(ctx, cmd, idle)
		if slices.Contains(cmd.Args, path) {
			p.write("deep/deep.go", "package deep\n\nconst Name = \"other\"\n")
		}
		return ok, err
	}
	if _, _, err := p.replay(); err == nil || !strings.Contains(err.Error(), "changed again") {
		t.Errorf("a build of two states: %v", err)
	}
	p.plan.options.Run = run
	replayed, _, err := p.replay()
	if err != nil {
		t.Fatal(err)
	}
	built, _ := p.goBuild()
	p.same(replayed, built)
}
