package bundle

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// manyModules writes a program of n small scripts, each with a tiny class and
// its own imports, and a main.ts that needs them all.
func manyModules(t testing.TB, n int) (dir string) {
	t.Helper()
	files := make(map[string]string)
	var main strings.Builder
	main.WriteString("import './page.css'\n")
	for i := range n {
		fmt.Fprintf(&main, "import { value%d } from './m/%d'\nconsole.log(value%d)\n", i, i, i)
		var text strings.Builder
		if 2*i+2 < n {
			fmt.Fprintf(&text, "import { value%d as left } from './%d'\nconsole.log(left)\n", 2*i+1, 2*i+1)
		}
		for line := range 20 {
			fmt.Fprintf(&text, "export function f%d(a: number, b: string): string { return b.repeat(a + %d) + `module ${a} of ${b}` }\n", line, line)
		}
		fmt.Fprintf(&text, "export const value%d = { name: 'module %d', call: f0(1, 'x') }\n", i, i)
		files[fmt.Sprintf("m/%d.ts", i)] = text.String()
	}
	files["main.ts"] = main.String()
	files["page.css"] = sheetOfRules(2000, 0)
	return tree(t, files)
}

func sheetOfRules(n, version int) string {
	var sheet strings.Builder
	for i := range n {
		fmt.Fprintf(&sheet, ".rule-%d > a:hover { color: rgb(%d %d 0); margin: %dpx }\n", i, i%256, version%256, i)
	}
	return sheet.String()
}

func timeFraction(i, n int) time.Duration { return time.Duration(i) / time.Duration(n) }

func TestSheetsAlone(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"main.ts":        "import './a.css'\nimport './lazy-caller'\nimport styles from './c.module.css'\nconsole.log(styles.x)\n",
		"lazy-caller.ts": "void import('./lazy'); import './b.css'\n",
		"lazy.ts":        "import './lazy.css'\n",
		"a.css":          "@import './deep.css'; a { color: red }",
		"b.css":          "b { color: red }",
		"deep.css":       "deep { background: url(x.svg) }",
		"lazy.css":       "lazy { color: red }",
		"c.module.css":   ".x { color: red }",
		"x.svg":          "<svg/>",
		"y.svg":          "<svg></svg>",
		"other.css":      "other { color: red }",
	})
	opts := Options{Dir: dir, EntryPoints: []string{"main.ts"}}
	web := newBundler(t, opts)
	mustBuild(t, web)

	file := func(name string) string { return filepath.Join(dir, name) }
	steps := []struct {
		name, file, text string
		sheetsOnly       bool
	}{
		{"the first edit proves", "a.css", "@import './deep.css'; a { color: green }", false},
		{"an imported sheet", "deep.css", "deep { background: url(x.svg); color: green }", true},
		{"a sheet of a chunk", "lazy.css", "lazy { color: green }", true},
		{"a warning", "b.css", "b { color: green; colr: blue }", true},
		{"a module", "c.module.css", ".x { color: green }", false},
		{"after a full build of the same shape", "b.css", "b { color: blue }", true},
		{"another image", "deep.css", "deep { background: url(y.svg) }", false},
		{"is proven anew", "deep.css", "deep { background: url(y.svg); color: red }", false},
		{"and used", "deep.css", "deep { background: url(y.svg); color: blue }", true},
		{"another import", "a.css", "@import './other.css'; a { color: green }", false},
		{"a script that imports another sheet", "lazy.ts", "import './lazy.css'; import './deep.css'\n", false},
	}
	for _, step := range steps {
		write(t, dir, step.file, step.text)
		got := mustBuild(t, web, file(step.file))
		if got.sheetsOnly != step.sheetsOnly {
			t.Errorf("%s: sheetsOnly = %v, want %v", step.name, got.sheetsOnly, step.sheetsOnly)
		}
		compareWithFull(t, step.name, opts, got)
	}
}

// compareWithFull fails the test unless a new bundler gives the same result.
func compareWithFull(t testing.TB, name string, opts Options, got Result) {
	t.Helper()
	want := mustBuild(t, newBundler(t, opts))
	for url, output := range want.Outputs {
		if !output.same(got.Outputs[url]) {
			t.Errorf("%s: %s differs from a full build:\n%s\nwant\n%s", name, url, got.Outputs[url].Contents, output.Contents)
		}
	}
	for url := range got.Outputs {
		if _, ok := want.Outputs[url]; !ok {
			t.Errorf("%s: %s is in no full build", name, url)
		}
	}
	if len(got.Diagnostics) != len(want.Diagnostics) {
		t.Errorf("%s: diagnostics = %+v, want %+v", name, got.Diagnostics, want.Diagnostics)
	}
	if strings.Join(got.Inputs, "\n") != strings.Join(want.Inputs, "\n") {
		t.Errorf("%s: inputs = %q, want %q", name, got.Inputs, want.Inputs)
	}
}
