package watch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// saves are real programs that change a file, each in its own way: with backups
// and without, by renaming and in place, with temporary files next to it.
var saves = []struct {
	name   string
	tool   []string // the command; {} stands for the file, {dir} for its directory
	keys   string   // typed once it shows something, at the terminal that the command then gets
	beside []string // what may come and go besides, as globs; in good time or for a moment
}{
	{name: "vim", tool: vim(""), beside: vims},
	{name: "vim in place", tool: vim("backupcopy=yes"), beside: vims},
	{name: "vim by renaming", tool: vim("backupcopy=no"), beside: vims},
	{name: "vim with a backup", tool: vim("backup"), beside: vims},
	{name: "vim without a backup", tool: vim("nobackup nowritebackup"), beside: vims},
	{name: "vim with the first version", tool: vim("patchmode=.orig"), beside: vims},
	{name: "emacs", tool: emacs("(setq backup-enable-predicate 'identity)"), beside: emacsen},
	{name: "emacs by copying", tool: emacs("(setq backup-by-copying t backup-enable-predicate 'identity)"), beside: emacsen},
	{name: "emacs without a backup", tool: emacs("(setq make-backup-files nil)"), beside: emacsen},
	{name: "emacs, precious", tool: emacs("(setq file-precious-flag t)"), beside: emacsen},
	{name: "emacs in a terminal", tool: slices.Replace(emacs(""), 2, 3, "-nw"), keys: " ", beside: emacsen},
	{name: "nano", tool: []string{"nano", "--saveonexit", "{}"}, keys: "blue\x18", beside: []string{".{}.sw?"}},
	{name: "nano with a backup", tool: []string{"nano", "--saveonexit", "--backup", "{}"}, keys: "blue\x18", beside: []string{".{}.sw?", "{}~"}},
	{name: "sed", tool: []string{"sed", "-i", "s/red/blue/", "{}"}, beside: []string{"sed*"}},
	{name: "rsync", tool: []string{"rsync", "-a", "{dir}/../new/", "{dir}/"}, beside: []string{".{}.*"}},
	{name: "rsync in place", tool: []string{"rsync", "-a", "--inplace", "{dir}/../new/", "{dir}/"}},
	{name: "gofmt", tool: []string{"gofmt", "-w", "-r", `"red" -> "blue"`, "{}"}, beside: []string{"{}.*"}},
	{name: "prettier", tool: []string{"npm", "exec", "--prefer-offline", "--yes", "--package", "prettier@3.6.2", "--", "prettier", "--write", "{}"}},
}

var (
	vims    = []string{".{}.sw?", "4913", "{}~", "{}.orig"}
	emacsen = []string{"tmp*", ".#{}", "#{}#", "{}~", "{}*"}
)

func vim(set string) []string {
	return []string{"vim", "-es", "-u", "NONE", "-i", "NONE", "--cmd", "set nocompatible backupskip= backupdir=. swapfile " + set, "-c", "%s/red/blue/", "-c", "wq", "{}"}
}

func emacs(set string) []string {
	return []string{"emacs", "-Q", "--batch", "--eval", "(progn (setq create-lockfiles t)" + set +
		`(find-file "{}") (goto-char 1) (while (search-forward "red" nil t) (replace-match "blue")) (save-buffer) (kill-emacs))`}
}

// TestSaves checks that a save is reported once, whatever the program does.
func TestSaves(t *testing.T) {
	t.Parallel()
	for _, save := range saves {
		for _, name := range []string{"a.css", "a.go"} { // told at once, and after a while
			other := map[string]string{"gofmt": "a.css", "prettier": "a.go"}
			if name == other[save.name] {
				continue
			}
			t.Run(save.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				needs(t, save.tool[0])
				// Some write in several pieces. If the machine lets one wait between
				// two of them, the first is told, too; but not time after time.
				for attempt := 0; ; attempt++ {
					told := timesTold(t, name, save.tool, save.keys, save.beside)
					if told == 1 {
						return
					}
					if told == 0 || attempt == 4 {
						t.Fatalf("the save was told %d times, want once", told)
					}
				}
			})
		}
	}
}

// timesTold saves a file with a tool and returns how many batches report it.
func timesTold(t *testing.T, name string, tool []string, keys string, beside []string) (told int) {
	t.Helper()
	top := realTempDir(t)
	content := strings.Repeat(".a {   color: red; }\n", 160)
	if name == "a.go" {
		content = "package a\n" + strings.Repeat("\nvar _ = \"red\"\n", 160)
	}
	dir := filepath.Join(top, "tree")
	write(t, filepath.Join(dir, name), content)
	write(t, filepath.Join(top, "new", name), strings.ReplaceAll(content, "red", "blue"))
	f := watchingDir(t, Options{Roots: []string{dir}, Quiet: webAtOnce})
	f.w.Follow(Following{Files: []string{f.path(name)}})
	run(t, top, keys, tool, strings.NewReplacer("{}", f.path(name), "{dir}", dir))
	for _, batch := range f.batches() {
		t.Log(batch)
		for _, c := range batch {
			expected := func(glob string) bool {
				ok, err := filepath.Match(strings.ReplaceAll(glob, "{}", name), f.rel(c.Path))
				return ok && err == nil
			}
			if c == (Change{f.path(name), Modified}) {
				told++
			} else if !slices.ContainsFunc(beside, expected) {
				t.Errorf("told of %s, %v", f.rel(c.Path), c.Op)
			}
		}
	}
	return told
}

// run runs a program that a test needs, at a terminal if there are keys to type.
func run(t *testing.T, home, keys string, args []string, in *strings.Replacer) {
	t.Helper()
	args = slices.Clone(args)
	for i := range args {
		args[i] = in.Replace(args[i])
	}
	if keys != "" {
		args = []string{"script", "--quiet", "--return", "--command", quoted(args), "/dev/null"}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = home, append(os.Environ(), "TERM=xterm", "LC_ALL=C.UTF-8")
	stdin, err := cmd.StdinPipe()
	must(t, err)
	screen := &typist{keys: stdin, what: keys}
	cmd.Stdout, cmd.Stderr = screen, screen
	if keys == "" {
		must(t, stdin.Close())
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: %v\n%q", args, err, screen.shown.String())
	}
}

// typist types once something is shown, because editors drop what was typed
// before.
type typist struct {
	keys  io.Writer
	what  string
	shown bytes.Buffer
}

func (s *typist) Write(p []byte) (int, error) {
	s.shown.Write(p)
	if s.what != "" && strings.Contains(s.shown.String(), "Exit") { // the last line of nano
		_, err := io.WriteString(s.keys, s.what)
		s.what = ""
		return len(p), err
	}
	return len(p), nil
}

func quoted(args []string) string {
	var words []string
	for _, arg := range args {
		words = append(words, "'"+strings.ReplaceAll(arg, "'", `'\''`)+"'")
	}
	return strings.Join(words, " ")
}

// needs skips the test where a program is missing; scripts/test installs it.
func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v; scripts/test installs it", err)
		}
		t.Skipf("%v", err)
	}
}

// TestInstall has npm install a package that was imported before it was there.
func TestInstall(t *testing.T) {
	t.Parallel()
	needs(t, "npm")
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "package.json"), `{"name": "p", "version": "1.0.0"}`)
	write(t, filepath.Join(dir, "dep.tgz"), archive(t, map[string]string{
		"package/package.json": `{"name": "dep", "version": "1.0.0"}`, "package/index.js": "export default 1",
	}))
	f := watchingDir(t, Options{Roots: []string{dir}, Quiet: webAtOnce})
	f.w.Follow(Following{Files: []string{f.path("node_modules/dep/index.js"), f.path("node_modules/.package-lock.json"), f.path("package.json")}})
	run(t, dir, "", []string{"npm", "install", "--offline", "--no-audit", "--no-fund", "./dep.tgz"}, strings.NewReplacer())
	got := make(map[string]Op)
	for _, batch := range f.batches() {
		t.Log(batch)
		for _, c := range batch {
			if got[f.rel(c.Path)] != 0 {
				t.Errorf("told of %s twice", f.rel(c.Path))
			}
			got[f.rel(c.Path)] = c.Op
		}
	}
	want := map[string]Op{"package.json": Modified, "package-lock.json": Created,
		"node_modules/.package-lock.json": Created, "node_modules/dep/index.js": Created}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for name, text := range files {
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	must(t, zip.Close())
	return out.String()
}
