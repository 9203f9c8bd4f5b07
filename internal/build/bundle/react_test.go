package bundle

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// A release reaches React through one module for each of its parts, and behaves as
// before.
func TestReleaseSharesReact(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"package.json":                                           `{"dependencies": {"react": "19"}}`,
		"node_modules/react/package.json":                        `{"name": "react"}`,
		"node_modules/react/index.js":                            `module.exports = require("./cjs/react.production.js")`,
		"node_modules/react/jsx-runtime.js":                      `module.exports = require("./cjs/react-jsx-runtime.production.js")`,
		"node_modules/react/cjs/react.production.js":             "exports.useState = (x) => [x];\nexports.version = \"19\";\nexports.act = () => {};",
		"node_modules/react/cjs/react-jsx-runtime.production.js": "exports.Fragment = \"F\";\nexports.jsx = (type, props) => JSON.stringify([type, props]);\nexports.jsxs = exports.jsx;",
		"node_modules/other/index.js":                            `const react = require("react"); exports.same = (other) => react === other`,
		"main.jsx": `
			import React, { version } from "react"
			import * as all from "react"
			import { same } from "other"
			console.log(version, React.useState(1)[0], all.version, same(React), Object.keys(all).sort().join())
			console.log(<><b/></>)
			import("react").then((m) => console.log(m.default === React, m.version))`,
	}
	for i := range 20 {
		files[fmt.Sprintf("c%d.jsx", i)] = fmt.Sprintf(`import { useState } from "react"; export const C%d = () => { const [x] = useState(%[1]d); return <i>{x}</i> }; console.log(C%[1]d())`, i)
		files["main.jsx"] += fmt.Sprintf("\n import %q", fmt.Sprintf("./c%d", i))
	}
	build := func(files map[string]string) (script, prints string) {
		result := mustBuild(t, newBundler(t, servedFrom(t, Options{Dir: tree(t, files), EntryPoints: []string{"main.jsx"}, Release: true})))
		for url, o := range result.Outputs {
			if strings.HasSuffix(url, ".js") {
				script += string(o.Contents)
			}
		}
		return script, runInNode(t, result.Outputs, result.Entries)
	}
	shared, prints := build(files)
	other := maps.Clone(files) // laid out as React is not, so that it is left alone
	for _, name := range []string{"react", "react-jsx-runtime"} {
		other["node_modules/react/cjs/"+name+".min.js"] = files["node_modules/react/cjs/"+name+".production.js"]
		delete(other, "node_modules/react/cjs/"+name+".production.js")
	}
	for _, file := range []string{"index.js", "jsx-runtime.js"} {
		other["node_modules/react/"+file] = strings.Replace(files["node_modules/react/"+file], ".production.js", ".min.js", 1)
	}
	plain, want := build(other)
	if prints != want {
		t.Errorf("printed\n%s\nwant\n%s", prints, want)
	}
	if len(shared) > len(plain)*9/10 {
		t.Errorf("%d bytes, and %d without sharing", len(shared), len(plain))
	}
}
