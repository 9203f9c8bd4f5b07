//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// editors save a file, each in the way of its own: {} stands for the file, {new}
// for one that has the text to be saved.
var editors = [][]string{
	{"vim", "-es", "-u", "NONE", "-i", "NONE", "--cmd", "set nocompatible backupskip= swapfile", "-c", "%d", "-c", "0r {new}", "-c", "wq", "{}"},
	{"vim", "-es", "-u", "NONE", "-i", "NONE", "--cmd", "set nocompatible backup backupcopy=yes backupskip= backupdir=.", "-c", "%d", "-c", "0r {new}", "-c", "wq", "{}"},
	{"emacs", "-Q", "--batch", "--eval", `(progn (setq backup-enable-predicate 'identity) (find-file "{}") (erase-buffer) (insert-file-contents "{new}") (goto-char (point-max)) (save-buffer))`},
	{"emacs", "-Q", "--batch", "--eval", `(progn (setq file-precious-flag t) (find-file "{}") (erase-buffer) (insert-file-contents "{new}") (save-buffer))`},
	{"rsync", "--checksum", "{new}", "{}"},
}

// TestEverySaveIsServed: each save has a word of its own, which the next answer
// must have, and is one outcome.
func TestEverySaveIsServed(t *testing.T) {
	t.Parallel()
	texts := func(word string) map[string]string {
		return map[string]string{
			"page.go":     fmt.Sprintf("package main\n\nfunc page() string { return %q }\n", word),
			"web/app.css": fmt.Sprintf(".%s { color: red }\n", word),
		}
	}
	files := texts("first")
	files["web/main.ts"] = "import './app.css'\n"
	p := newSmall(t, files)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", p.dir, "-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	s := p.start()
	mark, saves := s.Mark(), 0
	served := func(name, word string, save func()) {
		t.Helper()
		saves++
		got := s.Outcome(save)
		url := map[string]string{"page.go": "", "web/app.css": "/assets/main.css"}[name]
		if body := devtooltest.Get(t, s.url+url); !strings.Contains(body, word) {
			t.Errorf("after %s was saved, %+v, served is %q, want %q in it", name, got, body, word)
		}
	}
	fresh := filepath.Join(t.TempDir(), "new")
	for i, args := range editors {
		if _, err := exec.LookPath(args[0]); err != nil && os.Getenv("CI") == "" {
			t.Logf("%v", err)
			continue
		}
		word := fmt.Sprintf("word%d", i)
		for name, text := range texts(word) {
			if err := os.WriteFile(fresh, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			served(name, word, func() {
				in := strings.NewReplacer("{}", filepath.Join(p.dir, name), "{new}", fresh)
				cmd := exec.Command(args[0])
				for _, arg := range args[1:] {
					cmd.Args = append(cmd.Args, in.Replace(arg))
				}
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%q: %v\n%s", cmd.Args, err, out)
				}
				if p.read(name) != text {
					t.Fatalf("%q left %q in %s, want %q", cmd.Args, p.read(name), name, text)
				}
			})
		}
	}
	served("page.go", "first", func() { git("stash", "-q") })
	served("web/app.css", "word", func() { git("stash", "pop", "-q") })
	if all := outcomes(s, mark); len(all) != saves {
		t.Errorf("%d saves had %d outcomes: %q", saves, len(all), all)
	}
}
