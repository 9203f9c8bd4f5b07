package policy

import (
	"slices"
	"testing"
	"time"
)

// TestReplace tells the stories of apps that do not start.
func TestReplace(t *testing.T) {
	t.Parallel()
	goEdit := Changed{At: at(time.Minute), First: at(time.Minute), Files: []string{"main.go"}, Go: true}

	tell(t, map[string][]step{
		"an app that does not start is rolled back, once": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Problems: badApp}, "replace 3 with A; problems 1; starting and down"},
			{Replaced{Generation: 3}, "failed; report restored"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: Binary{"/tmp/app-3", "A"}}, "problems 0; ready; report fixed"},
		},
		"what an app reads at start may be what it lacked: the newest one is tried again": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Problems: badApp}, "replace 3 with A; problems 1; starting and down"},
			{Replaced{Generation: 3}, "failed; report restored"},
			{Changed{Files: []string{".env"}, Restart: true}, "replace 4 with B; starting"},
			{Replaced{Generation: 4}, "update [] reload=true; problems 0; ready; report reloaded"},
		},
		"settings that cannot be read take no app away, and are owed": {
			{Changed{Files: []string{".env"}, Restart: true}, "replace 2 with A; starting"},
			{ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, "problems 1; failed; report crashed"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: Binary{"/tmp/app-3", "A"}}, "replace 3 with A; starting"},
			{Replaced{Generation: 3}, "update [] reload=true; problems 0; ready; report reloaded"},
		},
		"a restart that is owed stays so until an app has started": {
			{Changed{Go: true, Restart: true}, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: appA}, "replace 2 with A; problems 0; starting"},
			{ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, "problems 1; failed; report crashed"},
			{goEdit, "go 4; building"},
			{GoBuilt{Run: 4, Binary: appA}, "replace 3 with A; starting"},
		},
		"a rollback that fails gives up": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Problems: badApp}, "replace 3 with A; problems 1; starting and down"},
			{ReplaceFailed{Generation: 3, Problems: badApp}, "give up; failed and down; report crashed"},
		},
		"exit 0 before ready is not a failure": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Finished: true}, "give up; ready and down; report finished"},
			{goEdit, "go 3; expect app; building and down"},
		},
		"a newer binary abandons a slow start": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{goEdit, "go 3"},
			{GoBuilt{Run: 3, Binary: appC}, "abandon"},
			{ReplaceFailed{Generation: 2, Canceled: true}, "replace 3 with C; starting and down"},
			{Replaced{Generation: 3}, "update [] reload=true; ready; report reloaded"},
		},
		"a start that won the race against its abandonment is replaced too": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{goEdit, "go 3"},
			{GoBuilt{Run: 3, Binary: appC}, "abandon"},
			{Replaced{Generation: 2}, "replace 3 with C"},
		},
		"an overlapping app that does not start leaves the old one alone": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, "problems 1; failed; report crashed"},
			{goEdit, "go 3; building"},
			{GoBuilt{Run: 3, Binary: appA}, "problems 0; ready; report fixed"},
		},
		"an overlapped app that dies before its successor failed is not kept": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{AppExited{At: at(0), Generation: 1, Problems: badApp}, "starting and down"},
			{ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, "replace 3 with A; problems 1"},
		},
	})
}

// TestStageOfAFastBuild shows in the outcome how the program was built.
func TestStageOfAFastBuild(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fast bool
		want string
	}{{true, "fast"}, {false, ""}} {
		_, actions := play(serving(t), Changed{At: epoch, Go: true},
			GoBuilt{Run: 2, Binary: appB, Fast: tt.fast}, Replaced{Generation: 2})
		i := slices.IndexFunc(actions, func(a Action) bool { _, ok := a.(Report); return ok })
		if i < 0 {
			t.Fatalf("no outcome in %s", words(actions))
		}
		stages := actions[i].(Report).Outcome.Stages
		if len(stages) != 1 || stages[0].Name != "go" || stages[0].Note != tt.want {
			t.Errorf("a build with fast %v has the stages %v, want go with the note %q", tt.fast, stages, tt.want)
		}
	}
}
