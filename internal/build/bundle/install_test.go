package bundle

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuildUnresolved(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/main.ts":        "import './later'\n",
		"web/package.json":   `{"dependencies": {"react": "19"}}`,
		"web/pnpm-lock.yaml": "",
	})
	web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}})
	bad := web.Build(context.Background(), nil)
	if bad.Outputs != nil || !bad.Unresolved {
		t.Fatalf("missing import: %+v", bad)
	}
	later := write(t, dir, "web/later.ts", "import 'react'\nimport '@scope/absent/part'\n")
	bad = web.Build(context.Background(), []string{later})
	var notes []string
	for _, d := range bad.Diagnostics {
		notes = append(notes, d.Notes...)
	}
	want := []string{
		`react is in package.json but not installed: run "pnpm install" in web`,
		`@scope/absent is not in package.json: run "pnpm add @scope/absent" in web`,
	}
	slices.Sort(notes)
	slices.Sort(want)
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	write(t, dir, "web/node_modules/react/package.json", `{"name": "react", "main": "index.js"}`)
	write(t, dir, "web/node_modules/react/index.js", "module.exports = {}\n")
	write(t, dir, "web/later.ts", "import 'react'\n")
	mustBuild(t, web, later)
}

func TestPackageName(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"react": "react", "react/jsx-runtime": "react", "@mui/material/Button": "@mui/material",
		"./a": "", "../a": "", "/a": "", "": "", "#internal": "", "~/lib": "", "@/lib": "", "@scope": "",
		"node:fs": "", `C:\x`: "", "https://x.test/y": "",
	}
	for specifier, want := range tests {
		if got, ok := packageName(specifier); got != want || ok != (want != "") {
			t.Errorf("packageName(%q) = %q, %v, want %q", specifier, got, ok, want)
		}
	}
}

func TestBuildNoLoader(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts":   "import './page.scss'\nimport './data.yaml'\n",
		"page.scss": "a { b { color: red } }",
		"data.yaml": "a: 1",
	})
	result := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}}).Build(context.Background(), nil)
	if len(result.Diagnostics) != 2 {
		t.Fatalf("diagnostics = %+v, want two", result.Diagnostics)
	}
	for _, d := range result.Diagnostics {
		if len(d.Notes) == 0 || !strings.Contains(d.Notes[0], "[[generate]]") && !strings.Contains(d.Notes[0], "web.loader") {
			t.Errorf("notes of %q = %q, want a way out", d.Text, d.Notes)
		}
	}
}
