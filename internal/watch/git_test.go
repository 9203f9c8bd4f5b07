package watch

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// webAtOnce is how long devtool lets files be quiet.
func webAtOnce(path string) time.Duration {
	if strings.HasSuffix(path, ".css") {
		return 0
	}
	return defaultQuiet
}

// TestGit changes thousands of files with one command, which must be one batch.
// If the machine is too busy to deliver all events in time, a few may follow in a
// second batch, but not often.
func TestGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := realTempDir(t)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	fill := func(from, to int, content string) {
		for i := from; i < to; i++ {
			ext := []string{"css", "go", "md"}[i%3]
			write(t, filepath.Join(dir, fmt.Sprintf("d%d/%d.%s", i%40, i, ext)), content)
		}
	}
	commit := func(message string) {
		git("add", ".")
		git("commit", "-q", "-m", message)
	}
	git("init", "-q", "-b", "main")
	fill(0, 2000, "one")
	commit("one")
	git("switch", "-q", "-c", "all")
	fill(0, 2000, "another")
	commit("all")
	git("switch", "-q", "-c", "topic", "main")
	for i := range 4 {
		fill(0, 400, fmt.Sprint("topic", i))
		commit(fmt.Sprint("topic", i))
	}
	git("switch", "-q", "main")
	fill(400, 800, "two")
	commit("two")

	f := watchingDir(t, Options{Roots: []string{dir}, Quiet: webAtOnce})
	split := 0
	for _, step := range []struct {
		command string
		files   int
	}{
		{"switch -q all", 2000},
		{"switch -q topic", 2000},
		{"rebase -q main", 400}, // four times the same files come and go
		{"restore -s HEAD~1 .", 400},
		{"stash -q", 400},
		{"stash pop -q", 400},
		{"checkout -q .", 400},
		{"bisect start HEAD HEAD~4", 400},
		{"bisect good", 400},
		{"bisect reset", 400},
		{"reset -q --hard HEAD~2", 400},
		{"merge -q ORIG_HEAD", 400},
		{"merge -q ORIG_HEAD", 0},
	} {
		git(strings.Fields(step.command)...)
		files := make(map[string]bool)
		batches := f.batches()
		for _, batch := range batches {
			for _, c := range batch {
				files[c.Path] = true
			}
		}
		if len(files) != step.files {
			t.Errorf("git %s: %d files were told of, want %d", step.command, len(files), step.files)
		}
		if len(batches) > 1 {
			t.Logf("git %s led to %d batches", step.command, len(batches))
			split++
		}
	}
	if split > 4 {
		t.Errorf("%d commands led to more than one batch", split)
	}
}
