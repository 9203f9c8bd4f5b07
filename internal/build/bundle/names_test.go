package bundle

import (
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
)

func TestNamesOf(t *testing.T) {
	t.Parallel()
	all := wish{all: true}
	some := func(names ...string) wish {
		w := wish{names: map[string]bool{}}
		for _, name := range names {
			w.names[name] = true
		}
		return w
	}
	tests := map[string]map[string]wish{
		`import "a"; import 'b'`:                                                                 {"a": some(), "b": some()},
		`import { x, y as z } from "a"; import { w } from 'a'`:                                   {"a": some("x", "y", "w")},
		"import {\n  x, // one\n  y,\n} from \"a\"":                                              {"a": some("x", "y")},
		`import D, { default as E, x } from "a"; import F from "b"`:                              {"a": some("default", "x"), "b": some("default")},
		`export { x as y, default } from "a"`:                                                    {"a": some("x", "default")},
		`export * from "a"; export * as b from "b"`:                                              {"a": all, "b": all},
		`import { type T, x } from "a"; import type { U } from "b"`:                              {"a": some("x")},
		`import { T } from "a"; let t: T`:                                                        {"a": some("T")},
		`import * as N from "a"; N.x(); N.y.z; <N.W a="1" />`:                                    {"a": some("x", "y", "W")},
		`import D, * as N from "a"; N.x`:                                                         {"a": some("default", "x")},
		`import * as N from "a"; f(N)`:                                                           {"a": all},
		`import * as N from "a"; N.x; N[k]`:                                                      {"a": all},
		`import * as N from "a"; ({ ...N })`:                                                     {"a": all},
		`import * as N from "a"; N?.x`:                                                           {"a": all},
		`import * as N from "a"; export { N }`:                                                   {"a": all},
		`import * as N$ from "a"; N$.x; N$$; aN$.y; N$1.z`:                                       {"a": some("x")},
		`import * as Ä from "a"; Ä.ö; Äh.y`:                                                      {"a": some("ö")},
		`import { x } from "it's"; import { y } from 'a"b'`:                                      {"it's": some("x"), `a"b`: some("y")},
		"const text = `\nimport { z } from \"a\"\n`; import { x } from \"a\"":                    {"a": some("x", "z")},
		`import * as N from "a"; export class A extends N.B {}` + "\n" + `import { c } from "b"`: {"a": some("B"), "b": some("c")},
		`const x = require("a"); import("b").then(m => m.y)`:                                     {},
		`import { x } from "a" with { type: "json" }`:                                            {"a": some("x")},
	}
	for text, want := range tests {
		got, ok := namesOf(text, api.LoaderTSX)
		same := cmp.Comparer(func(a, b wish) bool { return a.covers(b) && b.covers(a) })
		if diff := cmp.Diff(want, got, same); diff != "" || !ok {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if _, ok := namesOf(`import { x from "a"`, api.LoaderTS); ok {
		t.Error("a script that does not parse gives names")
	}
}
