//go:build unix

package gobuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFlagsThatReturn changes settings and takes the changes back: all that was
// compiled for the old ones is still there.
func TestFlagsThatReturn(t *testing.T) {
	t.Parallel()
	dir, log := writeTree(t, greeter), filepath.Join(t.TempDir(), "log")
	// The compiler and the linker of each build leave a line; -V=full is the
	// go command asking what it has.
	tool := filepath.Join(t.TempDir(), "tool")
	script := "#!/bin/sh\ncase \"$*\" in *-V=full*) ;; *) basename \"$1\" >>'" + log + "' ;; esac\nexec \"$@\"\n"
	if err := os.WriteFile(tool, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	tools := func(number int, options Options) []string {
		options.Flags = []string{"-toolexec=" + tool}
		result := buildOK(t, newTestGo(t, dir, options), number)
		if out, err := exec.Command(result.Binary).CombinedOutput(); err != nil || string(out) != "hello" {
			t.Errorf("build %d printed %q, %v", number, out, err)
		}
		said, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, log, "")
		return strings.Fields(string(said))
	}
	first := tools(1, Options{})
	if !slices.Contains(first, "compile") || !slices.Contains(first, "link") {
		t.Fatalf("the first build ran %q, want compilers and the linker", first)
	}
	if other := tools(2, Options{GCFlags: "-N", Tags: []string{"other"}, LDFlags: "-X main.x=y"}); !slices.Contains(other, "compile") {
		t.Errorf("with other flags %q ran, want a compiler", other)
	}
	if again := tools(3, Options{}); slices.Contains(again, "compile") || slices.Contains(again, "asm") {
		t.Errorf("with the first flags again %q ran, want the linker at most", again)
	}
}

// TestMake builds by make: what it wrote is taken over, what its go command
// complained of is shown, and the binary that runs is not written over.
func TestMake(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("make is not installed")
	}
	dir := writeTree(t, greeter+`
-- Makefile --
bin/app: main.go word/word.go
	@mkdir -p bin
	go build -o bin/app .
`)
	g := newTestGo(t, dir, Options{Command: []string{"make"}, Output: "bin/app"})
	first := buildOK(t, g, 1)
	if same := buildOK(t, g, 2); same.BuildID != first.BuildID {
		t.Errorf("make had nothing to do, and the build id went from %s to %s", first.BuildID, same.BuildID)
	}
	writeFile(t, filepath.Join(dir, "word", "word.go"), "package word\n\nconst Hello = missing\n")
	broken := g.Build(t.Context(), 3)
	if broken.Err != nil || broken.Binary != "" || len(broken.Diagnostics) != 1 ||
		broken.Diagnostics[0].File != filepath.Join(dir, "word", "word.go") || broken.Diagnostics[0].Line != 3 {
		t.Errorf("a mistake below make: error %v, diagnostics\n%s", broken.Err, printDiagnostics(broken.Diagnostics))
	}
	writeFile(t, filepath.Join(dir, "word", "word.go"), "package word\n\nconst Hello = \"goodbye\"\n")
	fixed := buildOK(t, g, 4)
	if out, err := exec.Command(fixed.Binary).CombinedOutput(); err != nil || string(out) != "goodbye" {
		t.Errorf("printed %q, %v; want goodbye", out, err)
	}
	if out, err := exec.Command(first.Binary).CombinedOutput(); err != nil || string(out) != "hello" {
		t.Errorf("the binary before it prints %q, %v: make wrote over it", out, err)
	}
}
