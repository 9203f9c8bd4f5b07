package devserver

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/build/bundle"
)

// TestWithSources lets a page name sources, as in a Vite project.
func TestWithSources(t *testing.T) {
	t.Parallel()
	outputs := bundle.Outputs{
		"/assets/main.js":  {Path: "/assets/main.js", Contents: []byte("main"), Hash: "1", Type: "js"},
		"/assets/main.css": {Path: "/assets/main.css", Contents: []byte("p{}"), Hash: "2", Type: "css"},
		"/assets/site.css": {Path: "/assets/site.css", Contents: []byte("q{}"), Hash: "3", Type: "css"},
		"/assets/bare.js":  {Path: "/assets/bare.js", Contents: []byte("bare"), Hash: "4", Type: "js"},
		"/taken.js":        {Path: "/taken.js", Contents: []byte("mine"), Hash: "5", Type: "js"},
	}
	entries := []bundle.Entry{
		{Source: "web/src/main.tsx", URL: "/assets/main.js", CSS: []string{"/assets/main.css"}},
		{Source: "web/site.css", URL: "/assets/site.css"},
		{Source: "web/bare.ts", URL: "/assets/bare.js"},
		{Source: "web/taken.js", URL: "/assets/bare.js"},
		{Source: "other/x.ts", URL: "/assets/bare.js"},
	}
	got := withSources(outputs, nil, entries, "/p", "/p/web")
	added := slices.DeleteFunc(slices.Sorted(maps.Keys(got)), func(url string) bool { _, was := outputs[url]; return was })
	if diff := cmp.Diff([]string{"/bare.ts", "/site.css", "/src/main.tsx"}, added); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	if sheet := got["/site.css"]; sheet.Path != "/site.css" || string(sheet.Contents) != "q{}" || sheet.Type != "css" {
		t.Errorf("a sheet is %+v, want what is bundled", sheet)
	}
	if text := string(got["/src/main.tsx"].Contents); !strings.Contains(text, `["/assets/main.css"]`) || !strings.Contains(text, `import("/assets/main.js")`) {
		t.Errorf("a script with sheets is\n%s", text)
	}
	if text := string(got["/bare.ts"].Contents); text != "export * from \"/assets/bare.js\";\n" {
		t.Errorf("a script without is %q", text)
	}
	if got := got["/taken.js"]; string(got.Contents) != "mine" {
		t.Errorf("an output was replaced by %q", got.Contents)
	}

	edited := maps.Clone(outputs)
	edited["/assets/main.css"] = bundle.Output{Path: "/assets/main.css", Contents: []byte("p{x}"), Hash: "6", Type: "css"}
	if d := bundle.Diff(got, withSources(edited, nil, entries, "/p", "/p/web")); d.NeedsReload() || len(d.CSS) != 1 {
		t.Errorf("an edited sheet is %+v, want one swap", d)
	}
}
