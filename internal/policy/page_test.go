package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// TestPageThrows tells how long page errors are shown.
func TestPageThrows(t *testing.T) {
	t.Parallel()
	oops := problem.Problem{Source: problem.Runtime, Severity: problem.Error, Text: "oops", File: "main.ts", Line: 3}
	threw := func(tab, page string, build int) PageFailed {
		return PageFailed{Tab: tab, Page: page, Build: build, Problem: oops}
	}
	tsEdit := Changed{At: at(time.Minute), Files: []string{"main.ts"}, Web: []string{"main.ts"}}
	reload := WebBuilt{Run: 2, Delta: Delta{Reload: true}}
	swap := WebBuilt{Run: 2, Delta: Delta{CSS: []string{"/assets/app.css"}}}

	tell(t, map[string][]step{
		"told once, shown once, however many tabs": {
			{threw("t1", "p1", 1), "problems 1; report oops"},
			{threw("t1", "p1", 1), ""},
			{threw("t2", "p2", 1), ""},
			{PageShown{"t1", "p3"}, ""},
			{PageShown{"t2", "p4"}, "problems 0"},
		},
		"a tab that connects again has the same document": {
			{threw("t1", "p1", 1), "problems 1; report oops"},
			{PageShown{"t1", "p1"}, ""},
		},
		"a newer build clears it; throwing again is news": {
			{threw("t1", "p1", 1), "problems 1; report oops"},
			{tsEdit, "web 2 [main.ts]; building"},
			{reload, "publish; update [] reload=true; problems 0; ready; report reloaded"},
			{threw("t1", "p2", 2), "problems 1; report oops"},
		},
		"a document about to be reloaded is not listened to": {
			{tsEdit, "web 2 [main.ts]; building"},
			{reload, "publish; update [] reload=true; ready; report reloaded"},
			{threw("t1", "p1", 1), ""},
		},
		"a swap keeps the document and its errors": {
			{threw("t1", "p1", 1), "problems 1; report oops"},
			{tsEdit, "web 2 [main.ts]; building"},
			{swap, "publish; update [/assets/app.css] reload=false; ready; report swapped"},
		},
	})
}

func TestThrownIsBounded(t *testing.T) {
	t.Parallel()
	s := serving(t)
	for i := range 3 * mostThrown {
		s, _ = Decide(s, PageFailed{Tab: "t", Page: "p", Build: 1, Problem: problem.Problem{Text: fmt.Sprint(i)}})
	}
	if n := len(s.Shown()); n != mostThrown {
		t.Errorf("%d errors are kept, want %d", n, mostThrown)
	}
	if s.Phase() != Ready {
		t.Errorf("phase %q: an error in a page is none of the build", s.Phase())
	}
}

// TestRepeatedCrash checks that equal crashes in a row are counted, and that
// another crash starts the count again.
func TestRepeatedCrash(t *testing.T) {
	t.Parallel()
	s := serving(t)
	crash := func(text string) int {
		s, _ = play(s, AppExited{Generation: s.App.Running, Problems: []problem.Problem{{Source: problem.Crash, Text: text}}})
		n := s.Problems[fromApp][0].Repeated
		s, _ = play(s, RestartDue{Generation: s.App.Generation}, Replaced{Generation: s.App.Generation + 1})
		return n
	}
	var got []int
	for _, text := range []string{"a", "a", "a", "b"} {
		got = append(got, crash(text))
	}
	if fmt.Sprint(got) != "[0 2 3 0]" {
		t.Errorf("counted %v, want [0 2 3 0]", got)
	}
}
