package bundle

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestScanFindsPackages compares the packages that a scan makes of a program
// with those that the build of it asks for.
func TestScanFindsPackages(t *testing.T) {
	t.Parallel()
	packages := map[string]string{"tsconfig.json": `{"compilerOptions": {"paths": {"@/*": ["./web/*"]}}}`}
	for _, name := range []string{"cjs", "lone", "deep", "typed"} {
		packages["node_modules/"+name+"/index.js"] = "exports.a = 1"
	}
	for _, name := range []string{"esm", "icons", "later", "spare"} {
		packages["node_modules/"+name+"/package.json"] = `{"type": "module", "sideEffects": false, "main": "index.js"}`
		packages["node_modules/"+name+"/index.js"] = "export const a = 1, b = 2, c = 3; export default 4"
	}
	for name, files := range map[string]map[string]string{
		"names":          {"web/main.ts": "import d, { a } from 'esm'\nimport * as i from 'icons'\nimport { a as t } from 'typed'\nlet x: t\nconsole.log(d, a, i.b)"},
		"on demand":      {"web/main.ts": "import('./page')\nimport('lone')", "web/page.ts": "import { a } from 'later'\nimport 'cjs'\nconsole.log(a)"},
		"both":           {"web/main.ts": "import('./page'); import './other'", "web/page.ts": "import { a } from 'later'\nconsole.log(a)", "web/other/index.ts": "export * from 'later'"},
		"aliases":        {"web/main.ts": "import '@/a'\nimport '/web/b.ts'\nimport './c.js'\nimport raw from './d.txt?raw'\nconsole.log(raw)", "web/a.ts": "import 'cjs'", "web/b.ts": "import('@/late')", "web/late.tsx": "import { b } from 'esm'\nconsole.log(b)", "web/c.ts": "require('deep')", "web/d.txt": "d"},
		"globs":          {"web/main.ts": "console.log(import.meta.glob('./pages/*.ts', { eager: true }), import.meta.glob('./late/*.ts'))", "web/pages/a.ts": "import 'cjs'", "web/late/b.ts": "import { a } from 'later'\nconsole.log(a)"},
		"no package":     {"web/main.ts": "import './a'", "web/a.ts": "console.log(1)"},
		"types alone":    {"web/main.ts": "import { a } from 'typed'\nimport type { b } from 'esm'\nlet x: a"},
		"named in a way": {"web/main.ts": "import './x/y/../../a'\nimport './a?v=1'", "web/a.ts": "import('cjs'); import { c } from 'spare'; console.log(c)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := maps.Clone(packages)
			maps.Copy(all, files)
			web := newBundler(t, Options{Dir: tree(t, all), EntryPoints: []string{"web/main.ts"}, SplitPackages: true})
			if !web.packages.beginScan() {
				t.Fatal("there is no scan")
			}
			built, _ := web.program.rebuild(t.Context())
			guess := map[string]stub{}
			if graph := web.packages.endScan(built, web.program.reads); graph != nil {
				guess = web.packages.imported(graph)
			}
			mustBuild(t, web)
			type taken struct {
				Bundle string
				Static bool
				All    bool
				Names  map[string]bool
			}
			of := func(stubs map[string]stub) map[string]taken {
				found := make(map[string]taken)
				for file, s := range stubs {
					found[web.layout.shown(file)] = taken{s.bundle, s.static, s.all, s.names}
				}
				return found
			}
			if diff := cmp.Diff(of(web.packages.imported(web.last.graph)), of(guess)); diff != "" {
				t.Errorf("packages (-of the build +of the scan)\n%s", diff)
			}
		})
	}
}
