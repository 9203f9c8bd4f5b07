//go:build unix

package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestGenerate follows a generator from a fresh clone, whose program does not
// compile without it, over edits and mistakes to the next start.
func TestGenerate(t *testing.T) {
	t.Parallel()
	for name, outputs := range map[string]string{"declared": `outputs = ["page_gen.go"]`, "found": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSmall(t, map[string]string{
				"gen.sh": wordsGenerator, "words.txt": "one", ".git/info/exclude": "",
				"devtool.toml": "[[generate]]\nname = \"words\"\nrun = \"sh gen.sh\"\ninputs = [\"words.txt\"]\n" + outputs,
			})
			s := p.start()
			if got := devtooltest.Get(t, s.url); got != "one" {
				t.Errorf("the app says %q, want %q", got, "one")
			}
			if first := s.Await("the first outcome", devtooltest.Finished(1)); !slices.Equal(first.StageNames(), []string{"words", "go", "boot"}) {
				t.Errorf("first build %v, want the generator before Go", first.StageNames())
			}

			mark := s.Mark()
			replaced := "reloaded words,go,drain,stop,boot"
			got := s.Outcome(func() { p.write("words.txt", "two") })
			if answer := devtooltest.Get(t, s.url); answer != "two" || !slices.Equal(got.Files, []string{"words.txt"}) {
				t.Errorf("the app says %q after a save of %v, want %q after words.txt", answer, got.Files, "two")
			}

			broken := s.Outcome(func() { p.write("words.txt", "one\nBAD") })
			want := devtooltest.Problem{Source: "generate", File: "words.txt", Line: 2, Column: 2, Message: "words: a bad word"}
			if broken.Result != "broken" || len(broken.Problems) != 1 {
				t.Fatalf("outcome %+v, want one problem", broken)
			}
			problem := broken.Problems[0]
			if !strings.Contains(problem.Output, "a bad word") {
				t.Errorf("problem %+v lacks the generator's output", problem)
			}
			problem.Output, problem.Excerpt = "", nil
			if diff := cmp.Diff(want, problem); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
			if answer := devtooltest.Get(t, s.url); answer != "two" {
				t.Errorf("beside a broken generator the app says %q, want %q", answer, "two")
			}

			// Nothing is built from stale output; then all of it is.
			s.Outcome(func() { p.edit("main.go", "page()", `page()+"!"`) })
			s.Outcome(func() { p.write("words.txt", "three") })
			if answer := devtooltest.Get(t, s.url); answer != "three!" {
				t.Errorf("mended, the app says %q, want %q", answer, "three!")
			}
			s.Outcome(func() { p.edit("main.go", `"!"`, `"?"`) })
			wantOutcomes := []string{replaced, "broken words", "broken words", replaced, "reloaded go,drain,stop,boot"}
			if diff := cmp.Diff(wantOutcomes, outcomes(s, mark)); diff != "" {
				t.Errorf("one save was not one outcome (-want +got):\n%s", diff)
			}
			s.Stop()

			runs := strings.Count(p.read(".git/ran"), "ran")
			again := p.start()
			if answer := devtooltest.Get(t, again.url); answer != "three?" || strings.Count(p.read(".git/ran"), "ran") != runs {
				t.Errorf("started again, the app says %q and the generator ran; want %q and no run", answer, "three?")
			}
		})
	}
}

// TestGenerateLoop: who writes what is named, and the app runs on.
func TestGenerateLoop(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go":      "package main\n\nfunc page() string { return \"x\" }\n",
		"a.txt":        "",
		"devtool.toml": "[[generate]]\nname = \"grow\"\nrun = \"sh -c 'test -e calm || echo x >>a.txt'\"\ninputs = [\"a.txt\"]\n",
		"calm":         "",
	})
	s := p.start()
	got := s.Outcome(func() {
		p.remove("calm")
		p.write("a.txt", "y")
	})
	if got.Result != "broken" || len(got.Problems) != 1 || !strings.Contains(got.Problems[0].Message, "grow: does not settle") {
		t.Errorf("outcome %+v, want a loop that is named", got)
	}
	if answer := devtooltest.Get(t, s.url); answer != "x" {
		t.Errorf("the app says %q", answer)
	}
}
