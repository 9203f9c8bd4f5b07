package bundle

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTemplateImportsAreSets: a file that a template import would reach belongs
// to the program before it is there.
func TestTemplateImportsAreSets(t *testing.T) {
	t.Parallel()
	const one = "console.log(1)\n"
	for name, test := range map[string]struct {
		script        string
		file          string // that is there
		comes, others []string
	}{
		"import":           {"import(`./pages/${n}.ts`)", "web/pages/a.ts", []string{"web/pages/b.ts", "web/pages/deep/c.ts"}, []string{"web/pages/b.css", "web/b.ts"}},
		"require, by +":    {"require('./pages/' + n + '.js')", "web/pages/a.js", []string{"web/pages/b.js"}, []string{"web/pages/b.ts"}},
		"outside":          {"import(`../shared/${n}`)", "shared/a.ts", []string{"shared/b.ts", "shared/c.css"}, []string{"web/b.ts"}},
		"a part of a name": {"import(`./pages/page-${n}.ts`)", "web/pages/page-a.ts", []string{"web/pages/page-b.ts"}, []string{"web/pages/b.ts"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{"web/main.ts": "globalThis.load = n => " + test.script, test.file: one})
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}})
			check := func(when string, globs []Glob) {
				t.Helper()
				matches := func(name string) bool {
					file := filepath.Join(dir, filepath.FromSlash(name))
					return slices.ContainsFunc(globs, func(g Glob) bool { return g.Match(file) })
				}
				for _, name := range test.comes {
					if !matches(name) {
						t.Errorf("%s: %s is of none of %+v", when, name, globs)
					}
				}
				for _, name := range test.others {
					if matches(name) {
						t.Errorf("%s: %s is of one of %+v", when, name, globs)
					}
				}
			}
			check("built", mustBuild(t, web).Globs)

			// A new bundler has no good build to remember.
			web = newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}})
			home := filepath.Dir(filepath.Join(dir, filepath.FromSlash(test.file)))
			if err := os.RemoveAll(home); err != nil {
				t.Fatal(err)
			}
			result := web.Build(context.Background(), nil)
			if result.Outputs != nil {
				t.Fatalf("a build without %s succeeds: it needs no set", home)
			}
			check("without the directory", result.Globs)
		})
	}
}
