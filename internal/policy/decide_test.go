package policy

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/problem"
)

// epoch is when every table begins; decide never asks a clock.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

var (
	appA = Binary{"/tmp/app-1", "A"}
	appB = Binary{"/tmp/app-2", "B"}
	appC = Binary{"/tmp/app-3", "C"}

	badGo    = []problem.Problem{{Source: problem.Go, Severity: problem.Error, Text: "undefined: x"}}
	badWeb   = []problem.Problem{{Source: problem.ESBuild, Severity: problem.Error, Text: "expected ;"}}
	badTypes = []problem.Problem{{Source: problem.TSC, Severity: problem.Warning, Text: "not assignable"}}
	badApp   = []problem.Problem{{Source: problem.App, Severity: problem.Error, Text: "exit status 1"}}
)

// serving returns a state with a healthy first generation, reached through real
// events.
func serving(t *testing.T) State {
	t.Helper()
	s, _ := play(State{Facts: Facts{HasWeb: true, Rollback: true}},
		Changed{At: epoch, Go: true, Web: []string{"main.ts"}},
		WebBuilt{Run: 1, Delta: Delta{Reload: true}},
		GoBuilt{Run: 1, Binary: appA},
		Replaced{Generation: 1},
	)
	if got := s.Phase(); got != Ready {
		t.Fatalf("serving: phase %q, want %q", got, Ready)
	}
	return s
}

func play(s State, events ...Event) (State, []Action) {
	var actions []Action
	for _, ev := range events {
		s, actions = Decide(s, ev)
	}
	return s, actions
}

// words abbreviates actions, so that a table reads like a story.
func words(actions []Action) string {
	var out []string
	for _, a := range actions {
		switch a := a.(type) {
		case StartGenerate:
			out = append(out, fmt.Sprintf("generate %d", a.Run))
		case StartGo:
			out = append(out, fmt.Sprintf("go %d", a.Run))
		case StartText:
			out = append(out, fmt.Sprintf("text %d in %s", a.Run, a.Binary.ID))
		case StartWeb:
			word := "web"
			if a.Hot {
				word = "hot web"
			}
			out = append(out, fmt.Sprintf("%s %d %v", word, a.Run, a.Files))
		case PatchTabs:
			out = append(out, fmt.Sprintf("patch %d", a.Run))
		case CancelLane:
			out = append(out, "cancel "+[]string{"go", "web", "generate", "text"}[a.Lane])
		case Publish:
			out = append(out, "publish")
		case ReplaceApp:
			out = append(out, fmt.Sprintf("replace %d with %s", a.Generation, a.Binary.ID))
		case AbandonReplace:
			out = append(out, "abandon")
		case RestartLater:
			out = append(out, fmt.Sprintf("restart after %v", a.After))
		case ReleaseLater:
			out = append(out, fmt.Sprintf("release after %v", a.After))
		case GiveUp:
			out = append(out, "give up")
		case ExpectApp:
			out = append(out, "expect app")
		case UpdateTabs:
			word := fmt.Sprintf("update %v reload=%v", a.CSS, a.Reload)
			if a.Hot {
				word += " hot"
			}
			out = append(out, word)
		case ShowPhase:
			word := string(a.Phase)
			if a.Down {
				word += " and down"
			}
			out = append(out, word)
		case ShowProblems:
			out = append(out, fmt.Sprintf("problems %d", len(a.Problems)))
		case LoadGraph, PruneBinaries:
			// follow every outcome of a Go build; see TestAfterGoBuild
		case CheckTypes:
			out = append(out, "check types")
		case SeedApp:
			out = append(out, "seed")
		case Tell:
			if text := messageWords(a.Message); text != "" {
				out = append(out, text)
			}
		case Report:
			word := "report " + string(a.Outcome.Result)
			if a.Outcome.Obstacle != "" {
				word += " as " + a.Outcome.Obstacle
			}
			out = append(out, word)
		}
	}
	return strings.Join(out, "; ")
}

func messageWords(m Message) string {
	switch m := m.(type) {
	case BuildStarted, BuildSuperseded:
		return "" // see ledger
	case AppCrashed:
		return "report crash"
	case PageReloads:
		return "doubt " + m.Reason
	case PageThrew:
		return "report " + m.Problem.Text
	case TypesChecked:
		return fmt.Sprintf("types %d", len(m.Problems))
	case SettingsRead:
		return fmt.Sprintf("settings %v %v %d", m.Applied, m.Later, len(m.Problems))
	case Paused:
		return fmt.Sprintf("paused=%v %v", m.Paused, m.Waiting)
	case Standing:
		return fmt.Sprintf("standing %d", len(m.Problems))
	case Remark:
		return "remark"
	default:
		return m.Type()
	}
}

// step is an event of a story, and what must follow from it, in the form of
// [words].
type step struct {
	event Event
	want  string
}

// tell plays each story to an app that serves. At every step it checks that
// Decide does not change the state it is given, not even beyond the length of its
// slices.
func tell(t *testing.T, stories map[string][]step) {
	t.Helper()
	for name, steps := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, books := serving(t), ledger{}
			for i, step := range steps {
				var actions []Action
				older := roomy(reflect.ValueOf(s)).Interface().(State)
				before := written(older)
				s, actions = Decide(older, step.event)
				if got := words(actions); got != step.want {
					t.Fatalf("step %d, after %#v:\n got %q\nwant %q", i+1, step.event, got, step.want)
				}
				books.book(t, s, actions)
				if diff := cmp.Diff(before, written(older)); diff != "" {
					t.Errorf("step %d, %#v, changed the state it was given (-before +after):\n%s", i+1, step.event, diff)
				}
			}
		})
	}
}

// TestDecide tells the stories of saves, builds and crashes.
func TestDecide(t *testing.T) {
	t.Parallel()
	goEdit := Changed{At: at(time.Minute), First: at(time.Minute), Files: []string{"main.go"}, Go: true}
	cssEdit := Changed{At: at(time.Minute), Files: []string{"app.css"}, Web: []string{"app.css"}}
	tsEdit := Changed{At: at(time.Minute), Files: []string{"main.ts"}, Web: []string{"main.ts"}}
	swap := Delta{CSS: []string{"/assets/app.css"}}

	tell(t, map[string][]step{
		"a CSS edit swaps and leaves the app alone": {
			{cssEdit, "web 2 [app.css]; building"},
			{WebBuilt{Run: 2, Delta: swap}, "publish; update [/assets/app.css] reload=false; ready; report swapped"},
		},
		"a TypeScript edit reloads and leaves the app alone": {
			{tsEdit, "web 2 [main.ts]; building"},
			{WebBuilt{Run: 2, Delta: Delta{Reload: true}}, "publish; update [] reload=true; ready; report reloaded"},
		},
		"unchanged outputs tell nobody": {
			{tsEdit, "web 2 [main.ts]; building"},
			{WebBuilt{Run: 2}, "ready; report nothing"},
		},
		"a Go edit replaces, then reloads": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"an equal binary is not started": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: Binary{"/tmp/app-2", "A"}}, "ready; report nothing"},
		},
		"a broken Go build leaves the app alone; mending clears the overlay": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: Binary{"/tmp/app-3", "A"}}, "problems 0; ready; report fixed"},
		},
		"a broken style sheet is built again with the files that broke it": {
			{cssEdit, "web 2 [app.css]; building"},
			{WebBuilt{Run: 2, Problems: badWeb}, "problems 1; failed; report broken"},
			{tsEdit, "web 3 [app.css main.ts]; building"},
			{WebBuilt{Run: 3, Delta: swap}, "publish; update [/assets/app.css] reload=false; problems 0; ready; report swapped"},
		},
		"types are warnings, told of when they change, and in no outcome": {
			{TypesFound{}, ""},
			{TypesFound{Problems: badTypes}, "problems 1; types 1"},
			{TypesFound{Problems: badTypes}, ""},
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 2; failed; report broken"},
			{TypesFound{}, "problems 1; types 0"},
		},
		"warnings block nothing": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB, Problems: []problem.Problem{{Severity: problem.Warning}}}, "replace 2 with B; problems 1; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a save during a build cancels it and has one outcome": {
			{goEdit, "go 2; building"},
			{goEdit, "cancel go"},
			{GoBuilt{Run: 2, Canceled: true}, "go 3"},
			{GoBuilt{Run: 3, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a file saved without end cannot starve the build": {
			{goEdit, "go 2; building"},
			{goEdit, "cancel go"},
			{GoBuilt{Run: 2, Canceled: true}, "go 3"},
			{goEdit, "cancel go"},
			{GoBuilt{Run: 3, Canceled: true}, "go 4"},
			{goEdit, ""},
			{goEdit, ""},
			{GoBuilt{Run: 4, Binary: appB}, "replace 2 with B; go 6; starting"},
		},
		"a CSS edit neither waits for a Go build nor cancels it": {
			{goEdit, "go 2; building"},
			{cssEdit, "web 3 [app.css]"},
			{WebBuilt{Run: 3, Delta: swap}, "publish; update [/assets/app.css] reload=false; report swapped"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
		},
		"one save of both sides has one outcome": {
			{Changed{Go: true, Web: []string{"main.ts"}}, "go 2; web 2 [main.ts]; building"},
			{WebBuilt{Run: 2, Delta: Delta{Reload: true}}, ""},
			{GoBuilt{Run: 2, Binary: appB}, "publish; replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a held batch is joined by the slower half of the save": {
			{Changed{Files: []string{"main.ts"}, Web: []string{"main.ts"}, Held: true}, "web 2 [main.ts]; building"},
			{WebBuilt{Run: 2, Delta: Delta{Reload: true}}, ""},
			{goEdit, "go 3"},
			{GoBuilt{Run: 3, Binary: appB}, "publish; replace 2 with B; starting"},
			{NothingFollowed{}, ""},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a held batch that stays alone is let go": {
			{Changed{Web: []string{"main.ts"}, Held: true}, "web 2 [main.ts]; building"},
			{WebBuilt{Run: 2, Delta: Delta{Reload: true}}, ""},
			{NothingFollowed{}, "publish; update [] reload=true; ready; report reloaded"},
		},
		"a template restarts without a build": {
			{Changed{Files: []string{"month.tmpl"}, Restart: true}, "replace 2 with A; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a template saved while a new binary starts waits for that binary": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{Changed{Restart: true}, "abandon"},
			{ReplaceFailed{Generation: 2, Canceled: true}, "replace 3 with B; starting and down"},
			{Replaced{Generation: 3}, "update [] reload=true; ready; report reloaded"},
		},
		"a restart beside a broken build is put off until that is mended": {
			{Changed{Go: true, Restart: true}, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: Binary{"/tmp/app-3", "A"}}, "replace 2 with A; problems 0; starting"},
		},
		"an app that ends as soon as it is ready has crashed": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{AppExited{At: at(0), Generation: 2, Problems: badApp}, ""},
			{Replaced{Generation: 2}, "update [] reload=true; restart after 250ms; problems 1; expect app; starting and down; report reloaded; report crash"},
		},
		"a static file reloads, a served sheet swaps": {
			{Changed{Reload: true}, "update [] reload=true; report reloaded"},
			{Changed{Swap: []string{"/static/a.css"}}, "update [/static/a.css] reload=false; report swapped"},
		},
		"a type on a line that cannot be bundled is no problem of its own": {
			{TypesFound{Problems: []problem.Problem{{Source: problem.TSC, Severity: problem.Warning, File: "main.ts", Line: 2}, {Source: problem.TSC, Severity: problem.Warning, File: "main.ts", Line: 9}}}, "problems 2; types 2"},
			{tsEdit, "web 2 [main.ts]; building"},
			{WebBuilt{Run: 2, Problems: []problem.Problem{{Source: problem.ESBuild, Severity: problem.Error, File: "main.ts", Line: 2}}}, "problems 2; failed; report broken"},
			{tsEdit, "web 3 [main.ts]; building"},
			{WebBuilt{Run: 3}, "problems 2; ready; report fixed"},
		},
		"a crash is restarted after a back-off and stays as a warning": {
			{AppExited{At: at(0), Generation: 1, Problems: badApp}, "restart after 250ms; problems 1; expect app; starting and down; report crash"},
			{RestartDue{Generation: 1}, "replace 2 with A"},
			{Replaced{Generation: 2}, "problems 1; ready; report restarted"},
			{AppExited{At: at(time.Second), Generation: 2, Problems: badApp}, "restart after 500ms; problems 1; expect app; starting and down; report crash"},
		},
		"a crash in a restart backs off further": {
			{AppExited{At: at(0), Generation: 1, Problems: badApp}, "restart after 250ms; problems 1; expect app; starting and down; report crash"},
			{RestartDue{Generation: 1}, "replace 2 with A"},
			{ReplaceFailed{At: at(time.Second), Generation: 2, Problems: badApp}, "restart after 500ms; problems 1; expect app; report crash"},
		},
		"a change ends the back-off": {
			{AppExited{At: at(0), Generation: 1, Problems: badApp}, "restart after 250ms; problems 1; expect app; starting and down; report crash"},
			{goEdit, "go 2"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B"},
			{RestartDue{Generation: 1}, ""},
			{Replaced{Generation: 2}, "update [] reload=true; problems 0; ready; report reloaded"},
		},
		"an exit of an older generation is old news": {
			{AppExited{Generation: 0, Problems: badApp}, ""},
		},
		"a request to restart is granted": {
			{Asked{At: at(0), What: Restart}, "replace 2 with A; starting"},
		},
	})
}

func TestFirstBuild(t *testing.T) {
	t.Parallel()
	first := Changed{At: epoch, Go: true, Web: []string{"main.ts"}}

	t.Run("web errors do not keep the app from starting", func(t *testing.T) {
		t.Parallel()
		s, actions := play(State{Facts: Facts{HasWeb: true}}, first, WebBuilt{Run: 1, Problems: badWeb}, GoBuilt{Run: 1, Binary: appA})
		if got, want := words(actions), "replace 1 with A; starting and down"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if _, actions = Decide(s, Replaced{Generation: 1}); words(actions) != "update [] reload=true; failed; report reloaded" {
			t.Fatalf("got %q", words(actions))
		}
	})
	t.Run("a main that does not compile waits for the fix", func(t *testing.T) {
		t.Parallel()
		s, actions := play(State{}, first, GoBuilt{Run: 1, Problems: badGo})
		if got, want := words(actions), "problems 1; give up; failed and down; report broken"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		_, actions = Decide(s, Changed{Go: true})
		if got, want := words(actions), "go 2; expect app; building and down"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestCrashesEndInGivingUp(t *testing.T) {
	t.Parallel()
	s := serving(t)
	var actions []Action
	for n := 1; n <= crashLimit; n++ {
		s, actions = Decide(s, AppExited{At: at(time.Duration(n) * time.Second), Generation: n, Problems: badApp})
		if n < crashLimit {
			s, _ = play(s, RestartDue{Generation: n}, Replaced{Generation: n + 1})
		}
	}
	if got, want := words(actions), "problems 1; give up; failed and down; report crash"; got != want {
		t.Errorf("after %d crashes: got %q, want %q", crashLimit, got, want)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 4: 2 * time.Second, 6: 8 * time.Second, 9: 8 * time.Second} {
		if got := backoff(n); got != want {
			t.Errorf("backoff(%d) = %v, want %v", n, got, want)
		}
	}
}

// roomy copies a value deeply and gives each slice spare capacity. An append that
// should have copied writes there, where [written] sees it.
func roomy(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()+2))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			c.Index(i).Set(roomy(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if c.Field(i).CanSet() {
				c.Field(i).Set(roomy(v.Field(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(roomy(v.Elem()))
		}
	}
	return c
}

// written describes a state, including the spare capacity of its slices.
func written(s State) string {
	var out strings.Builder
	var write func(at string, v reflect.Value)
	write = func(at string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Slice:
			fmt.Fprintf(&out, "%s has %d\n", at, v.Len())
			if v.CanSet() || !v.IsNil() {
				v = v.Slice(0, v.Cap())
			}
			fallthrough
		case reflect.Array:
			for i := range v.Len() {
				write(fmt.Sprintf("%s[%d]", at, i), v.Index(i))
			}
		case reflect.Struct:
			if when, ok := v.Interface().(time.Time); ok {
				fmt.Fprintf(&out, "%s = %v\n", at, when)
				return
			}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					write(at+"."+f.Name, v.Field(i))
				}
			}
		case reflect.Pointer:
			if !v.IsNil() {
				write(at, v.Elem())
			}
		default:
			fmt.Fprintf(&out, "%s = %v\n", at, v)
		}
	}
	write("state", reflect.ValueOf(s))
	return out.String()
}
