//go:build unix

// Package docs_test keeps the documentation true. Of every page it checks
//
//   - toml: the settings are accepted; those of another tool are named by a
//     comment on the first line
//   - sh: each command of devtool is run; other commands must be known here
//   - go: the code parses; json: it is JSON
//   - links: the files are there
//
// The reference of the settings is made from the code; -update writes it.
package docs_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devtooltest"
)

var update = flag.Bool("update", false, "write configuration.md")

// block is a fenced block of a page.
type block struct {
	page, kind, text string
	line             int
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// pages returns the text of every page by its path from here.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "../README.md", "../ARCHITECTURE.md", "../CHANGELOG.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no pages, %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found[file] = string(text)
		}
	}
	return found
}

var fence = regexp.MustCompile("(?ms)^( *)```(\\w*)\\n(.*?)^ *```$")

func blocks(t *testing.T) (all []block) {
	t.Helper()
	for page, text := range pages(t) {
		for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
			indent, body := text[at[2]:at[3]], text[at[6]:at[7]]
			all = append(all, block{
				page: page, kind: text[at[4]:at[5]], line: strings.Count(text[:at[0]], "\n") + 1,
				text: strings.ReplaceAll("\n"+body, "\n"+indent, "\n")[1:],
			})
		}
	}
	return all
}

// TestReference compares the reference with the settings as the code has them.
func TestReference(t *testing.T) {
	t.Parallel()
	want := reference()
	if *update {
		if err := os.WriteFile("configuration.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("configuration.md is not what the code says; go test ./docs -update writes it (-want +got):\n%s", diff)
	}
}

const referenceHead = `# Configuration

<!-- Made from the code by: go test ./docs -update -->

All settings are optional; see [getting started](getting-started.md) for what is found
automatically. devtool reads ` + "`devtool.toml`" + ` in the directory where you start it, or in
one above, and ` + "`devtool.local.toml`" + ` beside it. Flags win over variables, those over the
local file, and that over ` + "`devtool.toml`" + `. Paths are relative to the file.
` + "`devtool config`" + ` prints the settings in effect and where they come from;
` + "`devtool init`" + ` writes a file with everything as a comment.
`

// reference writes the settings as a page.
func reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	section := ""
	for _, s := range config.Reference() {
		table, key, _ := strings.Cut(s.Key, ".")
		if table != section {
			section = table
			heading := "[" + table + "]"
			if name, ok := strings.CutSuffix(table, "[]"); ok {
				heading = "[[" + name + "]]"
			}
			fmt.Fprintf(&b, "\n## `%s`\n", heading)
		}
		fmt.Fprintf(&b, "\n**`%s`** – %s", key, s.Type)
		if len(s.Enum) > 0 {
			fmt.Fprintf(&b, ": `%s`", strings.Join(s.Enum, "`, `"))
		}
		if s.Default != "" {
			fmt.Fprintf(&b, ", default `%s`", s.Default)
		}
		if s.Variable != "" {
			fmt.Fprintf(&b, ", variable `%s`", s.Variable)
		}
		fmt.Fprintf(&b, "  \n%s\n", s.Doc)
	}
	return b.String()
}

// TestSettings loads the settings of every page.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t) {
		if b.kind != "toml" || strings.HasPrefix(b.text, "# .") {
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "devtool.toml"), []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(config.Options{Cwd: dir}); err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
}

// TestCode parses what is code.
func TestCode(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t) {
		var err error
		switch b.kind {
		case "go":
			for _, form := range []string{"%s", "package p\n%s", "package p\nfunc _() {\n%s\n}"} {
				if _, err = parser.ParseFile(token.NewFileSet(), "", fmt.Sprintf(form, b.text), 0); err == nil {
					break
				}
			}
		case "json":
			var v any
			err = json.Unmarshal([]byte(b.text), &v)
		}
		if err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)|(?:src|srcset)="([^"]+)"`)

// TestLinks looks for the files that pages point to.
func TestLinks(t *testing.T) {
	t.Parallel()
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			to := m[1] + m[2]
			if strings.Contains(to, "://") || strings.HasPrefix(to, "/") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), to)); err != nil {
				t.Errorf("%s points to %s: %v", page, to, err)
			}
		}
	}
}

// TestCommands runs the commands of every page in a small project.
func TestCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	devtool, err := devtooltest.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, b := range blocks(t) {
		if b.kind != "sh" {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " #")
			line = strings.TrimSpace(line)
			args, ours := command(line)
			switch {
			case line == "" || strings.HasPrefix(line, "#") || seen[line]:
			case ours:
				seen[line] = true
				t.Run(line, func(t *testing.T) {
					t.Parallel()
					run(t, devtool, args)
				})
			case !slices.Contains(known(), strings.Fields(line)[0]):
				t.Errorf("%v: %q is not checked: say in known that it need not be", b, line)
			}
		}
	}
}

// known are commands of others, which are not run.
func known() []string {
	return []string{"go", "npm", "npx", "systemd-socket-activate", "scripts/test", "bench/run", "docker", "curl", "git", "cd", "export", "nix", "brew", "source", "task", "flock", "nice"}
}

// command returns the arguments of a line that calls devtool, as they can be
// run in a test: on any port, and to an end.
func command(line string) (args []string, ours bool) {
	for _, prefix := range []string{"devtool ", "go tool devtool ", "go run ./cmd/devtool "} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			args, ours = strings.Fields(strings.ReplaceAll(rest, "'", "")), true
		}
	}
	if !ours {
		return nil, false
	}
	switch args[0] {
	case "dev", "serve":
		at := slices.Index(args, "--")
		if at < 0 {
			at = len(args)
		}
		return slices.Insert(args, at, "--once", "--port=0"), true
	case "socket": // becomes the command
		for i, arg := range args {
			args[i] = strings.ReplaceAll(arg, ":3000", ":0")
		}
		for at := slices.Index(args, "--watch"); at >= 0; at = slices.Index(args, "--watch") {
			args = slices.Delete(args, at, at+2)
		}
		return append(args[:slices.Index(args, "--")+1], "true"), true
	case "wait", "status", "reload", "restart": // ask one that runs
		return []string{args[0], "--help"}, true
	}
	return args, true
}

const program = `package main

import (
	"log"
	"net"
	"net/http"
	"os"

	"example.com/app/listenfd"
)

func main() {
	ln, err := listenfd.Listen("tcp", net.JoinHostPort("127.0.0.1", os.Getenv("PORT")))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(ln, nil))
}
`

// run runs devtool in a project that takes a socket, has a command that fills
// it, and nothing else.
func run(t *testing.T, devtool string, args []string) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "listenfd"), sources(os.DirFS("../listenfd"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.26\n", "main.go": program, "seed.toml": "[app]\nseed = \"true\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Contains(args, "--seed") {
		args = append(args, "--config=seed.toml")
	}
	cmd := exec.CommandContext(t.Context(), devtool, args...)
	cmd.Dir = dir
	cmd.Env = devtooltest.Environ(t, t.TempDir(), "CI=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("devtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// sources leaves the tests out.
func sources(of fs.FS) fs.FS { return withoutTests{of} }

type withoutTests struct{ fs.FS }

func (f withoutTests) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return e.IsDir() && name == "." || strings.HasSuffix(e.Name(), "_test.go")
	}), err
}
