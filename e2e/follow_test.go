//go:build unix

package e2e_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// says waits until the app answers with text.
func (s *server) says(text string) {
	s.t.Helper()
	got := ""
	for end := time.Now().Add(devtooltest.Patience); time.Now().Before(end); {
		mark := s.Mark()
		if got = devtooltest.Get(s.t, s.url); got == text {
			return
		}
		s.AwaitAfter(mark, "an outcome that makes the app say "+text, devtooltest.OfType("build-finished"))
	}
	s.t.Fatalf("the app says %q, want %q", got, text)
}

// TestIgnoredButRead: git ignores files that the build reads, or a rule names, or git
// tracks.
func TestIgnoredButRead(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go":      "package main\n\nimport _ \"embed\"\n\n//go:embed out/text.txt\nvar text string\n\nfunc page() string { return text + fresh() }\n",
		"fresh_gen.go": "package main\n\nfunc fresh() string { return \"1\" }\n",
		"out/text.txt": "a",
		".gitignore":   "*_gen.go\nout/\nnotes/\n",
		"notes/n.md":   "", "notes/tracked.html": "", "notes/other.md": "",
		"devtool.toml": "[[rule]]\npaths = [\"notes/n.md\"]\naction = \"restart\"\n\n[[rule]]\npaths = [\"*.html\"]\naction = \"restart\"\n",
	})
	for _, args := range [][]string{{"init", "-q"}, {"add", "-f", "notes/tracked.html"}} {
		if out, err := exec.Command("git", append([]string{"-C", p.dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	s := p.start()
	s.says("a1")
	p.write("out/text.txt", "b")
	s.says("b1")
	s.Outcome(func() { p.remove("fresh_gen.go") })
	s.Outcome(func() { p.write("fresh_gen.go", "package main\n\nfunc fresh() string { return \"2\" }\n") })
	s.says("b2")
	p.write("notes/other.md", "nobody asks")
	for _, file := range []string{"notes/n.md", "notes/tracked.html"} {
		if got := s.Outcome(func() { p.write(file, "x") }); strings.Join(got.Files, " ") != file {
			t.Errorf("a save of %s is the outcome %+v", file, got)
		}
	}
}

// TestKeptGenerator follows one that watches its inputs by itself.
func TestKeptGenerator(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"gen.sh": `old=; while :; do
	new=$(cat words.txt)
	if test "$new" != "$old"; then
		old=$new
		case $new in
		BAD*) echo "error: a bad word, at words.txt:1:2" >&2 ;;
		DIE*) exit 3 ;;
		*) printf 'package main\n\nfunc page() string { return "%s" }\n' "$new" >page_gen.tmp; mv page_gen.tmp page_gen.go; echo "written" ;;
		esac
	fi
	sleep 0.05
done
`,
		"words.txt": "one", ".git/info/exclude": "",
		"devtool.toml": "[[generate]]\nname = \"words\"\nrun = \"sh gen.sh\"\ninputs = [\"words.txt\"]\noutputs = [\"page_gen.go\"]\nwatch = true\n",
	})
	s := p.start()
	s.says("one")
	mark := s.Mark()
	p.write("words.txt", "two")
	s.says("two")
	p.write("words.txt", "BAD")
	broken := s.AwaitAfter(mark, "the mistake", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Result == "broken" })
	if len(broken.Problems) != 1 || broken.Problems[0].File != "words.txt" || broken.Problems[0].Line != 1 || broken.Problems[0].Column != 2 {
		t.Errorf("problems %+v, want one at words.txt:1:2", broken.Problems)
	}
	p.write("words.txt", "three")
	s.says("three")
	mark = s.Mark()
	p.write("words.txt", "DIE")
	died := s.AwaitAfter(mark, "its death", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Result == "broken" })
	if len(died.Problems) != 1 || !strings.Contains(died.Problems[0].Message, "exit status 3") {
		t.Errorf("problems %+v, want exit status 3", died.Problems)
	}
	p.write("words.txt", "four")
	s.says("four")
}
