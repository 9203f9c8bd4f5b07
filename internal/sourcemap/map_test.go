package sourcemap

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	reference "github.com/go-sourcemap/sourcemap"
)

// bundle is a real one, and its map.
func bundle(t testing.TB, modules, functions int, minify bool) (code, sources []byte) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var main strings.Builder
	for i := range modules {
		var text strings.Builder
		for j := range functions {
			fmt.Fprintf(&text, "export function compute%d_%d(input: { name: string; value: number }, other?: string): string {\n\tconst total = input.value * %d + (other?.length ?? 0);\n\treturn `\\\\ \"${input.name}\\\": ${total} 🗓`;\n}\n", i, j, j)
		}
		write(fmt.Sprintf("m%d.ts", i), text.String())
		fmt.Fprintf(&main, "import * as m%d from './m%d';\nconsole.log(m%d);\n", i, i, i)
	}
	write("main.ts", main.String())
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(dir, "main.ts")}, Bundle: true, Outdir: filepath.Join(dir, "out"),
		Sourcemap: api.SourceMapLinked, Format: api.FormatESModule, Charset: api.CharsetUTF8,
		MinifyWhitespace: minify, MinifyIdentifiers: minify,
	})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle: %+v", built.Errors)
	}
	for _, file := range built.OutputFiles {
		if strings.HasSuffix(file.Path, ".map") {
			sources = file.Contents
		} else {
			code = file.Contents
		}
	}
	return code, sources
}

// TestFind asks for every place of a bundle that another reader of maps knows.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, minify := range []bool{false, true} {
		code, sources := bundle(t, 3, 4, minify)
		consumer, err := reference.Parse("", sources)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(sources)
		if err != nil {
			t.Fatal(err)
		}
		var places []Position
		for row, line := range strings.Split(string(code), "\n") {
			for column := range min(len(line), 2000) {
				places = append(places, Position{Line: row + 1, Column: column + 1})
			}
		}
		mapped := 0
		for i, got := range m.Find(places...) {
			at := places[i]
			source, _, line, column, ok := consumer.Source(at.Line, at.Column-1)
			if !ok || got.Source == "" {
				continue // the other reader takes what is unmapped from the line before
			}
			mapped++
			if want := (Origin{source, Position{line, column + 1}}); got != want {
				t.Errorf("%v comes from %+v, want %+v", at, got, want)
			}
		}
		if mapped < len(places)/2 {
			t.Errorf("only %d of %d places are mapped", mapped, len(places))
		}
	}
}

// TestFindExactly looks for marked words, without another reader.
func TestFindExactly(t *testing.T) {
	t.Parallel()
	code, sources := bundle(t, 3, 4, false)
	m, err := Parse(sources)
	if err != nil {
		t.Fatal(err)
	}
	for row, line := range strings.Split(string(code), "\n") {
		var module, function int
		if _, err := fmt.Sscanf(line, "function compute%d_%d(", &module, &function); err != nil {
			continue
		}
		got := m.Find(Position{row + 2, 10}, Position{row + 1, 1}, Position{row + 1, 12})
		for i, want := range []Position{{4*function + 2, 8}, {4*function + 1, 8}, {4*function + 1, 17}} {
			if source := fmt.Sprintf("../m%d.ts", module); got[i] != (Origin{source, want}) {
				t.Errorf("place %d of compute%d_%d comes from %+v, want %+v", i, module, function, got[i], want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":         ``,
		"not an object":   `[]`,
		"half":            `{"version":3,"sources":["a`,
		"half a member":   `{"version":3`,
		"no mappings":     `{"version":3,"sources":[]}`,
		"number mappings": `{"version":3,"sources":[],"mappings":1}`,
		"short mappings":  `{"version":3,"sources":[],"mappings":"}`,
		"sources":         `{"version":3,"sources":{},"mappings":""}`,
		"revision":        `{"version":2,"sources":[],"mappings":""}`,
		"sections":        `{"version":3,"sections":[],"sources":[],"mappings":""}`,
	} {
		if m, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: got %+v, want an error", name, m)
		}
	}
}

func TestFindInBadMappings(t *testing.T) {
	t.Parallel()
	for _, mappings := range []string{"", "!", "A", "AAAAAAA", "AAAA,ZZZZ", "AADA", "AAAD", "gggggggggggggggg", "AA"} {
		text, err := json.Marshal(map[string]any{"version": 3, "sources": []string{"a.ts"}, "mappings": mappings})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", mappings, err)
		}
		for _, got := range m.Find(Position{1, 1}, Position{0, 0}, Position{9, 9}) {
			if got.Source != "" && got.Source != "a.ts" {
				t.Errorf("%q leads to %+v", mappings, got)
			}
		}
	}
}

func FuzzMap(f *testing.F) {
	_, sources := bundle(f, 1, 1, true)
	f.Add(sources, 1, 5)
	f.Add([]byte(`{"version":3,"sources":["a"],"mappings":";;AAgBC,SAAQ,CAAEA","names":["}"]}`), 3, 9)
	f.Add([]byte(`{"a":{"version":2},"version":3,"sources":["\\","\""],"mappings":"A"}`), 1, 1)
	f.Fuzz(func(t *testing.T, data []byte, line, column int) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		for _, origin := range m.Find(Position{line, column}, Position{column, line}) {
			if origin.Source != "" && (origin.Line < 1 || origin.Column < 1) {
				t.Errorf("a place that is none: %+v", origin)
			}
		}
	})
}

// BenchmarkStack maps a stack of ten calls in a bundle of 4 MB.
func BenchmarkStack(b *testing.B) {
	code, sources := bundle(b, 400, 60, false)
	rows := strings.Count(string(code), "\n")
	b.Logf("bundle %.1f MB, map %.1f MB", float64(len(code))/1e6, float64(len(sources))/1e6)
	var places []Position
	for i := range 10 {
		places = append(places, Position{rows * (10 - i) / 11, 5})
	}
	for b.Loop() {
		m, err := Parse(sources)
		if err != nil {
			b.Fatal(err)
		}
		if found := m.Find(places...); found[0].Source == "" {
			b.Fatalf("found %+v", found)
		}
	}
}
