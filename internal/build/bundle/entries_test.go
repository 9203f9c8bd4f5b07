package bundle

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestMissingEntry(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"web/src/main.ts": "", "web/src/app.css": "", "web/src/README.md": ""})
	tests := []struct {
		entry  string
		nearby []string
	}{
		{"web/src/main.tsx", []string{"web/src/main.ts", "web/src/app.css"}},
		{"web/src/none/index.ts", []string{"web/src/app.css", "web/src/main.ts"}},
		{"web/src", nil},
	}
	for _, test := range tests {
		_, err := New(Options{Dir: dir, EntryPoints: []string{test.entry}})
		var missing *MissingEntryError
		if !errors.As(err, &missing) {
			t.Errorf("New with %s: %v, want a MissingEntryError", test.entry, err)
			continue
		}
		if missing.Entry != test.entry || !slices.Equal(missing.Nearby, test.nearby) {
			t.Errorf("New with %s: %+v, want nearby %q", test.entry, missing, test.nearby)
		}
	}
	for _, opts := range []Options{
		{Dir: dir},
		{Dir: "relative", EntryPoints: []string{"main.ts"}},
		{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Target: "es1999"},
		{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Loader: map[string]string{".x": "nope"}},
	} {
		if _, err := New(opts); err == nil {
			t.Errorf("New(%+v) succeeded", opts)
		}
	}
}

func TestEntryNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ sources, want []string }{
		{[]string{"web/src/main.tsx", "web/app.css"}, []string{"main", "app"}},
		{[]string{"web/main.ts", "web/main.css"}, []string{"main", "main"}},
		{[]string{"web/admin/main.ts", "web/shop/main.ts", "web/extra.ts"}, []string{"admin/main", "shop/main", "extra"}},
		{[]string{"main.ts", "sub/main.ts"}, []string{"main", "sub/main"}},
		{[]string{"web/src/main.page.tsx"}, []string{"main.page"}},
	}
	for _, test := range tests {
		var entries []entryPoint
		for _, source := range test.sources {
			entries = append(entries, entryPoint{file: "/p/" + source, source: source})
		}
		if got := entryNames(entries); !slices.Equal(got, test.want) {
			t.Errorf("entryNames(%q) = %q, want %q", test.sources, got, test.want)
		}
	}
}

// The path of a project may hold what esbuild, JSON or URLs take for a sign.
func TestOddProjectPaths(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("file names there hold no such signs")
	}
	for i, name := range []string{"st*r", `back\slash`, `back\new`, `quo"te`, "per%cent", "que?stion", "ha#sh", "bra[ck]{et}", "sp ace", "ümlaut"} {
		for _, split := range []bool{false, true} {
			t.Run(fmt.Sprint(i, split), func(t *testing.T) {
				t.Parallel()
				parent := t.TempDir()
				dir := filepath.Join(parent, name)
				for file, text := range map[string]string{
					"web/main.ts":                     `import "./page.css"; import logo from "./logo.svg"; import { Icon } from "icons"; import cjs from "cjs"; import("./later").then(m => console.log(logo.length > 0, Icon, cjs, m.default))`,
					"web/page.css":                    `b { background: url(./logo.svg) }`,
					"web/logo.svg":                    `<svg/>`,
					"web/later.ts":                    `export default "later"`,
					"node_modules/icons/package.json": `{"type": "module"}`,
					"node_modules/icons/index.js":     `export const Icon = "icon", other = 1`,
					"node_modules/cjs/package.json":   `{}`,
					"node_modules/cjs/index.js":       `module.exports = "cjs"`,
				} {
					write(t, dir, file, text)
				}
				web := newBundler(t, servedFrom(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}, SplitPackages: split}))
				result := mustBuild(t, web)
				if result.Whole != "" {
					t.Errorf("whole because of %q", result.Whole)
				}
				if got, want := runInNode(t, result.Outputs, result.Entries), "true icon cjs later\n"; got != want {
					t.Errorf("printed %q, want %q", got, want)
				}
				if len(result.Entries) != 1 || len(result.Entries[0].CSS) != 1 {
					t.Errorf("entries %+v, want a sheet", result.Entries)
				}
				sheet := write(t, dir, "web/page.css", `i { color: red }`)
				if again := mustBuild(t, web, sheet); len(Diff(result.Outputs, again.Outputs).CSS) != 1 {
					t.Errorf("an edit of the sheet changed %+v", Diff(result.Outputs, again.Outputs))
				}
			})
		}
	}
}

// A sheet may be an entry point beside a script of its name, which gets sheets
// of its own sooner or later.
func TestSheetNamedLikeAScript(t *testing.T) {
	t.Parallel()
	for name, imports := range map[string]string{"its own sheet": `import "./theme.css"`, "a package's": `import "styled"`, "lazily": `import("./part")`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"web/app.ts": "", "web/app.css": ".entry { color: red }", "web/theme.css": ".theme { color: red }", "web/part.ts": `import "./theme.css"`,
				"node_modules/styled/package.json": "{}", "node_modules/styled/index.js": `import "./theme.css"`, "node_modules/styled/theme.css": ".theme { color: red }",
			})
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/app.css", "web/app.ts"}, SplitPackages: true})
			first := mustBuild(t, web)
			if first.Entries[0].URL != "/assets/app.css" || first.Entries[1].URL != "/assets/app.js" {
				t.Errorf("entries %+v", first.Entries)
			}
			result := mustBuild(t, web, write(t, dir, "web/app.ts", imports))
			sheet, script := result.Entries[0], result.Entries[1]
			if text := string(result.Outputs[sheet.URL].Contents); !strings.Contains(text, ".entry") || strings.Contains(text, ".theme") {
				t.Errorf("%s holds %q", sheet.URL, text)
			}
			if script.URL != "/assets/app.js" || len(script.CSS) != 1 || !strings.Contains(string(result.Outputs[script.CSS[0]].Contents), ".theme") {
				t.Errorf("the script's entry is %+v", script)
			}
			again := mustBuild(t, web, write(t, dir, "web/app.css", ".entry { color: blue }"))
			if delta := Diff(result.Outputs, again.Outputs); !slices.Equal(delta.CSS, []string{sheet.URL}) {
				t.Errorf("an edit of the sheet changed %+v", delta)
			}
		})
	}
}
