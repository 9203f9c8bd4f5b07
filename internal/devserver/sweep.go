package devserver

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/process"
)

// runPrefix and the pid of its owner begin the name of a run's directory.
const runPrefix = "devtool-"

// sweepTemp removes the directories of runs that were killed before they could
// do so themselves.
func sweepTemp() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), runPrefix+"[0-9]*-*")) // the pattern is well-formed
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), runPrefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && !process.Alive(pid) {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
}
