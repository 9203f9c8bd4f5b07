//go:build !race

package bundle

import (
	"strings"
	"testing"
)

// TestOutputsNameNoAbsolutePath checks names of modules and source maps. Not with
// the race detector, which stops at esbuild 0.28's own renamer of symbols.
func TestOutputsNameNoAbsolutePath(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/main.ts": `import "dep"; import text from "./a.txt?raw"; import icon from "./b.svg?url"; import data from "./b.svg?inline"; import { named } from "esm"
			const pages = import.meta.glob("./p/*.ts"); const eager = import.meta.glob("./p/*.ts", { eager: true })
			new Worker(new URL("./w.ts", import.meta.url), { type: "module" }); console.log(text, icon, data, pages, eager, named, new URL("./b.svg", import.meta.url))
			console.log((await import("./late.cjs")).default)`,
		"web/late.cjs": `module.exports = require("./a.txt?raw")`,
		"web/a.txt":    "text", "web/b.svg": "<svg/>", "web/p/one.ts": "export const one = 1", "web/w.ts": "import './w2'", "web/w2.ts": "console.log(2)",
		"web/node_modules/dep/package.json": `{}`,
		"web/node_modules/dep/index.js":     "exports.f = n => require(`./l/v${n}.js`)",
		"web/node_modules/dep/l/v1.js":      "exports.a = 1",
		"web/node_modules/dep/l/v2.js":      "exports.a = 2",
		"web/node_modules/esm/package.json": `{"type": "module"}`,
		"web/node_modules/esm/index.js":     "export const named = 1; export default 2",
	})
	real := newPathMapper(dir).resolved
	for _, split := range []bool{true, false} {
		web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}, SplitPackages: split})
		for url, output := range mustBuild(t, web).Outputs {
			if at := strings.Index(string(output.Contents), real); at >= 0 {
				text := string(output.Contents)
				t.Errorf("%s holds …%s…", url, text[max(0, at-80):min(len(text), at+len(real)+60)])
			}
		}
	}
}
