package refresh

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
)

// hookScripts are plain scripts, so that Babel reads them as we do.
var hookScripts = map[string]string{
	"state.js":      `export function App() { const [n, setN] = useState(0); return n }`,
	"renamed.js":    `export function App() { const [count, setN] = useState(0); return count }`,
	"lazy.js":       `export function App() { const [n] = useState(() => load(1, "a")); return n }`,
	"reducer.js":    `export function App() { const [s, d] = useReducer(reduce, { n: 1 }); return s }`,
	"ref.js":        `export function App() { const r = useRef(5); return r }`,
	"member.js":     `export function App() { const [n] = React.useState(1); React.useEffect(() => {}, []); return n }`,
	"arrow.js":      `export const App = () => { const v = useContext(Ctx); return v }`,
	"expression.js": `export const App = (p) => useMemo(() => p, [p])`,
	"function.js":   `const App = function () { useEffect(() => {}); return null }`,
	"pattern.js":    `export function App() { const { data, error: [first] } = useQuery("q"); return data }`,
	"custom.js":     `import { useFoo } from "./foo"; export function App() { const x = useFoo(1); useState(x); return x }`,
	"local.js":      `export function App() { const useHere = () => {}; useHere(); return 1 }`,
	"deep.js":       `import api from "./api"; export function App() { api.users.useList(); return 1 }`,
	"object.js":     `import api from "./api"; export function App() { api.useList(); return 1 }`,
	"global.js":     `export function App() { useNowhere(); return 1 }`,
	"forced.js":     "// @refresh reset\nexport function App() { useState(1) }",
	"none.js":       `export function App() { return user() + uses() }`,
	"chain.js":      `export function App() { const a = useFoo().bar; return a }`,
	"nestedCall.js": `export function App() { const a = useDeferredValue(useState(3)); return a }`,
	"twice.js":      `export function App() { useState(1) } export function Other() { useState(2) }`,
	"hook.js":       `export function useFoo() { return useState(1) }`,
	"text.js":       "export function App() { const [a] = useState(`x${1}`); const [b] = useState('it\\'s'); return a + b }",
}

// ownKeys returns the keys of the functions of a script, as Babel writes them.
func ownKeys(t *testing.T, name, text string) map[string][]any {
	t.Helper()
	module, err := Analyze("/x/"+name, text, api.LoaderJS)
	if err != nil {
		t.Fatal(err)
	}
	program := &Program{Module: func(string) *Module { return module }, Resolve: func(string, string) string { return "" }}
	program.Module = func(id string) *Module {
		if id == name {
			return module
		}
		return nil
	}
	keys := make(map[string][]any)
	for function, known := range module.Functions {
		if len(known.calls) > 0 {
			keys[function] = []any{strings.Join(known.calls, "\n"), program.of(member{name, function}).Reset}
		}
	}
	return keys
}

// laidOut matches what may differ in the text of an expression that means the same.
var laidOut = regexp.MustCompile("[\\s;'\"`]|return|\\\\")

func normalized(keys map[string][]any) map[string][]any {
	for name, key := range keys {
		text := laidOut.ReplaceAllString(key[0].(string), "")
		keys[name] = []any{strings.NewReplacer("=>{load(1,a)}", "=>load(1,a)").Replace(text), key[1]}
	}
	return keys
}

// TestKeysAreBabels compares with react-refresh's own transform, whose answers
// are in testdata/keys.json; with REFRESH_BABEL=directory of node_modules, they
// are asked for anew.
func TestKeysAreBabels(t *testing.T) {
	t.Parallel()
	var want map[string]map[string][]any
	golden := filepath.Join("testdata", "keys.json")
	if dir := os.Getenv("REFRESH_BABEL"); dir != "" {
		scripts, err := json.Marshal(hookScripts)
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), "node", "testdata/keys.mjs", dir)
		command.Stdin, command.Stderr = bytes.NewReader(scripts), os.Stderr
		text, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, pretty.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, script := range hookScripts {
		got := normalized(ownKeys(t, name, script))
		if diff := cmp.Diff(normalized(want[name]), got); diff != "" {
			t.Errorf("%s: %s\n(-Babel +ours)\n%s", name, script, diff)
		}
	}
}
