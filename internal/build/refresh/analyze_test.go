package refresh

import (
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
)

func analyze(t *testing.T, text string) *Module {
	t.Helper()
	module, err := Analyze("/x/App.tsx", text, api.LoaderTSX)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func TestComponents(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"export function App() {}":                                    true,
		"export default function App() {}":                            true,
		"export default function () {}":                               true, // esbuild calls it App_default
		"export default () => <b/>":                                   true,
		"export default function app() {}":                            false,
		"export const App = () => <b/>":                               true,
		"export const app = () => <b/>":                               false,
		"export const App = function () {}":                           true,
		"export const App = memo(() => <b/>)":                         true,
		"export const app = React.memo(React.forwardRef(() => <b/>))": true,
		"export default memo(() => <b/>)":                             true,
		"export default React.forwardRef(function (p, r) {})":         true,
		"export const App = observer(() => <b/>)":                     true,
		"export const App = withRouter(Inner)":                        true,
		"export const App = connect(state)(Inner)":                    true,
		"export const App = styled.div`color: red`":                   true,
		"export const App = styled(Button)`color: red`":               true,
		"export const App = styled('div')({ color: 'red' })":          true,
		"export class App extends Component {}":                       true,
		"export class App {}":                                         false,
		"export const App = createContext(1)":                         false,
		"export const App = React.lazy(() => import('./x'))":          false,
		"export const App = { a: 1 }":                                 false,
		"export const App = 'x'":                                      false,
		"export const App = new Store()":                              false,
		"export const App = z.object({ a: 1 })":                       false,
		"export enum App { A }":                                       false,
		"import { Row } from './row'; export { Row }":                 true,
		"export { Row } from './row'":                                 true,
		"export { row } from './row'":                                 false,
		"export { default as Row } from './row'":                      true,
		"const A = () => <b/>; export { A as b }":                     true,
		"const A = () => <b/>; export default A":                      true,
		"const A = 5; export default A":                               false,
		"const A = () => <b/>; export const B = A":                    true,
		"export const [App, other] = both()":                          false,
		"export const App = Object.assign(Inner, { Item })":           true,
		"export const App = List.Item":                                true,
		"export const Menu = { Root: A, Item: B }":                    true,
		"export const Menu = { Root, Item }; function Root() {} ":     true,
	} {
		for name, export := range analyze(t, text).Exports {
			if name == "other" {
				continue
			}
			if export.Component != want {
				t.Errorf("%s: %s may be a component: %v, want %v", text, name, export.Component, want)
			}
		}
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Module{
		"if (import.meta.hot) import.meta.hot.accept()":                         {AcceptsSelf: true},
		"import.meta.hot?.accept((m) => {})":                                    {AcceptsSelf: true},
		"import.meta.hot?.accept('./a', () => {})":                              {Accepts: []string{"./a"}},
		"import.meta.hot!.accept(['./a', './b'], () => {})":                     {Accepts: []string{"./a", "./b"}},
		"import.meta.hot.dispose(() => {})":                                     {},
		"// import.meta.hot.accept()\nconst s = 'import.meta.hot.accept()'":     {},
		"other.hot.accept()":                                                    {},
		"const x = import('./a'); const y = import(`./b`); import(`./${x}.js`)": {Lazy: []string{"./a", "./b"}, LazyUnknown: true},
	} {
		m := analyze(t, text)
		got := Module{AcceptsSelf: m.AcceptsSelf, Accepts: m.Accepts, Lazy: m.Lazy, LazyUnknown: m.LazyUnknown}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Module{}, Function{}), cmp.FilterPath(func(p cmp.Path) bool { return strings.Contains(p.String(), "nested") }, cmp.Ignore())); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

// program joins scripts by their names: "./foo" is foo.
func program(t *testing.T, scripts map[string]string) *Program {
	t.Helper()
	modules := make(map[string]*Module)
	for name, text := range scripts {
		modules[name] = analyze(t, text)
	}
	return &Program{
		Module:  func(id string) *Module { return modules[id] },
		Resolve: func(_, specifier string) string { return strings.TrimPrefix(specifier, "./") },
	}
}

// TestSignaturesFollowHooks changes one script, and looks whether the components
// of App may keep their state.
func TestSignaturesFollowHooks(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{
		"app":    "import { useA } from './barrel'; import * as hooks from './hooks'; import { with1 } from './hoc'; import { useQuery } from 'query'\nexport default function App() { useA(); hooks.useB(); useQuery('q') }\nexport const Wrapped = with1(App)\nexport const Plain = () => <b/>\nexport const Inner = memo(() => { useState(0) })",
		"barrel": "export * from './other'; export * from './hooks'",
		"other":  "export const nothing = 1",
		"hooks":  "import { useDeep } from './deep'; export function useA() { useState(1); return useDeep() } export const useB = () => useRef(1)",
		"deep":   "export default 1; export const useDeep = () => { useEffect(() => {}) }",
		"hoc":    "export const with1 = (C) => function With() { const [n] = useState(1); return <C n={n}/> }",
		"lone":   "import { useA } from './hooks'; const x = { run() { useState(1); useA() } }; export const App = () => <b/>",
	}
	for _, test := range []struct {
		script, from, to string
		in               string
		changed          []string
	}{
		{"deep", "useEffect(() => {})", "useEffect(() => { more() })", "app", nil},
		{"deep", "useEffect(() => {})", "useEffect(() => {}); useRef()", "app", []string{"App"}},
		{"hooks", "useState(1)", "useState(2)", "app", []string{"App"}},
		{"hooks", "useRef(1)", "[useRef(1), useRef(1)]", "app", []string{"App"}},
		{"hoc", "useState(1)", "useState(2)", "app", []string{"Wrapped"}},
		{"hoc", "<C", "<C a", "app", nil},
		{"app", "useQuery('q')", "useQuery('r')", "app", nil},
		{"app", "useState(0)", "useState(1)", "app", []string{"Inner"}},
		{"app", "useA(); ", "", "app", []string{"App"}},
		{"lone", "useState(1)", "useState(2)", "lone", []string{"App"}},
		{"hooks", "useState(1)", "useState(9)", "lone", []string{"App"}},
		{"hooks", "useState(1)", "useState(\n1 /* one */ )", "app", nil},
	} {
		before := program(t, scripts).Signatures(test.in)
		edited := make(map[string]string)
		for name, text := range scripts {
			edited[name] = text
		}
		edited[test.script] = strings.Replace(scripts[test.script], test.from, test.to, 1)
		if edited[test.script] == scripts[test.script] {
			t.Fatalf("%q is not in %s", test.from, test.script)
		}
		after := program(t, edited).Signatures(test.in)
		var changed []string
		for name := range before {
			if before[name] != after[name] {
				changed = append(changed, name)
			}
		}
		if slices.Sort(changed); !slices.Equal(changed, test.changed) {
			t.Errorf("%s: %q for %q: %q are reset, want %q", test.script, test.to, test.from, changed, test.changed)
		}
	}
}

func TestHooksThatCallOneAnother(t *testing.T) {
	t.Parallel()
	p := program(t, map[string]string{
		"app": "import { useA } from './b'; export function useB() { useState(1); useA() } export const App = () => useB()",
		"b":   "import { useB } from './app'; export function useA() { useB(); useRef() }",
	})
	if p.Signatures("app")["App"].Key == "" {
		t.Error("App has no signature")
	}
}

func TestScanText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		loader api.Loader
		esm    bool
		names  []string
	}{
		{"import a from './a'\nconst Row = 1\nexport class App {}\n", api.LoaderJS, true, []string{"Row"}},
		{"\ufeff#!/usr/bin/env node\n// x\n/* y */ 'use client'\nimport './a'", api.LoaderJS, true, nil},
		{"const a = require('./a')\nmodule.exports = a\n", api.LoaderJS, false, nil},
		{"/*\nimport it with require\n*/\nexports.a = 1", api.LoaderJS, false, nil},
		{"`\nexport`\nmodule.exports = 1", api.LoaderJS, false, nil},
		{"import('./a').then(exports.x)", api.LoaderJS, false, nil},
		{"interface A {}\nexport const a = 1", api.LoaderTS, true, nil},
		{"import fs = require('fs')\nexport = fs", api.LoaderTS, false, nil},
		{"console.log(1)", api.LoaderTS, false, nil},
		{"if (import.meta.hot) import.meta.hot.accept()", api.LoaderTS, true, nil},
		{"important()\nexportant()", api.LoaderJS, false, nil},
		{"const x = 1; export { x }", api.LoaderJS, true, nil},
		{"async function Load() {}\nexport default Load", api.LoaderJS, true, []string{"Load"}},
		{"export default function App() {}", api.LoaderJS, true, []string{"App"}},
		{"export * as x from './a'", api.LoaderJS, true, nil},
		{"import{a}from'./a'", api.LoaderJS, true, nil},
	} {
		scan, esm := ScanText("/x/a.ts", test.text, test.loader)
		if esm != test.esm || !slices.Equal(scan.Components, test.names) {
			t.Errorf("%q: a module: %v, want %v; components %q, want %q", test.text, esm, test.esm, scan.Components, test.names)
		}
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, text := range hookScripts {
		f.Add(text)
	}
	f.Add("export const [a, {b: [c], ...d}] = x; export * as e from 'f'; class A extends B { static { useX() } }")
	f.Fuzz(func(t *testing.T, text string) {
		module, err := Analyze("/x/a.tsx", text, api.LoaderTSX)
		if err == nil {
			program := &Program{Module: func(string) *Module { return module }, Resolve: func(_, s string) string { return s }}
			program.Signatures("a")
		}
		ScanText("/x/a.tsx", text, api.LoaderTSX)
	})
}
