package devserver

import (
	"slices"
	"testing"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/problem"
)

// TestNews tells which problems are said again in an outcome.
func TestNews(t *testing.T) {
	t.Parallel()
	goEdit, tsEdit := changed{Go: true}, changed{Web: []string{"main.ts"}}
	second := append(slices.Clone(badGo), problem.Problem{Source: problem.Go, Severity: problem.Error, Text: "undefined: y"})
	crash := []problem.Problem{{Source: problem.Crash, Severity: problem.Error, Text: "panic: no"}}
	s := serving(t)
	for i, step := range []struct {
		events    []event
		all, news int
	}{
		{[]event{goEdit, goBuilt{Run: 2, Problems: badGo}}, 1, 1},
		{[]event{tsEdit, webBuilt{Run: 3, Problems: badWeb}}, 2, 1}, // of the other lane alone
		{[]event{goEdit, goBuilt{Run: 4, Problems: second}}, 3, 1},
		{[]event{goEdit, goBuilt{Run: 5, Problems: badGo}}, 2, 0},
		{[]event{goEdit, goBuilt{Run: 6, Problems: second}}, 3, 1}, // mended, and made again
		{[]event{appExited{Generation: 1, Problems: crash}, restartDue{Generation: 1}, appReady{Generation: 2}, tsEdit, webBuilt{Run: 7, Problems: badWeb}}, 4, 0},
	} {
		var actions []action
		s, actions = play(s, step.events...)
		o := actions[len(actions)-1].(report).Outcome
		if len(o.Problems) != step.all || len(o.News) != step.news {
			t.Errorf("step %d: %d problems, %d of them news, want %d and %d: %+v", i+1, len(o.Problems), len(o.News), step.all, step.news, o)
		}
		for j, p := range o.News {
			if !p.Same(o.Problems[j]) {
				t.Errorf("step %d: the news do not come first: %+v", i+1, o.Problems)
			}
		}
	}
}

// TestHealedCrash: an app that was started again is no failure, but its crash
// is shown until a change.
func TestHealedCrash(t *testing.T) {
	t.Parallel()
	s := serving(t)
	s, _ = play(s, appExited{Generation: 1, Problems: badApp}, restartDue{Generation: 1})
	if s.phase() != Starting || !s.down() || !problem.AnyErrors(s.problems()) {
		t.Errorf("crashed: phase %q, down %v, %+v", s.phase(), s.down(), s.problems())
	}
	s, _ = play(s, appReady{Generation: 2})
	if s.phase() != Ready || s.down() || len(s.problems()) != 1 || problem.AnyErrors(s.problems()) {
		t.Errorf("restarted: phase %q, down %v, %+v", s.phase(), s.down(), s.problems())
	}
	s, _ = play(s, appExited{Generation: 2, Problems: badApp})
	if got := s.problems(); len(got) != 1 || got[0].Repeated != 2 || got[0].Severity != "error" {
		t.Errorf("crashed again: %+v", got)
	}
	if badApp[0].Severity != "error" {
		t.Error("an event was changed")
	}
}

// TestSuperseded: every build that is told to have begun is told to have ended,
// by an outcome or by having become part of a newer one.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	var told []Message
	s := &server{cfg: &config.Config{}, narrator: narrator{func(m Message) { told = append(told, m) }}}
	s.state.Attempts = []attempt{{Build: 1}, {Build: 2, Files: []string{"a.go"}}}
	s.buildStarted()
	s.state.Attempts = []attempt{{Build: 3}}
	s.state.App.Replacing = &replacement{Attempt: attempt{Build: 2}}
	s.buildStarted()
	s.buildsSuperseded()
	s.buildsSuperseded() // once
	s.state.App.Next, s.state.App.Replacing = &replacement{Attempt: attempt{Build: 3}}, nil
	s.state.Attempts = nil
	s.buildsSuperseded()
	var got []Message
	for _, m := range told {
		if started, ok := m.(BuildStarted); ok && started.Files == nil {
			t.Errorf("no files at all in %+v", m)
		}
		if _, ok := m.(BuildSuperseded); ok {
			got = append(got, m)
		}
	}
	if want := []Message{BuildSuperseded{1}, BuildSuperseded{2}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain\n\ttext ü":              "plain\n\ttext ü",
		"\x1b[1;31mred\x1b[0m":         "red",
		"\x1b]0;title\x07after":        "after",
		"\x1b]8;;http://x\x1b\\link":   "link",
		"50 %\r100 %\x1b[K\x1b[2Jdone": "50 %100 %done",
		"\x1b[":                        "[",
		"bell\x07 \x00":                "bell ",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) = %q, want %q", text, got, want)
		}
	}
}
