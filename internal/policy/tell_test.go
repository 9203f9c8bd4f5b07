package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// TestNews tells which problems of an outcome are new.
func TestNews(t *testing.T) {
	t.Parallel()
	goEdit, tsEdit := Changed{Go: true}, Changed{Web: []string{"main.ts"}}
	second := append(slices.Clone(badGo), problem.Problem{Source: problem.Go, Severity: problem.Error, Text: "undefined: y"})
	crash := []problem.Problem{{Source: problem.Crash, Severity: problem.Error, Text: "panic: no"}}
	s := serving(t)
	for i, step := range []struct {
		events    []Event
		all, news int
	}{
		{[]Event{goEdit, GoBuilt{Run: 2, Problems: badGo}}, 1, 1},
		{[]Event{tsEdit, WebBuilt{Run: 3, Problems: badWeb}}, 2, 1}, // of the other lane alone
		{[]Event{goEdit, GoBuilt{Run: 4, Problems: second}}, 3, 1},
		{[]Event{goEdit, GoBuilt{Run: 5, Problems: badGo}}, 2, 0},
		{[]Event{goEdit, GoBuilt{Run: 6, Problems: second}}, 3, 1}, // mended, and made again
		{[]Event{AppExited{Generation: 1, Problems: crash}, RestartDue{Generation: 1}, Replaced{Generation: 2}, tsEdit, WebBuilt{Run: 7, Problems: badWeb}}, 4, 0},
	} {
		var actions []Action
		s, actions = play(s, step.events...)
		o := outcome(t, actions)
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

// outcome returns the last reported outcome.
func outcome(t *testing.T, actions []Action) Outcome {
	t.Helper()
	for _, a := range slices.Backward(actions) {
		if r, ok := a.(Report); ok {
			return r.Outcome
		}
	}
	t.Fatalf("no outcome in %+v", actions)
	return Outcome{}
}

// TestHealedCrash checks that an app which was restarted counts as working, while
// its crash is shown until a change.
func TestHealedCrash(t *testing.T) {
	t.Parallel()
	s := serving(t)
	s, _ = play(s, AppExited{Generation: 1, Problems: badApp}, RestartDue{Generation: 1})
	if s.Phase() != Starting || !s.Down() || !problem.AnyErrors(s.AllProblems()) {
		t.Errorf("crashed: phase %q, down %v, %+v", s.Phase(), s.Down(), s.AllProblems())
	}
	s, _ = play(s, Replaced{Generation: 2})
	if s.Phase() != Ready || s.Down() || len(s.AllProblems()) != 1 || problem.AnyErrors(s.AllProblems()) {
		t.Errorf("restarted: phase %q, down %v, %+v", s.Phase(), s.Down(), s.AllProblems())
	}
	s, _ = play(s, AppExited{Generation: 2, Problems: badApp})
	if got := s.AllProblems(); len(got) != 1 || got[0].Repeated != 2 || got[0].Severity != "error" {
		t.Errorf("crashed again: %+v", got)
	}
	if badApp[0].Severity != "error" {
		t.Error("an event was changed")
	}
}

// TestSuperseded checks that a build is reported as superseded once a newer one
// has taken over its last lane.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	goEdit := Changed{Go: true, Files: []string{"a.go"}}
	var got []string
	s := serving(t)
	for _, ev := range []Event{
		goEdit, goEdit, GoBuilt{Run: 2, Canceled: true}, GoBuilt{Run: 3, Binary: appB}, goEdit,
		GoBuilt{Run: 4, Binary: appC}, ReplaceFailed{Generation: 2, Canceled: true}, Replaced{Generation: 3},
	} {
		var actions []Action
		s, actions = Decide(s, ev)
		for _, a := range actions {
			switch a := a.(type) {
			case Report:
				got = append(got, fmt.Sprintf("%d finished", a.Outcome.Build))
			case Tell:
				switch m := a.Message.(type) {
				case BuildStarted:
					got = append(got, fmt.Sprintf("%d started", m.Build))
				case BuildSuperseded:
					got = append(got, fmt.Sprintf("%d superseded", m.Build))
				}
			}
		}
	}
	want := "2 started, 2 superseded, 3 started, 4 started, 3 superseded, 4 finished"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("told %q, want %q", all, want)
	}
}

// ledger holds the builds that were announced and have no outcome yet.
type ledger map[int]bool

// book checks that actions announce each build once and end only announced
// builds, and that s knows which are still open.
func (l ledger) book(t *testing.T, s State, actions []Action) {
	t.Helper()
	for _, a := range actions {
		switch a := a.(type) {
		case Report:
			delete(l, a.Outcome.Build)
		case Tell:
			switch m := a.Message.(type) {
			case BuildStarted:
				if l[m.Build] {
					t.Errorf("build %d was begun twice", m.Build)
				}
				l[m.Build] = true
			case BuildSuperseded:
				if !l[m.Build] {
					t.Errorf("build %d was superseded, and never begun", m.Build)
				}
				delete(l, m.Build)
			}
		}
	}
	for build := range l {
		if !slices.Contains(s.unanswered(), build) {
			t.Errorf("build %d was begun and is forgotten", build)
		}
	}
}

// TestAfterGoBuild checks that the build graph is loaded after the outcome of a
// Go build, and that binaries which may run again are kept.
func TestAfterGoBuild(t *testing.T) {
	t.Parallel()
	goEdit := Changed{Go: true}
	s := serving(t)
	s, _ = play(s, goEdit, GoBuilt{Run: 2, Binary: appB})
	_, actions := Decide(s, Replaced{Generation: 2})
	n := len(actions)
	if _, ok := actions[n-2].(LoadGraph); !ok {
		t.Errorf("after a Go build: %+v, want the graph loaded", actions)
	}
	if got := actions[n-1].(PruneBinaries).Keep; !slices.Equal(got, []string{appB.Path}) {
		t.Errorf("kept %q, want %q", got, appB.Path)
	}
	_, actions = play(s, ReplaceFailed{Generation: 2, Problems: badApp}, goEdit, Replaced{Generation: 3})
	for _, a := range actions {
		if _, ok := a.(PruneBinaries); ok {
			t.Error("binaries were deleted while another is being written")
		}
	}
	_, actions = play(serving(t), Changed{Restart: true}, Replaced{Generation: 2})
	for _, a := range actions {
		if _, ok := a.(LoadGraph); ok {
			t.Error("the graph was loaded without a Go build")
		}
	}
}

// TestFacts checks that decisions about the app and the tabs follow from the
// facts in the state alone.
func TestFacts(t *testing.T) {
	t.Parallel()
	first := []Event{Changed{At: epoch, Go: true}, GoBuilt{Run: 1, Binary: appA}}
	restart := Changed{At: at(time.Minute), Restart: true}
	overlaps := func(f Facts, events ...Event) bool {
		_, actions := play(State{Facts: f}, append(slices.Clone(first), events...)...)
		for _, a := range actions {
			if r, ok := a.(ReplaceApp); ok {
				return r.Overlap
			}
		}
		t.Fatalf("%+v: nothing was replaced", f)
		return false
	}
	up := Replaced{Generation: 1}
	for name, got := range map[string]bool{
		"the first app":       !overlaps(Facts{Overlap: true}),
		"a second":            overlaps(Facts{Overlap: true}, up, restart),
		"without the setting": !overlaps(Facts{}, up, restart),
		"in direct mode":      !overlaps(Facts{Overlap: true, Direct: true}, up, restart),
		"a setting of now":    overlaps(Facts{}, up, Edited{Overlap: true}, restart),
		"after a crash":       !overlaps(Facts{Overlap: true}, up, AppExited{Generation: 1}, RestartDue{Generation: 1}),
	} {
		if !got {
			t.Errorf("overlap is wrong for %s", name)
		}
	}

	s, actions := play(State{Facts: Facts{Types: true, Direct: true, Seed: true}}, append(first, up)...)
	if got := words(actions); got != "update [] reload=true; ready; seed; report reloaded; check types" {
		t.Errorf("the first outcome: %q, want the app seeded, and types checked after it", got)
	}
	_, actions = play(s, Changed{At: at(time.Minute), Swap: []string{"/a.css"}})
	if got := words(actions); got != "update [/a.css] reload=true; report swapped" {
		t.Errorf("a sheet in direct mode: %q, want a reload, and types left alone", got)
	}
}

// TestMessagesAsJSON checks that every message has all of its fields in the
// stream, even empty ones.
func TestMessagesAsJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		message Message
		want    string
	}{
		{BuildFinished{Outcome: Outcome{Build: 2, Result: Swapped, Stages: []Stage{{Name: "css", Took: Millis(1500 * time.Microsecond)}}}, Took: Millis(2 * time.Millisecond), Tabs: 1},
			`{"build":2,"files":[],"stages":[{"name":"css","ms":1.5}],"result":"swapped","problems":[],"standing":0,"serving":0,"cause":"","obstacle":"","duration_ms":2,"tabs":1}`},
		{BuildStarted{Build: 1}, `{"build":1,"files":[]}`},
		{AppCrashed{Generation: 3}, `{"generation":3,"problems":[],"restart_ms":0}`},
		{SettingsRead{File: "devtool.toml"}, `{"file":"devtool.toml","applied":[],"later":[],"problems":[]}`},
		{Paused{Paused: true}, `{"paused":true,"waiting":[]}`},
		{TypesChecked{}, `{"problems":[]}`},
		{Standing{}, `{"problems":[]}`},
		{Progress{Step: "go", Took: Millis(time.Second)}, `{"step":"go","elapsed_ms":1000}`},
		{Painted{Build: 4, Took: Millis(time.Microsecond)}, `{"build":4,"duration_ms":0.001}`},
		{Listening{}, `{"urls":[]}`},
	} {
		if got, err := json.Marshal(tt.message); err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.message.Type(), got, err, tt.want)
		}
	}
	var stage Stage
	if err := json.Unmarshal([]byte(`{"name":"go","ms":12.5}`), &stage); err != nil || stage.Took != Millis(12500*time.Microsecond) {
		t.Errorf("read %+v, %v", stage, err)
	}
}

// TestStanding checks that an outcome counts the errors of before, and says when
// one is gone although the outputs are the same.
func TestStanding(t *testing.T) {
	t.Parallel()
	goEdit, tsEdit, cssEdit := Changed{Go: true}, Changed{Web: []string{"main.ts"}}, Changed{Web: []string{"app.css"}}
	same := Binary{"/tmp/app-2", "A"}
	swap, reload := Delta{CSS: []string{"/app.css"}}, Delta{Reload: true}
	for name, tt := range map[string]struct {
		events   []Event
		result   Result
		standing int
		stage    string
	}{
		"an app replaced beside a broken script": {[]Event{tsEdit, WebBuilt{Run: 2, Problems: badWeb}, goEdit, GoBuilt{Run: 3, Binary: appB}, Replaced{Generation: 2}}, Reloaded, 1, "go"},
		"an equal app beside a broken script":    {[]Event{tsEdit, WebBuilt{Run: 2, Problems: badWeb}, goEdit, GoBuilt{Run: 3, Binary: same}}, Nothing, 1, "go"},
		"a script beside a broken program":       {[]Event{goEdit, GoBuilt{Run: 2, Problems: badGo}, tsEdit, WebBuilt{Run: 3, Delta: reload}}, Reloaded, 1, "web"},
		"a sheet beside a broken program":        {[]Event{goEdit, GoBuilt{Run: 2, Problems: badGo}, cssEdit, WebBuilt{Run: 3, Delta: swap}}, Swapped, 1, "css"},
		"a program as it was":                    {[]Event{goEdit, GoBuilt{Run: 2, Problems: badGo}, goEdit, GoBuilt{Run: 3, Binary: same}}, Fixed, 0, "go"},
		"a script as it was":                     {[]Event{tsEdit, WebBuilt{Run: 2, Problems: badWeb}, tsEdit, WebBuilt{Run: 3}}, Fixed, 0, "web"},
		"a sheet as it was":                      {[]Event{cssEdit, WebBuilt{Run: 2, Problems: badWeb}, cssEdit, WebBuilt{Run: 3}}, Fixed, 0, "css"},
		"one of two":                             {[]Event{tsEdit, WebBuilt{Run: 2, Problems: badWeb}, goEdit, GoBuilt{Run: 3, Problems: badGo}, tsEdit, WebBuilt{Run: 4}}, Fixed, 1, "web"},
		"an app that failed, undone":             {[]Event{goEdit, GoBuilt{Run: 2, Binary: appB}, ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, goEdit, GoBuilt{Run: 3, Binary: same}}, Fixed, 0, "go"},
		"only a warning is gone":                 {[]Event{goEdit, GoBuilt{Run: 2, Binary: same, Problems: healed(badGo)}, goEdit, GoBuilt{Run: 3, Binary: same}}, Nothing, 0, "go"},
		"nothing was wrong":                      {[]Event{tsEdit, WebBuilt{Run: 2}}, Nothing, 0, "web"},
		"a sheet with the same bytes":            {[]Event{cssEdit, WebBuilt{Run: 2}}, Nothing, 0, "css"},
		"a sheet that does not parse":            {[]Event{cssEdit, WebBuilt{Run: 2, Problems: badWeb}}, Broken, 1, "css"},
		"a sheet beside a script in one save":    {[]Event{Changed{Web: []string{"app.css", "main.ts"}}, WebBuilt{Run: 2, Delta: swap}}, Swapped, 0, "web"},
		"a sheet that a script inlines":          {[]Event{cssEdit, WebBuilt{Run: 2, Delta: reload}}, Reloaded, 0, "web"},
	} {
		_, actions := play(serving(t), tt.events...)
		o := outcome(t, actions)
		if o.Result != tt.result || o.Standing != tt.standing || o.Stages[0].Name != tt.stage {
			t.Errorf("%s: %s, %d errors, stages %v; want %s, %d, %s", name, o.Result, o.Standing, o.Stages, tt.result, tt.standing, tt.stage)
		}
	}
}
