package config

import (
	"path/filepath"
	"slices"
	"testing"
)

// The entry points of a front end are what its pages load, the missing among them.
func TestEntryPointsOfPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
		mount string // that must not be assumed
	}{
		"a script that comes later": {map[string]string{"web/index.html": `<script type="module" src="/src/main.tsx"></script>`, "web/package.json": "{}"}, []string{"web/src/main.tsx"}, ""},
		"a relative one":            {map[string]string{"web/index.html": `<script type="module" src="./src/main.js"></script>`, "web/package.json": "{}"}, []string{"web/src/main.js"}, ""},
		"a script of the app's":     {map[string]string{"web/index.html": `<script type="module" src="/static/x.js"></script>`, "web/package.json": "{}"}, nil, ""},
		"no front end":              {map[string]string{"web/index.html": `<script type="module" src="/src/main.ts"></script>`}, nil, ""},
		"an inline script":          {map[string]string{"web/index.html": `<script type="module">import "./a"</script>`, "web/package.json": "{}"}, []string{"web/index.html"}, ""},
		"a directory of sources": {map[string]string{
			"web/index.html":        `<link rel="icon" href="/src/logo.css"><script type="module" src="/src/main.ts"></script>`,
			"web/nested/index.html": `<link rel="stylesheet" href="/src/other.css">`,
			"web/src/main.ts":       "", "web/src/logo.css": "", "web/src/other.css": "", "web/package.json": "{}",
		}, []string{"web/src/logo.css", "web/src/main.ts"}, "/src/"},
	} {
		root := tree(t, test.files)
		found, _, err := Discover(load(t, Options{Dir: root}), []Main{{ImportPath: "x", Dir: root}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range found.Web.EntryPoints {
			rel, _ := filepath.Rel(root, e)
			got = append(got, filepath.ToSlash(rel))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: entry points %q, want %q", name, got, test.want)
		}
		if dir, assumed := found.Web.Mounts[test.mount]; assumed {
			t.Errorf("%s: %s is assumed to be %s", name, test.mount, dir)
		}
	}
}
