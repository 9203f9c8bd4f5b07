package watch

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// trackedPause is how long git's index must be left alone before git is asked
	// again which files it tracks.
	trackedPause = 200 * time.Millisecond
	// gitTimeout bounds the wait for git's answer.
	gitTimeout = 5 * time.Second
)

// findTracked returns the files that git tracks although a rule ignores them.
// Git's rules do not apply to tracked files, so such a file counts like any
// other. Without git there are none.
func (t *tree) findTracked() (files []string) {
	for _, r := range t.roots {
		for _, rel := range trackedAndIgnored(r.real, t.env) {
			path := filepath.Join(r.real, filepath.FromSlash(rel))
			if t.mayTrack(r.real, path) {
				files = append(files, t.named(path))
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// mayTrack reports whether nothing but git's rules leaves the file at path out.
func (t *tree) mayTrack(root, path string) bool {
	for at, dir := path, false; at != root; at, dir = filepath.Dir(at), true {
		if neverCounts(filepath.Base(at)) || t.opts.Ignore != nil && t.opts.Ignore(t.named(at), dir) {
			return false
		}
	}
	return true
}

// trackedAndIgnored asks git instead of reading the index, which has several
// formats.
func trackedAndIgnored(dir string, env []string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
	cmd.Dir, cmd.Env = dir, append(slices.Clip(env), "GIT_OPTIONAL_LOCKS=0")
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// indexesOf returns the indexes of the repositories around the roots.
func indexesOf(roots []root) map[string]bool {
	files := make(map[string]bool)
	for _, r := range roots {
		if repo, ok := findRepository(r.real); ok {
			files[make(resolver).resolve(filepath.Join(repo.private, "index")).end] = true
		}
	}
	return files
}

// trackedChanged schedules another question to git.
func (t *tree) trackedChanged() { t.trackedAt = time.Now().Add(trackedPause) }

func (t *tree) refreshTracked() {
	t.trackedAt = time.Time{}
	if tracked := t.findTracked(); !slices.Equal(tracked, t.tracked) {
		t.tracked = tracked
		t.applyFollowing()
	}
}
