package policy

import "testing"

// TestDecideText tells stories of templates whose text the running app can read
// again. The text is shown without a build if that shows everything that was
// saved.
func TestDecideText(t *testing.T) {
	t.Parallel()
	templ := Changed{At: epoch, First: epoch, Files: []string{"month.templ"}, Generate: true}
	goEdit := Changed{Files: []string{"main.go"}, Go: true}
	wroteText := Changed{Text: true}
	text := Changed{Files: []string{"month_templ.go"}, Text: true}

	tell(t, map[string][]step{
		"text that a generator wrote is shown, then tabs reload": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Changed: wroteText}, "text 2 in A"},
			{TextShown{Run: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"text that another tool wrote is shown, too": {
			{text, "text 2 in A; building"},
			{TextShown{Run: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"text that cannot be shown is built": {
			{text, "text 2 in A; building"},
			{TextShown{Run: 2, Failed: true}, "go 2"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"text beside code is built": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Changed: Changed{Text: true, Go: true}}, "go 2"},
		},
		"a build under way may have read the text before": {
			{goEdit, "go 2; building"},
			{text, "cancel go"},
			{GoBuilt{Run: 2, Canceled: true}, "go 3"},
		},
		"a new app under way has other text": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{text, "go 3"},
		},
		"text may undo what does not build": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Problems: badGo}, "problems 1; failed; report broken"},
			{text, "go 3; building"},
			{GoBuilt{Run: 3, Binary: Binary{"/tmp/app-3", "A"}}, "update [] reload=true; problems 0; ready; report reloaded"},
		},
		"text may undo what does not start": {
			{goEdit, "go 2; building"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{ReplaceFailed{Generation: 2, Kept: true, Problems: badApp}, "problems 1; failed; report crashed"},
			{text, "go 3; building"},
		},
		"without an app there is nothing that could show it": {
			{AppExited{Generation: 1, Problems: badApp}, "restart after 250ms; problems 1; expect app; starting and down; report crash"},
			{text, "go 2"},
		},
		"text waits for a generator that fails": {
			{templ, "generate 2; building"},
			{Generated{Run: 2, Changed: wroteText, Problems: badGenerate}, "problems 1; failed; report broken"},
			{templ, "generate 3; building"},
			{Generated{Run: 3}, "text 3 in A; problems 0"},
			{TextShown{Run: 3}, "update [] reload=true; ready; report reloaded"},
		},
		"newer text takes the place of older": {
			{text, "text 2 in A; building"},
			{text, "cancel text"},
			{TextShown{Run: 2, Canceled: true}, "text 3 in A"},
			{TextShown{Run: 3}, "update [] reload=true; ready; report reloaded"},
		},
		"code that follows text is built after it": {
			{text, "text 2 in A; building"},
			{goEdit, "go 3"},
			{TextShown{Run: 2}, "update [] reload=true; report reloaded"},
			{GoBuilt{Run: 3, Binary: appB}, "replace 2 with B; starting"},
		},
		"paused, it waits": {
			{Asked{What: Pause}, "paused=true []"},
			{text, "paused=true [month_templ.go]"},
			{Asked{What: Pause}, "text 2 in A; building; paused=false [month_templ.go]"},
		},
	})
}
