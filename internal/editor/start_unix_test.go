//go:build unix

package editor

import (
	"fmt"
	"os"
	"path/filepath"
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
