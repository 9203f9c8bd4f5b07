//go:build unix

package editor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fake writes an editor that records its arguments, one a line, and where it
// runs.
func fake(t *testing.T, script string) (program, record string) {
	t.Helper()
	dir := t.TempDir()
	program, record = filepath.Join(dir, "code"), filepath.Join(dir, "record")
	text := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$@\" >'%[1]s.new'\npwd >>'%[1]s.new'\nps -o sid= -p $$ >>'%[1]s.new'\nmv '%[1]s.new' '%[1]s'\n%[2]s\n", record, script)
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return program, record
}

func TestStart(t *testing.T) {
	t.Parallel()
	program, record := fake(t, "")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "-a $(touch pwned) & ü.go")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Choose(Options{LaunchEditor: "'" + program + "' --wait"})
	if err != nil {
		t.Fatal(err)
	}
	argv, err := e.Command(Place{File: name, Line: 3, Column: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := Start(argv, dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	if want := []string{"-g", name + ":3:4", dir}; strings.Join(lines[:len(lines)-1], "\n") != strings.Join(want, "\n") {
		t.Errorf("the editor got %q, want %q", lines, want)
	}
	ours, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(lines[len(lines)-1]) == fmt.Sprint(ours) {
		t.Errorf("the editor runs in our own session %d", ours)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("a file name was run")
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	program, _ := fake(t, "exit 3")
	if err := Start([]string{program, "/a.go"}, "/"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v, want the exit status", err)
	}
	if err := Start([]string{"no-such-editor-anywhere", "/a.go"}, "/"); err == nil || !strings.Contains(err.Error(), "overlay.editor") {
		t.Errorf("got %v, want what to do", err)
	}
}

// TestStartLeavesEditor starts an editor that stays open: nobody waits for it.
func TestStartLeavesEditor(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(t.TempDir(), "closed")
	if err := syscall.Mkfifo(closed, 0o600); err != nil {
		t.Fatal(err)
	}
	program, _ := fake(t, "read line <'"+closed+"'")
	begun := time.Now()
	if err := Start([]string{program, "/a.go"}, "/"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < reportWithin {
		t.Errorf("returned after %v, before the editor could fail", took)
	}
	pipe, err := os.OpenFile(closed, os.O_WRONLY, 0) // waits for the editor to read: it still runs
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.WriteString("close\n"); err != nil {
		t.Error(err)
	}
	pipe.Close()
}

// TestStartEveryEditor runs a fake of each editor of the table, found on PATH
// and told of a file with a name that means something to shells, to editors and
// to us. It may not run beside others for the sake of PATH.
func TestStartEveryEditor(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), `-R {line} 'q' "d"`)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "--wait +q `touch pwned` $(touch pwned);&|*?ü🗓:3.go")
	record := filepath.Join(bin, "record")
	for _, s := range table {
		for _, name := range s.names {
			if s.terminal {
				continue
			}
			script := "#!/bin/sh\nprintf '%s\\0' \"$@\" >'" + record + "'\n"
			if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			e, err := Choose(Options{LaunchEditor: name})
			if err != nil {
				t.Fatal(err)
			}
			argv, err := e.Command(Place{File: file, Line: 41, Column: 7})
			if err != nil {
				t.Fatal(err)
			}
			if err := Start(argv, dir); err != nil {
				t.Fatal(err)
			}
			told, err := os.ReadFile(record)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := strings.Split(strings.TrimSuffix(string(told), "\x00"), "\x00")
			if !slices.Equal(got, argv[1:]) {
				t.Errorf("%s was told %q, want %q", name, got, argv[1:])
			}
			// Whole, at the beginning of one argument, with at most the place behind it.
			whole := slices.DeleteFunc(got, func(arg string) bool { return arg != file && arg != file+":41:7" })
			if len(whole) != 1 {
				t.Errorf("%s was told %q, not of the file %q", name, told, file)
			}
			if err := os.Remove(record); err != nil {
				t.Fatal(err)
			}
		}
	}
	if made, err := filepath.Glob(filepath.Join(dir, "pwned")); err != nil || len(made) > 0 {
		t.Errorf("a file name was run: %q, %v", made, err)
	}
}
