package config

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnreadableProjectIsNamed keeps the blame from the first file that is
// looked for in a directory that cannot be entered.
func TestUnreadableProjectIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o600); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		if os.Geteuid() == 0 { // who may enter all the same: let this thread be somebody else
			runtime.LockOSThread() // never unlocked, so that the thread ends here
			if err := unix.Setfsuid(65534); err != nil {
				t.Error(err)
			}
		}
		_, err := Load(Options{Cwd: "/", Dir: dir})
		failed <- err
	}()
	err := <-failed
	if err == nil || strings.Contains(err.Error(), ".env") || !strings.Contains(err.Error(), dir+": permission denied") {
		t.Errorf("got %v, want the directory to blame", err)
	}
}
