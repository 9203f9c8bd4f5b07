package policy

import (
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// TestDecideAsked tells what follows from requests.
func TestDecideAsked(t *testing.T) {
	t.Parallel()
	ask := func(what Ask) Asked { return Asked{At: at(time.Minute), What: what, Web: []string{"main.ts"}} }
	goEdit := Changed{At: at(time.Minute), First: at(time.Minute), Files: []string{"main.go"}, Go: true}
	cssEdit := Changed{At: at(2 * time.Minute), First: at(2 * time.Minute), Files: []string{"app.css"}, Web: []string{"app.css"}}

	tell(t, map[string][]step{
		"a restart replaces the app by the same binary, and tabs reload": {
			{ask(Restart), "replace 2 with A; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a rebuild makes all anew and replaces the app even by an equal binary": {
			{ask(Rebuild), "go 2; web 2 []; building"},
			{WebBuilt{Run: 2}, ""},
			{GoBuilt{Run: 2, Binary: appA}, "replace 2 with A; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a reload tells the tabs and leaves the rest alone": {
			{ask(Reload), "update [] reload=true; report reloaded"},
		},
		"what is wrong is told again": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
			{ask(Recall), "standing 1"},
		},
		"changes wait while paused, and are one build afterwards": {
			{ask(Pause), "paused=true []"},
			{goEdit, "paused=true [main.go]"},
			{cssEdit, "paused=true [app.css main.go]"},
			{ask(Pause), "go 2; web 2 [app.css]; building; paused=false [app.css main.go]"},
			{goEdit, "cancel go"},
		},
		"a pause without changes does nothing": {
			{ask(Pause), "paused=true []"},
			{ask(Pause), "paused=false []"},
			{goEdit, "go 2; building"},
		},
		"a batch that was held before the pause ended is complete": {
			{ask(Pause), "paused=true []"},
			{Changed{Files: []string{"app.css"}, Web: []string{"app.css"}, Held: true}, "paused=true [app.css]"},
			{NothingFollowed{}, ""},
			{ask(Pause), "web 2 [app.css]; building; paused=false [app.css]"},
			{WebBuilt{Run: 2}, "ready; report nothing"},
		},
		"a request is granted during a pause": {
			{ask(Pause), "paused=true []"},
			{goEdit, "paused=true [main.go]"},
			{ask(Restart), "replace 2 with A; starting"},
		},
	})
}

// TestDecideEdited tells what follows from edits of the settings.
func TestDecideEdited(t *testing.T) {
	t.Parallel()
	wrong := []problem.Problem{{Source: problem.Config, Severity: problem.Error, Text: "unknown key"}}
	restart := Edited{Applied: []string{"app.args"}, Change: Changed{Files: []string{"devtool.toml"}, Restart: true}}

	tell(t, map[string][]step{
		"a mistake is shown until it is mended, and the app runs on": {
			{Edited{Problems: wrong}, "problems 1; failed; settings [] [] 1"},
			{Edited{}, "problems 0; ready; settings [] [] 0"},
		},
		"a mistake stays while saves succeed": {
			{Edited{Problems: wrong}, "problems 1; failed; settings [] [] 1"},
			{Changed{Files: []string{"x.ts"}, Web: []string{"x.ts"}}, "web 2 [x.ts]; building"},
			{WebBuilt{Run: 2, Delta: Delta{Reload: true}}, "publish; update [] reload=true; failed; report reloaded"},
			{Edited{}, "problems 0; ready; settings [] [] 0"},
		},
		"what the app is given replaces it": {
			{restart, "replace 2 with A; starting; settings [app.args] [] 0"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"what the lanes are given builds them": {
			{Edited{Applied: []string{"go.tags", "web.define"}, Change: Changed{Go: true, Web: []string{"main.ts"}}},
				"go 2; web 2 [main.ts]; building; settings [go.tags web.define] [] 0"},
		},
		"what needs a restart of devtool does nothing but say so": {
			{Edited{Later: []string{"server.port"}}, "settings [] [server.port] 0"},
		},
		"an edit waits for the end of a pause": {
			{Asked{What: Pause}, "paused=true []"},
			{restart, "settings [app.args] [] 0; paused=true [devtool.toml]"},
			{Asked{What: Pause}, "replace 2 with A; starting; paused=false [devtool.toml]"},
		},
		"without rollback a broken app is not brought back": {
			{Edited{Applied: []string{"app.rollback"}}, "settings [app.rollback] [] 0"},
			{Changed{Go: true}, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Problems: badApp}, "problems 1; give up; failed and down; report crashed"},
		},
	})
}
