package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/regular"
)

// repository is where git keeps its data about a directory.
type repository struct {
	top     string // the working tree
	private string // this working tree's own data: its index, and the index's lock
	common  string // the data that all working trees share
}

// findRepository searches upwards from dir. It does not ask git, which may not be
// installed and refuses to look at repositories of other users.
func findRepository(dir string) (repository, bool) {
	for {
		link := filepath.Join(dir, ".git")
		if info, err := os.Stat(link); err == nil {
			if info.IsDir() {
				return repository{top: dir, private: link, common: link}, true
			}
			if r, ok := linkedRepository(dir, link); ok {
				return r, true
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return repository{}, false
		}
		dir = parent
	}
}

// linkedRepository reads the .git file of a submodule or a further working tree.
func linkedRepository(top, link string) (repository, bool) {
	text, err := regular.ReadFile(link)
	if err != nil {
		return repository{}, false
	}
	private, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if !ok {
		return repository{}, false
	}
	private = absolute(top, private)
	common := private
	if text, err := regular.ReadFile(filepath.Join(private, "commondir")); err == nil {
		common = absolute(private, strings.TrimSpace(string(text)))
	}
	return repository{top: top, private: private, common: common}, true
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// outerScope returns the rules in force around the directory root, its own file
// not included, and the files they came from or would come from.
func outerScope(root string, env []string) (*scope, []string) {
	repo, ok := findRepository(root)
	if !ok {
		return nil, nil
	}
	var s *scope
	var files []string
	add := func(dir, file string) {
		files = append(files, file)
		s = s.with(dir, file)
	}
	if file := excludesFile(repo.top, env); file != "" {
		add(repo.top, file)
	}
	add(repo.top, filepath.Join(repo.common, "info", "exclude"))
	rel, err := filepath.Rel(repo.top, root)
	if err != nil || rel == "." {
		return s, files
	}
	dir := repo.top
	for name := range strings.SplitSeq(rel, string(filepath.Separator)) {
		add(dir, filepath.Join(dir, ".gitignore"))
		dir = filepath.Join(dir, name)
	}
	return s, files
}

// excludesFile returns the user's own ignore file. It asks git, because git's
// configuration has includes and conditions. Without git it returns the default.
func excludesFile(top string, env []string) string {
	cmd := exec.Command("git", "config", "--type=path", "--get", "core.excludesFile")
	cmd.Dir, cmd.Env = top, env
	if out, err := cmd.Output(); err == nil {
		if file := strings.TrimSuffix(string(out), "\n"); file != "" {
			return absolute(top, file)
		}
		return ""
	}
	lookup := func(key string) string {
		for i := len(env) - 1; i >= 0; i-- {
			if value, ok := strings.CutPrefix(env[i], key+"="); ok {
				return value
			}
		}
		return ""
	}
	if dir := lookup("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git", "ignore")
	}
	if home := lookup("HOME"); home != "" {
		return filepath.Join(home, ".config", "git", "ignore")
	}
	return ""
}
