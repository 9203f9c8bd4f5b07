package watch

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestIgnoreOfRealProjects takes the ignore files of the modules that devtool is
// built from, and asks git about paths that their rules name or just miss.
func TestIgnoreOfRealProjects(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	list := exec.Command("go", "list", "-m", "-f", `{{if not .Main}}{{.Dir}}{{end}}`, "all")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	projects, cases, ignored := 0, 0, 0
	for _, module := range strings.Fields(string(out)) {
		files := ignoreFiles(t, module)
		if len(files) == 0 {
			continue
		}
		projects++
		dir := realTempDir(t)
		env := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
		git := exec.Command("git", "init", "-q", dir)
		git.Env = env
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git init: %v\n%s", err, out)
		}
		names := make(map[string]bool)
		for sub, text := range files {
			write(t, filepath.Join(dir, sub, ".gitignore"), text)
			for line := range strings.SplitSeq(text, "\n") {
				for _, name := range namedBy(line) {
					for _, place := range []string{"", "deep", "deep/er"} {
						name := filepath.ToSlash(filepath.Join(sub, place, name))
						names[name] = true
						if above := filepath.Dir(name); !strings.HasPrefix(above, ".git") {
							must(t, os.MkdirAll(filepath.Join(dir, above), 0o755))
						}
					}
				}
			}
		}
		var paths []treePath
		for name := range names {
			paths = append(paths, treePath{name, isDir(filepath.Join(dir, name))})
		}
		want := checkIgnore(t, dir, env, paths)
		outer, _ := outerScope(dir, env)
		for _, path := range paths {
			if got := ignoredFromTop(outer, dir, path); got != want[path.name] {
				t.Errorf("%s: %q (directory: %v): ignored %v, git says %v", module, path.name, path.dir, got, want[path.name])
			}
		}
		cases, ignored = cases+len(paths), ignored+len(want)
	}
	if projects < 10 || ignored < cases/10 || ignored > cases*9/10 {
		t.Errorf("%d projects, %d cases, of which %d ignored, prove little", projects, cases, ignored)
	}
	t.Logf("%d projects, %d cases, %d ignored", projects, cases, ignored)
}

// ignoreFiles returns the ignore files of a project by directory.
func ignoreFiles(t *testing.T, project string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	must(t, filepath.WalkDir(project, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != ".gitignore" {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(project, filepath.Dir(path))
		files[rel] = string(text)
		return err
	}))
	return files
}

var wildcards = regexp.MustCompile(`\*\*|\*|\?|\[[^]]*\]|\\`)

// namedBy returns paths that a rule may name, and some that it should not. What is
// above one of them is a directory.
func namedBy(line string) (paths []string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil
	}
	line = strings.TrimPrefix(line, "!")
	for _, filled := range []string{"x", "", "a/b", "7", ".o"} {
		path := strings.Trim(wildcards.ReplaceAllString(line, filled), "/")
		if path == "" || !filepath.IsLocal(path) {
			continue
		}
		base := filepath.Base(path)
		paths = append(paths, path, path+"x", path+"/in", "y"+path, base, "in/"+base, base+".d/in", strings.ToUpper(path))
	}
	return paths
}
