package policy

import (
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// TestHot tells the stories of hot updates.
func TestHot(t *testing.T) {
	t.Parallel()
	edit := func(file string) Changed {
		return Changed{At: at(time.Minute), First: at(time.Minute), Files: []string{file}, Web: []string{file}}
	}
	app := edit("App.tsx")
	goEdit := Changed{At: at(time.Minute), Files: []string{"main.go"}, Go: true}
	on := step{Edited{At: epoch, Hot: true}, "settings [] [] 0"}
	scripts := Delta{Reload: true}
	patched := func(run int) WebBuilt { return WebBuilt{Run: run, Delta: scripts, Patched: true} }

	tell(t, map[string][]step{
		"off, every edit of a script reloads": {
			{app, "web 2 [App.tsx]; building"},
			{WebBuilt{Run: 2, Delta: scripts}, "publish; update [] reload=true; ready; report reloaded"},
		},
		"tabs are patched before the bundles are built, and have one outcome": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{patched(2), "publish; update [] reload=false hot; ready; report hot"},
		},
		"without a patch pages reload, and the outcome says why": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebBuilt{Run: 2, Delta: scripts, Obstacle: "store.ts has no accepting importer"}, "publish; update [] reload=true; ready; report reloaded as store.ts has no accepting importer"},
		},
		"a sheet that was saved together is swapped": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{WebBuilt{Run: 2, Delta: Delta{CSS: []string{"/a.css"}, Reload: true}, Patched: true}, "publish; update [/a.css] reload=false hot; ready; report hot"},
		},
		"an undone edit, after which the bundles are what they were": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{app, "cancel web"},
			{WebBuilt{Run: 2, Canceled: true}, "hot web 3 [App.tsx]"},
			{WebPatched{Run: 3}, "patch 3"},
			{WebBuilt{Run: 3, Patched: true}, "publish; update [] reload=false hot; ready; report hot"},
		},
		"what is saved during a run that is not cancelled any more is for the next": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{app, "cancel web"},
			{WebBuilt{Run: 2, Canceled: true}, "hot web 3 [App.tsx]"},
			{app, "cancel web"},
			{WebBuilt{Run: 3, Canceled: true}, "hot web 4 [App.tsx]"},
			{edit("b.ts"), ""},
			{WebPatched{Run: 4}, "patch 4"},
			{patched(4), "publish; update [] reload=false hot; hot web 5 [b.ts]; report hot"},
		},
		"a sheet alone is swapped": {
			on,
			{edit("app.css"), "hot web 2 [app.css]; building"},
			{WebBuilt{Run: 2, Delta: Delta{CSS: []string{"/a.css"}}, Patched: true}, "publish; update [/a.css] reload=false; ready; report swapped"},
		},
		"the patch of a run that was cancelled holds what the next run builds": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{app, "cancel web"},
			{WebBuilt{Run: 2, Canceled: true}, "hot web 3 [App.tsx]"},
			{patched(3), "publish; update [] reload=false hot; ready; report hot"},
		},
		"a save of both sides reloads once, when the app is ready": {
			on,
			{Changed{Files: []string{"main.go", "App.tsx"}, Go: true, Web: []string{"App.tsx"}}, "go 2; web 2 [App.tsx]; building"},
			{WebBuilt{Run: 2, Delta: scripts}, ""},
			{GoBuilt{Run: 2, Binary: appB}, "publish; replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"the Go half comes a moment later": {
			on,
			{Changed{Files: []string{"App.tsx"}, Web: []string{"App.tsx"}, Held: true}, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{goEdit, "go 3"},
			{patched(2), ""},
			{GoBuilt{Run: 3, Binary: appB}, "publish; replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"an edit while Go is built is patched at once": {
			on,
			{goEdit, "go 2; building"},
			{app, "hot web 3 [App.tsx]"},
			{WebPatched{Run: 3}, "patch 3"},
			{patched(3), "publish; update [] reload=false hot; report hot"},
			{GoBuilt{Run: 2, Binary: appB}, "replace 2 with B; starting"},
			{Replaced{Generation: 2}, "update [] reload=true; ready; report reloaded"},
		},
		"bundles that no page has are not patched": {
			on,
			{Changed{Files: []string{"main.go", "App.tsx"}, Go: true, Web: []string{"App.tsx"}}, "go 2; web 2 [App.tsx]; building"},
			{WebBuilt{Run: 2, Delta: scripts}, ""},
			{app, "web 3 [App.tsx]"},
			{WebBuilt{Run: 3, Delta: scripts}, "publish; update [] reload=true; report reloaded"},
		},
		"patched, but the bundles are broken; mended": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{WebBuilt{Run: 2, Problems: badWeb, Patched: true}, "problems 1; failed; report broken"},
			{edit("b.ts"), "hot web 3 [App.tsx b.ts]; building"},
			{WebPatched{Run: 3}, "patch 3"},
			{patched(3), "publish; update [] reload=false hot; problems 0; ready; report hot"},
		},
		"a doubt of many pages is told once for each save": {
			on,
			{app, "hot web 2 [App.tsx]; building"},
			{WebPatched{Run: 2}, "patch 2"},
			{PageDoubted{URL: "/a", Reason: "x"}, "doubt x"},
			{PageDoubted{URL: "/b", Reason: "x"}, ""},
			{PageDoubted{URL: "/a", Reason: "y"}, "doubt y"},
			{patched(2), "publish; update [] reload=false hot; ready; report hot"},
			{app, "hot web 3 [App.tsx]; building"},
			{WebPatched{Run: 3}, "patch 3"},
			{PageDoubted{URL: "/a", Reason: "y"}, "doubt y"},
		},
		"a patched page is another page, and its errors are forgotten": {
			on,
			{PageFailed{Tab: "t", Page: "p.0", Build: 1, Problem: problem.Problem{Text: "no"}}, "problems 1; report no"},
			{PageShown{Tab: "t", Page: "p.1"}, "problems 0"},
		},
	})
}
