package devserver

import (
	"testing"
	"time"
)

// TestDecideAsked tells what comes of wishes.
func TestDecideAsked(t *testing.T) {
	t.Parallel()
	ask := func(what Ask) asked { return asked{At: at(time.Minute), What: what, Web: []string{"main.ts"}} }
	goEdit := changed{At: at(time.Minute), First: at(time.Minute), Files: []string{"main.go"}, Go: true}
	cssEdit := changed{At: at(2 * time.Minute), First: at(2 * time.Minute), Files: []string{"app.css"}, Web: []string{"app.css"}}

	tell(t, map[string][]step{
		"a restart replaces the app by the same binary, and tabs reload": {
			{ask(Restart), "replace 2 with A; starting"},
			{appReady{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a rebuild makes all anew and replaces the app even by an equal binary": {
			{ask(Rebuild), "go 2; web 2 []; building"},
			{webBuilt{Run: 2}, ""},
			{goBuilt{Run: 2, Binary: appA}, "replace 2 with A; starting"},
			{appReady{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"a reload tells the tabs and leaves the rest alone": {
			{ask(Reload), "update [] reload=true; report reloaded"},
		},
		"what is wrong is told again": {
			{goEdit, "go 2; building"},
			{goBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
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
			{changed{Files: []string{"app.css"}, Web: []string{"app.css"}, Held: true}, "paused=true [app.css]"},
			{heldEnough{}, ""},
			{ask(Pause), "web 2 [app.css]; building; paused=false [app.css]"},
			{webBuilt{Run: 2}, "ready; report nothing"},
		},
		"a wish is granted during a pause": {
			{ask(Pause), "paused=true []"},
			{goEdit, "paused=true [main.go]"},
			{ask(Restart), "replace 2 with A; starting"},
		},
	})
}
