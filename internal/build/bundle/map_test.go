package bundle

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-sourcemap/sourcemap"
)

// Whatever is done to them on the way, 70 marked places in scripts, sheets,
// packages and workers must be found again, to the line and column, through the source maps.
func TestSourceMapsAreExact(t *testing.T) {
	t.Parallel()
	const marks = 70
	files := map[string]string{
		"web/shared.ts":           "export const shared = { once: 'ü' }\n",
		"node_modules/p/index.js": "export const p = 'p' // ü\n",
	}
	type place struct {
		source       string
		line, column int // from 1 and from 0, as source maps count
	}
	units := func(text string) int { return len(utf16.Encode([]rune(text))) } // as columns are counted
	want := make(map[string]place)
	add := func(source, line, mark string) {
		text := files[source]
		want[mark] = place{source, strings.Count(text, "\n") + 1, units(line[:strings.Index(line, mark)])}
		files[source] = text + line + "\n"
	}
	for i := range marks {
		name := fmt.Sprintf("mark%dend", i)
		switch i % 7 {
		case 0: // types vanish, JSX becomes calls
			files["web/main.tsx"] += fmt.Sprintf("enum E%d { A, B }; declare function t%d(e: E%d): void; void (<i/>);\n", i, i, i)
			add("web/main.tsx", fmt.Sprintf("    if (E%d.A as number > -1) { globalThis.%s(<b title='ü'>{E%d.B}</b>) }", i, name, i), name)
		case 1: // in a shared chunk
			add("web/shared.ts", fmt.Sprintf("export function f%d(this: void) { return globalThis.%s() }; f%d()", i, name, i), name)
		case 2: // in a lazy chunk
			add("web/lazy.ts", fmt.Sprintf("const x%d: number = 0; globalThis.%s(x%d)", i, name, i), name)
		case 3:
			add("web/page.css", fmt.Sprintf("a { color: red } .%s { color: blue }", name), "."+name)
		case 4: // in the bundle of packages
			add("node_modules/p/index.js", fmt.Sprintf("export  function  f%d () { const x = 1, y = 'ü'; globalThis.%s(x, y) }", i, name), name)
		case 5: // beside what is replaced
			add("web/glob.tsx", fmt.Sprintf("/* ü */ new Worker(new URL('./w.ts', import.meta.url)); import.meta.glob<any>( './p*.ts' ); globalThis.%s(<i>{import.meta.url}</i>)", name), name)
		case 6:
			add("web/w.ts", fmt.Sprintf("const v%d: string = 'ü'; globalThis.%s(v%d as any)", i, name, i), name)
		}
	}
	files["web/main.tsx"] += "import { shared } from './shared'\nimport * as p from 'p'\nimport './glob'\nimport './page.css'\nvoid import('./lazy'); console.log(shared, p)\nfunction React() {}\n"
	files["web/other.ts"] = "import { shared } from './shared'\nconsole.log(shared)\n"
	dir := tree(t, files)
	result := mustBuild(t, newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.tsx", "web/other.ts"}, SplitPackages: true}))

	found := 0
	for url, output := range result.Outputs {
		if strings.HasSuffix(url, ".map") {
			continue
		}
		text := result.Outputs[url+".map"].Contents
		if _, inline, ok := bytes.Cut(output.Contents, []byte("sourceMappingURL=data:application/json;base64,")); ok { // a worker
			text, _ = base64.StdEncoding.DecodeString(strings.TrimSpace(string(inline)))
		}
		consumer, err := sourcemap.Parse("http://host"+url+".map", text)
		if err != nil {
			t.Fatalf("%s.map: %v", url, err)
		}
		for number, line := range bytes.Split(output.Contents, []byte("\n")) {
			for mark, at := range want {
				column := bytes.Index(line, []byte(mark))
				if column < 0 {
					continue
				}
				found++
				source, _, gotLine, gotColumn, _ := consumer.Source(number+1, units(string(line[:column])))
				if source != "http://host/"+at.source || gotLine != at.line || gotColumn != at.column {
					t.Errorf("%s in %s comes from %s:%d:%d, want %s:%d:%d", mark, url, source, gotLine, gotColumn, at.source, at.line, at.column)
				}
			}
		}
	}
	if found != marks {
		t.Errorf("found %d of %d marks in %q", found, marks, urls(result.Outputs))
	}
}
