package watch

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestParseIgnore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, path string
		dir, want  bool
	}{
		{"*.log", "a/b.log", false, true},
		{"*.log\n!keep.log", "a/keep.log", false, false},
		{"/dist", "a/dist", true, false},
		{"/dist", "dist", true, true},
		{"dist/", "dist", false, false},
		{"dist/", "a/dist", true, true},
		{"a/b", "x/a/b", false, false},
		{"a/**", "a", true, false},
		{"a/**", "a/b/c", false, true},
		{"a/**/c", "a/c", false, true},
		{"**/c", "a/b/c", false, true},
		{"\ufeffx", "x", false, true},
		{"x  \r\n", "x", false, true},
		{"x\\ ", "x ", false, true},
		{"\\#x", "#x", false, true},
		{"#x", "#x", false, false},
		{"\\!x", "!x", false, true},
		{"[a-", "[a-", false, false},
		{"[[:digit:]x]", "7", false, true},
		{"[]a]", "]", false, true},
		{"[!a]", "a", false, false},
		{"{a,b}", "a", false, false},
		{"foo**bar", "fooxbar", false, true},
		{"a*b*c*d*e*f*g*h*", strings.Repeat("a", 200), false, false},
	}
	for _, test := range tests {
		s := &scope{dir: "/r", rules: parseIgnore(test.file)}
		if got := s.ignored("/r/"+test.path, test.dir); got != test.want {
			t.Errorf("%q on %q: ignored %v, want %v", test.file, test.path, got, test.want)
		}
	}
}

// TestIgnoreAsGitDoes asks git about every path of generated trees with generated
// rules in nested files, the repository's exclude file and the user's.
func TestIgnoreAsGitDoes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	trees := 25 * depth(t)
	cases, ignored := 0, 0
	for seed := range uint64(trees) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		n, yes := compareWithGit(t, rnd)
		cases, ignored = cases+n, ignored+yes
	}
	if cases < 10_000 || ignored < cases/10 || ignored > cases*9/10 {
		t.Errorf("%d cases, of which %d ignored, prove little", cases, ignored)
	}
	t.Logf("%d cases, %d ignored", cases, ignored)
}

func compareWithGit(t *testing.T, rnd *rand.Rand) (cases, ignored int) {
	t.Helper()
	dir := realTempDir(t)
	env := append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, ".git", "xdg"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+filepath.Join(dir, ".git", "global"))
	git := exec.Command("git", "init", "-q", dir)
	git.Env = env
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	excludes := filepath.Join(dir, ".git", "xdg", "git", "ignore")
	if rnd.IntN(2) == 0 {
		excludes = filepath.Join(dir, ".git", "excludes")
		write(t, filepath.Join(dir, ".git", "global"), "[core]\n\texcludesFile = "+excludes+"\n")
	}
	write(t, excludes, ignoreFile(rnd, 2))
	write(t, filepath.Join(dir, ".git", "info", "exclude"), ignoreFile(rnd, 2))
	files := map[string]string{"": ignoreFile(rnd, 6)}
	paths := treePaths(rnd)
	for _, path := range paths {
		if path.dir && rnd.IntN(3) == 0 {
			files[path.name] = ignoreFile(rnd, 3)
		}
		if path.dir { // git takes what does not exist to be a file
			must(t, os.MkdirAll(filepath.Join(dir, path.name), 0o755))
		}
	}
	for sub, text := range files {
		write(t, filepath.Join(dir, sub, ".gitignore"), text)
	}
	want := checkIgnore(t, dir, env, paths)
	outer, _ := outerScope(dir, env)
	for _, path := range paths {
		if got := ignoredFromTop(outer, dir, path); got != want[path.name] {
			t.Errorf("%q (directory: %v): ignored %v, git says %v\nfiles: %q", path.name, path.dir, got, want[path.name], files)
		}
	}
	return len(paths), len(want)
}

type treePath struct {
	name string
	dir  bool
}

// ignoredFromTop asks about each directory above path first, as a walk does.
func ignoredFromTop(s *scope, top string, path treePath) bool {
	dir := top
	names := strings.Split(path.name, "/")
	for i, name := range names {
		s = s.with(dir, filepath.Join(dir, ".gitignore"))
		dir = filepath.Join(dir, name)
		if s.ignored(dir, path.dir || i < len(names)-1) {
			return true
		}
	}
	return false
}

func checkIgnore(t *testing.T, dir string, env []string, paths []treePath) map[string]bool {
	t.Helper()
	var in bytes.Buffer
	for _, path := range paths {
		fmt.Fprintf(&in, "%s\x00", path.name)
	}
	cmd := exec.Command("git", "check-ignore", "--no-index", "--stdin", "-z")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, env, &in
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1: none is ignored
		t.Fatalf("git check-ignore: %v", err)
	}
	ignored := make(map[string]bool)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		ignored[name] = true
	}
	return ignored
}

// words are few, so that rules often match paths.
var words = []string{"a", "b", "ab", "foo", "foo.go", "b.log", "dist", "a b", "x#", "!y", "é", "[z]", "Foo", "a-c", "7"}

func pick(rnd *rand.Rand, from []string) string { return from[rnd.IntN(len(from))] }

func treePaths(rnd *rand.Rand) []treePath {
	dirs := []string{""}
	seen := make(map[string]bool)
	var paths []treePath
	for len(paths) < 420 {
		parent := pick(rnd, dirs)
		name := strings.TrimPrefix(parent+"/"+pick(rnd, words), "/")
		if seen[name] {
			name += pick(rnd, []string{"1", "2", ".go", "x", " "})
		}
		if seen[name] || strings.Count(name, "/") > 4 {
			continue
		}
		seen[name] = true
		dir := rnd.IntN(3) == 0
		if dir {
			dirs = append(dirs, name)
		}
		paths = append(paths, treePath{name, dir})
	}
	return paths
}

func ignoreFile(rnd *rand.Rand, most int) string {
	var b strings.Builder
	for range rnd.IntN(most + 1) {
		b.WriteString(pattern(rnd))
		b.WriteString(pick(rnd, []string{"\n", "\n", "\n", "\r\n", "  \n", "\\ \n", "\t\n"}))
	}
	return b.String()
}

func pattern(rnd *rand.Rand) string {
	parts := []string{"*", "?", "**", "[a-c]", "[!a]", "[[:alnum:]]", "[]x]", "[^b-]", "[\\]a]", "*.go", "*.*", "\\a", "\\*",
		"a*", "*b", "f?o", "[a", "[[:nope:]]", "[[:space:]-z]", "{a,b}", "a\\", "***", "[!!]", "[z-a]", "[a-]"}
	var segments []string
	for range 1 + rnd.IntN(3) {
		segment := pick(rnd, words)
		if rnd.IntN(2) == 0 {
			segment = pick(rnd, parts)
		}
		if rnd.IntN(6) == 0 && segment != "**" && segment != "***" {
			segment += pick(rnd, parts[:2])
		}
		segments = append(segments, segment)
	}
	p := strings.Join(segments, "/")
	if rnd.IntN(4) == 0 {
		p = pick(rnd, []string{"/", "**/", "//"}) + p
	}
	if rnd.IntN(4) == 0 {
		p += pick(rnd, []string{"/", "/**", "/*", "//", "/**/"})
	}
	if rnd.IntN(4) == 0 {
		p = "!" + p
	}
	return beforeGit252.ReplaceAllString(p, "$1*")
}

// beforeGit252 finds "foo**", which git until 2.52 took for "foo" and a "**" that
// stands between slashes, against its manual.
var beforeGit252 = regexp.MustCompile(`([^/*])\*\*+`)

func FuzzIgnore(f *testing.F) {
	f.Add("*.log\n!keep.log\n/dist/\n", "dist/keep.log")
	f.Add("[[:digit:]a-c]**/\\", "a/b")
	f.Add("a/**/b/**\n**\n[", "a/x/b/y")
	f.Add("\ufeff\r\n \\ \n!\n//", "é/\x00")
	f.Fuzz(func(t *testing.T, file, path string) {
		s := &scope{dir: "/r", rules: parseIgnore(file)}
		first := s.ignored("/r/"+path, true)
		if again := s.ignored("/r/"+path, true); again != first {
			t.Errorf("two answers to one question: %v, then %v", first, again)
		}
		for _, r := range s.rules {
			if r.dirs && r.matches(path, path, false) {
				t.Errorf("a rule for directories matches the file %q", path)
			}
		}
	})
}
