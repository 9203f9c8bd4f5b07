package policy

import (
	"testing"

	"github.com/calendsync/devtool/internal/problem"
)

var badGenerate = []problem.Problem{{Source: problem.Generate, Severity: problem.Error, Text: "templ: exit status 1"}}

// TestDecideGenerators tells stories of generators. Whatever they write, a save
// has one outcome, and nothing is built from stale output.
func TestDecideGenerators(t *testing.T) {
	t.Parallel()
	templ := Changed{At: epoch, First: epoch, Files: []string{"month.templ"}, Generate: true}
	goEdit := Changed{Files: []string{"main.go"}, Go: true}
	cssEdit := Changed{Files: []string{"app.css"}, Web: []string{"app.css"}}
	wroteGo := Changed{Go: true}
	swap := Delta{CSS: []string{"/assets/app.css"}}

	tell(t, map[string][]step{
		"what a generator wrote is built in the same attempt": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Changed: wroteGo}, "go 2"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a template with a new class builds both sides, with one outcome": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Changed: Changed{Go: true, Web: []string{"tailwind.css"}}}, "go 2; web 2 [tailwind.css]"},
			{WebBuilt{Run: 2, Delta: swap}, ""},
			{GoBuilt{Run: 2, Binary: appB}, "publish; replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [/assets/app.css] reload=true; ready; report reloaded"},
		},
		"unchanged output builds nothing": {
			{templ, "generate 2; building"},
			{Generated{Run: 2}, "ready; report nothing"},
		},
		"a file that is both waits for its generator": {
			{Changed{Generate: true, Go: true}, "generate 2; building"},
			{Generated{Run: 2}, "go 2"},
		},
		"a failing generator keeps the build from starting until it succeeds": {
			{Changed{Generate: true, Go: true}, "generate 2; building"},
			{Generated{Run: 2, Problems: badGenerate}, "problems 1; failed; report broken"},
			{goEdit, "generate 3; building"},
			{Generated{Run: 3, Problems: badGenerate}, "failed; report broken"},
			{templ, "generate 4; building"},
			{Generated{Run: 4}, "go 4; problems 0"},
		},
		"what a failed generator owes is done when it is mended, a restart too": {
			{Changed{Generate: true, Restart: true}, "generate 2; building"},
			{Generated{Run: 2, Problems: badGenerate}, "problems 1; failed; report broken"},
			{templ, "generate 3; building"},
			{Generated{Run: 3}, "replace 2 with A; problems 0; starting"},
		},
		"a style sheet does not wait for a generator that fails": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Problems: badGenerate}, "problems 1; failed; report broken"},
			{cssEdit, "web 3 [app.css]; building"},
		},
		"a style sheet does not wait for a generator that runs": {
			{templ, "generate 2; building"},
			{cssEdit, "web 3 [app.css]"},
			{WebBuilt{Run: 3, Delta: swap}, "publish; update [/assets/app.css] reload=false; report swapped"},
			{Generated{Run: 2, Changed: wroteGo}, "go 2"},
		},
		"a newer save cancels the generators and has the one outcome": {
			{Changed{Generate: true, Go: true}, "generate 2; building"},
			{templ, "cancel generate"},
			{Generated{Run: 2, Canceled: true}, "generate 3"},
			{Generated{Run: 3}, "go 3"},
			{GoBuilt{Run: 3, Binary: appB}, "replace 2 with B; starting"},
		},
		"a template saved without end cannot starve its generator": {
			{templ, "generate 2; building"},
			{templ, "cancel generate"},
			{Generated{Run: 2, Canceled: true}, "generate 3"},
			{templ, "cancel generate"},
			{Generated{Run: 3, Canceled: true}, "generate 4"},
			{templ, ""},
			{Generated{Run: 4, Changed: wroteGo}, "go 4; generate 5"},
		},
		"a Go build under way is cancelled by what generators wrote": {
			{goEdit, "go 2; building"},
			{templ, "generate 3"},
			{Generated{Run: 3, Changed: wroteGo}, "cancel go"},
			{GoBuilt{Run: 2, Canceled: true}, "go 3"},
			{GoBuilt{Run: 3, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a build that waits for generators is joined by a newer one": {
			{Changed{Generate: true, Go: true}, "generate 2; building"},
			{goEdit, ""},
			{Generated{Run: 2}, "go 3"},
			{GoBuilt{Run: 3, Binary: appB}, "replace 2 with B; starting"},
		},
		"a late end of a cancelled run loses nothing": {
			{templ, "generate 2; building"},
			{templ, "cancel generate"},
			{Generated{Run: 2}, "generate 3"},
			{Generated{Run: 3, Changed: wroteGo}, "go 3"},
		},
	})
}

// TestFirstBuildOrder checks that on a fresh clone the generators run first, and
// the web lane before a Go build that embeds its output.
func TestFirstBuildOrder(t *testing.T) {
	t.Parallel()
	first := Changed{At: epoch, Generate: true, Go: true, Web: []string{"main.ts"}}
	for _, tt := range []struct {
		name     string
		webFirst bool
		events   []Event
		want     string
	}{
		{"generators first", false, []Event{first}, "generate 1; expect app; building and down"},
		{"then both", false, []Event{first, Generated{Run: 1}}, "go 1; web 1 []"},
		{"then the web", true, []Event{first, Generated{Run: 1}}, "web 1 []"},
		{"then Go", true, []Event{first, Generated{Run: 1}, WebBuilt{Run: 1}}, "go 1"},
		{"Go, too, if the web is broken", true, []Event{first, Generated{Run: 1}, WebBuilt{Run: 1, Problems: badWeb}}, "go 1; problems 1"},
		{"and again when the web is mended", true, []Event{
			first, Generated{Run: 1}, WebBuilt{Run: 1, Problems: badWeb}, GoBuilt{Run: 1, Problems: badGo},
			Changed{Web: []string{"main.ts"}}, WebBuilt{Run: 2},
		}, "go 2; problems 1; expect app"},
		{"nothing of a failed generator", true, []Event{first, Generated{Run: 1, Problems: badGenerate}}, "problems 1; give up; failed and down; report broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, actions := play(State{Facts: Facts{HasWeb: true, WebFirst: tt.webFirst}}, tt.events...)
			if got := words(actions); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
