package bundle

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// many is as many re-exports as are worth leaving out.
func many() string {
	var text strings.Builder
	for i := range worthPruning {
		fmt.Fprintf(&text, "export { default as Other%d } from './other%d.js'\n", i, i)
	}
	return text.String()
}

func TestPruned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"names":           {"export { default as A, b, c as D, default as Other } from 'x'", `export { default as A, b as b, c as D } from "x"`},
		"without a name":  {"export { else1, else2 } from 'x'", ""},
		"an object":       {"export * as A from 'x'; export * as E from 'y'", `export * as A from "x"`},
		"everything":      {"export * from 'x'", `export * from "x"`},
		"bare":            {"import 'x'", `import "x"`},
		"imported before": {"import * as index from './index'; import a, { e } from 'x'; export { index as icons, a as A }", "export { a as A };\nimport a, { e } from \"x\""},
		"default":         {"export { default } from 'x'", `export { default as default } from "x"`},
		"misspelt":        {"export { b1, bb, bcd } from 'x'; export { c1 } from 'y'", `export { b1 as b1, bb as bb } from "x"`},
		"types":           {"export type { A } from 'x'; import type { D } from 'y'; export type { D }", ""},
		"a directive":     {"'use client'\n/*! licence */ export { A } from 'x' // A", `export { A as A } from "x"`},
	} {
		names := map[string]bool{"A": true, "b": true, "D": true, "default": true}
		got, ok := pruned(test.text+"\n"+many(), api.LoaderTS, names)
		if got, want := strings.TrimSpace(strings.TrimSuffix(got, ";\n")), test.want; !ok || got != want {
			t.Errorf("%s: %q (%v), want %q", name, got, ok, want)
		}
	}
	for name, text := range map[string]string{
		"a call":           "setUp()",
		"a declaration":    "export const e = 1",
		"a default export": "export default 1",
		"a quoted name":    "export { e as 'e-f' } from 'x'",
		"attributes":       "export { default as E } from './e.json' with { type: 'json' }",
		"a mistake":        "export {",
	} {
		if got, ok := pruned(text+"\n"+many(), api.LoaderTS, map[string]bool{"A": true}); ok {
			t.Errorf("with %s: %q, want the file left alone", name, got)
		}
	}
	if got, ok := pruned("export { A, b } from 'x'", api.LoaderTS, map[string]bool{"A": true}); ok {
		t.Errorf("of a small file: %q, want it left alone", got)
	}
}

// Of a large package only the modules that are wanted are read, where that makes no
// difference.
func TestLargePackagesAreReadInPart(t *testing.T) {
	t.Parallel()
	const pure, size = `{"type": "module", "sideEffects": false}`, 2 * worthPruning
	greeting := func(files map[string]string) { files["node_modules/icons/icon7.js"] += "; console.log('loaded')" }
	for name, test := range map[string]struct {
		manifest string
		change   func(files map[string]string)
		prints   string
		whole    bool // all is read
	}{
		"nothing else":            {manifest: pure, prints: "[drawing of 1]\n"},
		"effects":                 {manifest: `{"type": "module"}`, change: greeting, prints: "loaded\n[drawing of 1]\n", whole: true},
		"effects of some modules": {manifest: `{"type": "module", "sideEffects": ["./icon7.js", "./index.js"]}`, change: greeting, prints: "loaded\n[drawing of 1]\n", whole: true},
		"looked up within the package": {manifest: pure, whole: true, prints: "[drawing of 8]\n", change: func(files map[string]string) {
			files["node_modules/icons/icon1.js"] = "import * as all from './index.js'; const n = 8; export default { toString: () => all['Icon' + n] }"
		}},
		"imported within the package": {manifest: pure, whole: true, prints: "[drawing of 8]\n", change: func(files map[string]string) {
			files["node_modules/icons/icon1.js"] = "import { Icon8 } from './index.js'; export default { toString: () => Icon8 }"
		}},
		"imported by another package": {manifest: pure, whole: true, prints: "[drawing of 9]\n", change: func(files map[string]string) {
			files["node_modules/theme/package.json"] = `{"type": "module"}`
			files["node_modules/theme/index.js"] = "import { Icon9 } from 'icons'; export default { toString: () => Icon9 }"
			files["node_modules/icons/icon1.js"] = "import theme from 'theme'; export default theme"
		}},
		"code of its own": {manifest: pure, whole: true, prints: "[drawing of 1]\n", change: func(files map[string]string) {
			files["node_modules/icons/index.js"] += "export const size = 24\n"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := barrel(size, test.manifest)
			files["main.ts"] = "import { Icon1 } from 'icons'; console.log(`${Icon1}`)"
			if test.change != nil {
				test.change(files)
			}
			dir := tree(t, files)
			split, whole, got, want := bothWays(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
			if split.Whole != "" || got != want || got != test.prints {
				t.Errorf("printed %q, want %q as one bundle does, %q; whole because of %q", got, test.prints, want, split.Whole)
			}
			read := func(inputs []string) (icons int) {
				for _, file := range inputs {
					if strings.HasPrefix(filepath.Base(file), "icon") {
						icons++
					}
				}
				return icons
			}
			if index := filepath.Join(dir, "node_modules/icons/index.js"); !slices.Contains(split.Inputs, index) {
				t.Errorf("%s is no input", index)
			}
			if icons := read(split.Inputs); (icons > size/2) != test.whole {
				t.Errorf("read %d of %d modules, all: want %v", icons, read(whole.Inputs), test.whole)
			}
		})
	}
}
