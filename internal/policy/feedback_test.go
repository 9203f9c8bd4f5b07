package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// finish answers actions with the events of their success until nothing is left
// to do. It reports whether there was anything to do, and returns the remarks.
func finish(s State, now *time.Time, actions []Action) (_ State, effect bool, remarks []Remark) {
	for _, a := range actions {
		switch a := a.(type) {
		case Tell:
			if m, ok := a.Message.(Remark); ok {
				remarks = append(remarks, m)
			}
			continue
		case ReplaceApp:
			*now = now.Add(100 * time.Millisecond)
			s, _ = Decide(s, Replaced{At: *now, Generation: a.Generation})
		case StartWeb:
			*now = now.Add(10 * time.Millisecond)
			s, actions = Decide(s, WebBuilt{At: *now, Run: a.Run, Delta: Delta{Reload: true}})
			s, _, _ = finish(s, now, actions)
		case StartGo:
			*now = now.Add(50 * time.Millisecond)
			s, actions = Decide(s, GoBuilt{At: *now, Run: a.Run, Binary: Binary{Path: fmt.Sprint("/tmp/", s.Build), ID: fmt.Sprint(s.Build)}})
			s, _, _ = finish(s, now, actions)
		case UpdateTabs:
		default:
			continue
		}
		effect = true
	}
	return s, effect, remarks
}

// round plays an app that writes files when it starts, before it is ready, or for
// each page, after the page is shown. It goes on until nothing follows, at most
// 30 times. It returns the number of rounds, the remarks and the last state.
func round(s State, now *time.Time, change func(n int) Changed) (_ State, rounds int, remarks []Remark) {
	for n := range 30 {
		ev := change(n)
		if ev.Restart || ev.Go {
			ev.First = now.Add(-10 * time.Millisecond)
		} else {
			s, _ = Decide(s, PageShown{Tab: "t", Page: fmt.Sprint(n)})
			*now = now.Add(50 * time.Millisecond)
			ev.First = *now
		}
		ev.At = *now
		next, actions := Decide(s, ev)
		next, effect, told := finish(next, now, actions)
		s, remarks = next, append(remarks, told...)
		if !effect {
			return s, n, remarks
		}
	}
	return s, 30, remarks
}

// TestFeedback checks that an app whose own writes restart or reload it is
// stopped after a few rounds, with a remark that names the rule to add, and that
// other saves still take effect.
func TestFeedback(t *testing.T) {
	t.Parallel()
	fixed := func(c Changed) func(int) Changed { return func(int) Changed { return c } }
	for name, tt := range map[string]struct {
		change func(n int) Changed
		text   string
		rule   string
	}{
		"a page at each start":                 {fixed(Changed{Files: []string{"out/index.html"}, Restart: true}), "writes out/index.html, which restarts it", `"out/index.html"`},
		"an env file at each start":            {fixed(Changed{Files: []string{".env"}, Restart: true}), "writes .env", `".env"`},
		"a static file for each page":          {fixed(Changed{Files: []string{"static/log.txt"}, Reload: true}), "writes static/log.txt, which reloads the page", `"static/log.txt"`},
		"a sheet for each page":                {fixed(Changed{Files: []string{"static/a.css"}, Swap: []string{"/static/a.css"}}), "writes static/a.css", `"static/a.css"`},
		"what it embeds, at each start":        {fixed(Changed{Files: []string{"data.json"}, Go: true}), "writes data.json, which restarts it", `"data.json"`},
		"what a script imports, for each page": {fixed(Changed{Files: []string{"web/now.json"}, Web: []string{"/p/web/now.json"}}), "writes web/now.json, which reloads", `"web/now.json"`},
		"two files by turns": {func(n int) Changed {
			return Changed{Files: []string{[]string{"out/a.html", "out/b.html"}[n%2]}, Restart: true}
		}, "writes out/", `paths = ["out/`},
		"a source at each start":      {fixed(Changed{Files: []string{"version.go"}, Go: true}), "writes version.go, which restarts it", `"version.go"`},
		"a sheet that it embeds":      {fixed(Changed{Files: []string{"static/site.css"}, Go: true, Swap: []string{"/static/site.css"}}), "writes static/site.css", `"static/site.css"`},
		"a source and what it embeds": {fixed(Changed{Files: []string{"data.json", "version.go"}, Go: true}), "writes data.json", `"data.json"`},
		"sources of two names, by turns": {func(n int) Changed {
			return Changed{Files: []string{[]string{"gen/a.go", "gen/b.go"}[n%2]}, Go: true}
		}, "writes gen/*.go", `"gen/*.go"`},
		"another directory each time": {func(n int) Changed {
			return Changed{Files: []string{fmt.Sprintf("templates/%d/x.html", 1764000000+n)}, Restart: true}
		}, "writes templates/**/*.html", `"templates/**/*.html"`},
		"another name each time": {func(n int) Changed {
			return Changed{Files: []string{fmt.Sprintf("out/%d-page.html", 1764000000+n)}, Restart: true}
		}, "writes out/*.html", `"out/*.html"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, now := serving(t), at(time.Minute)
			s, rounds, remarks := round(s, &now, tt.change)
			if rounds < 2 || rounds > 12 {
				t.Errorf("stopped after %d rounds, want some 5", rounds)
			}
			if len(remarks) == 0 || !strings.Contains(remarks[0].Text, tt.text) || !strings.Contains(remarks[0].Hint, tt.rule) {
				t.Errorf("told %+v, want %q and a rule for %s", remarks, tt.text, tt.rule)
			}

			now = now.Add(time.Minute)
			s, actions := Decide(s, Changed{At: now, First: now, Files: []string{"month.tmpl"}, Restart: true})
			s, effect, _ := finish(s, &now, actions)
			if !effect {
				t.Errorf("an edit of something else: %q, want an effect", words(actions))
			}
			now = now.Add(time.Second)
			s, rounds, again := round(s, &now, tt.change)
			if rounds > 2 || len(again) > 0 {
				t.Errorf("after it: %d rounds and %+v, want what is known stopped at once and in silence", rounds, again)
			}

			now = now.Add(time.Minute)
			edit := tt.change(0)
			edit.At, edit.First = now, now
			if _, actions := Decide(s, edit); words(actions) == "" {
				t.Error("an edit of the file by hand has no effect")
			}
		})
	}
}

// TestHeldChangesAreReleased checks that a held change takes effect later, in
// case it was somebody's edit, and that the rounds of a loop get ever rarer.
func TestHeldChangesAreReleased(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	write := func(int) Changed { return Changed{Files: []string{"out/index.html"}, Restart: true} }
	s, _, _ = round(s, &now, write)
	for _, wait := range []time.Duration{20 * time.Second, 40 * time.Second} {
		now = now.Add(10 * time.Second)
		var actions []Action
		s, actions = Decide(s, Released{At: now})
		if !strings.HasPrefix(words(actions), "replace") {
			t.Fatalf("released: %q, want the app replaced", words(actions))
		}
		now = now.Add(100 * time.Millisecond)
		s, _ = Decide(s, Replaced{At: now, Generation: s.App.Generation})
		s, actions = Decide(s, Changed{At: now, First: now.Add(-10 * time.Millisecond), Files: []string{"out/index.html"}, Restart: true})
		if want := fmt.Sprintf("release after %v", wait); words(actions) != want {
			t.Fatalf("written again: %q, want %q", words(actions), want)
		}
	}
	now = now.Add(time.Second)
	s, actions := Decide(s, Changed{At: now, First: now, Files: []string{"main.css"}, Swap: []string{"/main.css"}})
	if !strings.HasPrefix(words(actions), "replace") {
		t.Errorf("an edit of something else: %q, want what is held taken along", words(actions))
	}
	s, _ = Decide(s, Replaced{At: now, Generation: s.App.Generation})
	if _, actions = Decide(s, Released{At: now}); len(actions) > 0 {
		t.Errorf("nothing is held: %q", words(actions))
	}
}

// TestFeedbackDuringBoot plays an app that writes while it boots. Each write
// abandons the boot, so the app never becomes ready.
func TestFeedbackDuringBoot(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	write := Changed{Files: []string{"out/index.html"}, Restart: true}
	abandoned := 0
	for range 30 {
		now = now.Add(time.Second)
		write.At, write.First = now, now
		var actions []Action
		s, actions = Decide(s, write)
		if len(actions) > 0 && words(actions) == "abandon" {
			abandoned++
			s, _ = Decide(s, ReplaceFailed{At: now, Generation: s.App.Generation, Canceled: true})
		}
	}
	if abandoned > 6 {
		t.Errorf("abandoned %d times, want at most 6", abandoned)
	}
}

// TestFeedbackEndsWithARule checks that an edit of the settings, which may have
// added a rule, ends the holding.
func TestFeedbackEndsWithARule(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	write := func(int) Changed { return Changed{Files: []string{"out/index.html"}, Restart: true} }
	s, _, _ = round(s, &now, write)
	s, _ = Decide(s, Edited{At: now})
	if _, rounds, _ := round(s, &now, write); rounds < 4 {
		t.Errorf("stopped after %d rounds, as if nothing had been edited", rounds)
	}
}

// TestSourcesDuringBootAreNoFeedback checks that a tool may rewrite a source while
// the app boots, as often as it likes: the delays give it away.
func TestSourcesDuringBootAreNoFeedback(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	for n := range 20 {
		now = now.Add(time.Duration(n*n%7+1) * 100 * time.Millisecond)
		var actions []Action
		s, actions = Decide(s, Changed{At: now, First: now, Files: []string{"main.go"}, Go: true})
		if got, want := words(actions), fmt.Sprintf("go %d; building", n+2); got != want {
			t.Fatalf("save %d: %q, want %q", n+1, got, want)
		}
		s, _ = play(s, GoBuilt{At: now, Run: s.Build, Binary: Binary{Path: "/tmp/x", ID: fmt.Sprint(n)}})
		s, _ = play(s, ReplaceFailed{At: now, Generation: s.App.Generation, Canceled: true, Kept: true})
	}
}

// TestSourcesAreNoFeedback checks that sources which change once the app is ready
// are not held: a tool may rewrite one as fast as it is built, and the last version
// counts.
func TestSourcesAreNoFeedback(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	for n := range 20 {
		now = now.Add(100 * time.Millisecond)
		var actions []Action
		s, actions = Decide(s, Changed{At: now, First: now, Files: []string{"main.go"}, Go: true})
		if got, want := words(actions), fmt.Sprintf("go %d; building", n+2); got != want {
			t.Fatalf("save %d: %q, want %q", n+1, got, want)
		}
		s, _ = play(s, GoBuilt{At: now, Run: s.Build, Binary: Binary{Path: "/tmp/x", ID: fmt.Sprint(n)}}, Replaced{At: now, Generation: s.App.Generation + 1})
	}
}

// TestQuickEditsAreNoFeedback checks that every save takes effect when a script
// saves one template each time the app becomes ready.
func TestQuickEditsAreNoFeedback(t *testing.T) {
	t.Parallel()
	s, now := serving(t), at(time.Minute)
	for n := range 30 {
		now = now.Add(5 * time.Millisecond)
		var actions []Action
		s, actions = Decide(s, Changed{At: now, First: now, Files: []string{"page.tmpl"}, Restart: true})
		if !strings.HasPrefix(words(actions), "replace") {
			t.Fatalf("save %d: %q, want the app replaced", n+1, words(actions))
		}
		now = now.Add(100 * time.Millisecond)
		s, _ = Decide(s, Replaced{At: now, Generation: s.App.Generation})
	}
}
