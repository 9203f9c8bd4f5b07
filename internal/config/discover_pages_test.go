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

// What a Vite configuration says completes the settings, and what was written wins.
func TestViteConfiguration(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"devtool.toml":     "[web]\ndefine = { A = '\"mine\"' }\n",
		"web/package.json": "{}", "web/src/main.ts": "", "web/src/lib/x.ts": "", "web/static/a.txt": "",
		"web/index.html": `<script type="module" src="/src/main.ts"></script>`,
		"web/web.go":     "package web\n//go:embed all:out\nvar F embed.FS", "web/.gitignore": "out",
		"web/vite.config.ts": `export default { base: "/ui/", publicDir: "static", envPrefix: "APP_", appType: "mpa", build: { outDir: "out", assetsDir: "x" },
			define: { A: JSON.stringify("vite"), B: true, C: "1 + 1" },
			resolve: { alias: [{ find: "@", replacement: "/src/" }, { find: /^~(\w+)$/, replacement: "/src/lib/$1" }] }, plugins: [pwa()] }
			import pwa from "vite-plugin-pwa"`,
	})
	for _, production := range []bool{false, true} {
		c := load(t, Options{Dir: root})
		c.Production = production
		found, _, err := Discover(c, []Main{{ImportPath: "x", Dir: root}})
		if err != nil {
			t.Fatal(err)
		}
		w := found.Web
		if w.Base != "/ui/" || w.PublicPath != "/ui/x/" || w.PublicDir != filepath.Join(root, "web/static") || w.Mounts["/ui/"] != w.PublicDir || !w.NoFallback {
			t.Errorf("%+v", w)
		}
		if w.WriteDir != filepath.Join(root, "web/out/x") || w.Define["A"] != `"mine"` || w.Define["B"] != "true" || w.Define["C"] != "" {
			t.Errorf("write_dir %s, define %q", w.WriteDir, w.Define)
		}
		if want := (Rewrite{`^~(\w+)$`, filepath.Join(root, "web/src/lib") + "/${1}"}); w.Alias["@"] != filepath.Join(root, "web/src") || len(w.Rewrites) != 1 || w.Rewrites[0] != want {
			t.Errorf("alias %q, rewrites %+v", w.Alias, w.Rewrites)
		}
		if vars, _ := found.PageEnv([]string{"VITE_X=1", "APP_X=2"}, "development"); len(vars) != 1 || vars["APP_X"] != "2" {
			t.Errorf("pages see %q", vars)
		}
		var notes []string
		for _, n := range found.Notes {
			notes = append(notes, n.Text)
		}
		if len(notes) != 2 || !slices.Contains(found.Candidates, filepath.Join(root, "web/vite.config.ts")) {
			t.Errorf("notes %q", notes)
		}
	}
}
