package devserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestSweepTemp(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dead := exec.CommandContext(t.Context(), "go", "version")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(temp, fmt.Sprintf("devtool-%d-1", dead.Process.Pid))
	kept := []string{
		filepath.Join(temp, fmt.Sprintf("devtool-%d-1", os.Getpid())),
		filepath.Join(temp, "devtool-notes"),
	}
	for _, dir := range append(kept, gone) {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweepTemp()
	if _, err := os.Stat(gone); !os.IsNotExist(err) {
		t.Errorf("%s of a dead run is still there", gone)
	}
	for _, dir := range kept {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("%s is gone: %v", dir, err)
		}
	}
}
