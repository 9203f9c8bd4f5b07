package bundle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// importGraph is esbuild's account of one build: what imports what, and which
// output came of it. Its paths are absolute. An input that a plugin loaded has
// its namespace before the path: "raw:/project/web/page.css".
type importGraph struct {
	Inputs  graphInputs
	Outputs map[string]graphOutput

	layout   layout
	embedded map[string]bool // files whose contents are in a script
}

type graphInputs map[string]graphInput

type graphInput struct {
	Imports []graphImport `json:"imports"` // in the order of the source
	Format  string        `json:"format"`  // "esm", "cjs", or "" for a script that is neither
}

type graphImport struct {
	Path     string            `json:"path"`
	Original string            `json:"original"` // as the importer names it
	Kind     string            `json:"kind"`
	External bool              `json:"external"`
	With     map[string]string `json:"with"`
}

type graphOutput struct {
	EntryPoint string         `json:"entryPoint"`
	CSSBundle  string         `json:"cssBundle"`
	Imports    []graphImport  `json:"imports"`
	Inputs     map[string]any `json:"inputs"`
}

// newImportGraph reads the metafile of a build. embedded are the files that a
// plugin read into a script.
func newImportGraph(l layout, metafile string, embedded map[string]bool) (*importGraph, error) {
	graph := &importGraph{layout: l, embedded: maps.Clone(embedded)}
	if quoted := toJSON(l.outDir()); quoted != `"`+l.outDir()+`"` {
		// esbuild does not escape the paths of outputs.
		metafile = strings.ReplaceAll(metafile, l.outDir(), quoted[1:len(quoted)-1])
	}
	if err := graph.read(metafile); err != nil {
		return nil, fmt.Errorf("read esbuild's metafile: %w", err)
	}
	if graph.embedded == nil {
		graph.embedded = make(map[string]bool)
	}
	graph.dropTails()
	for _, input := range graph.Inputs {
		for _, to := range input.Imports {
			if len(to.With) > 0 { // import text from "./a.css" with { type: "text" }
				file, _, _ := strings.Cut(to.Path, " with {")
				graph.embedded[file] = true
			}
		}
	}
	return graph, nil
}

// read takes the metafile apart piece by piece: that of a program with a large
// package of icons has megabytes, through which decoding it at once would go
// several times.
func (g *importGraph) read(metafile string) error {
	decoder := json.NewDecoder(strings.NewReader(metafile))
	return eachMember(decoder, func(name string) error {
		switch name {
		case "inputs":
			g.Inputs = make(graphInputs)
			return eachMember(decoder, func(file string) error { return g.readInput(decoder, file) })
		case "outputs":
			return decoder.Decode(&g.Outputs)
		default:
			var ignored json.RawMessage
			return decoder.Decode(&ignored)
		}
	})
}

// readInput takes what imports something where a name comes twice. In rebuilds
// esbuild lists a sheet that scripts import both as itself and as the empty script
// it makes to stand for it, in either order.
func (g *importGraph) readInput(decoder *json.Decoder, file string) error {
	var input graphInput
	if err := decoder.Decode(&input); err != nil {
		return err
	}
	if _, twice := g.Inputs[file]; !twice || len(input.Imports) > 0 {
		g.Inputs[file] = input
	}
	return nil
}

// eachMember calls read for the name of each member of the object that comes next.
// read takes the value.
func eachMember(decoder *json.Decoder, read func(name string) error) error {
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return cmp.Or(err, fmt.Errorf("unexpected %v in place of an object", opening))
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if err := read(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

// isPlainSheet reports whether file is a sheet that no script can tell the
// contents of: not a CSS module, which exports its class names, and not also
// imported as text.
func (g *importGraph) isPlainSheet(file string) bool {
	_, known := g.Inputs[file]
	return known && g.layout.sheetLoader(file) == api.LoaderCSS && !g.embedded[file]
}

// sheetRoots returns the sheets that scripts import, beginning at the script
// entry, in the order in which esbuild puts them into the entry's sheet: depth
// first, each after the imports of the script that names it, and statements
// before calls, because statements are hoisted.
func (g *importGraph) sheetRoots(entry string) []string {
	var roots []string
	seen := map[string]bool{}
	var visit func(file string)
	visit = func(file string) {
		if seen[file] {
			return
		}
		seen[file] = true
		if g.layout.sheetLoader(file) != api.LoaderNone {
			roots = append(roots, file)
			return
		}
		imports := g.Inputs[file].Imports
		for _, statements := range []bool{true, false} {
			for _, to := range imports {
				if (to.Kind == "import-statement") == statements && !to.External && len(to.With) == 0 {
					visit(to.Path)
				}
			}
		}
	}
	visit(entry)
	return roots
}

// staticallyImported returns the files that pages must load before the scripts
// of entry points run: all but what is imported dynamically.
func (g *importGraph) staticallyImported() map[string]bool {
	seen := make(map[string]bool)
	var visit func(file string)
	visit = func(file string) {
		if seen[file] {
			return
		}
		seen[file] = true
		for _, to := range g.Inputs[file].Imports {
			if !to.External && to.Kind != "dynamic-import" {
				visit(to.Path)
			}
		}
	}
	for _, entry := range g.layout.entries {
		visit(entry.file)
	}
	return seen
}

// sheetImports returns what each sheet below roots imports: other sheets, and
// assets, which import nothing.
func (g *importGraph) sheetImports(roots []string) map[string][]graphImport {
	found := make(map[string][]graphImport)
	var visit func(file string)
	visit = func(file string) {
		if _, seen := found[file]; seen {
			return
		}
		imports := g.Inputs[file].Imports
		found[file] = imports
		for _, to := range imports {
			if !to.External {
				visit(to.Path)
			}
		}
	}
	for _, root := range roots {
		visit(root)
	}
	return found
}

// outputOf returns the output file that esbuild made of the entry point.
func (g *importGraph) outputOf(entry string) (file string, output graphOutput, ok bool) {
	for file, output := range g.Outputs {
		if output.EntryPoint == entry {
			return file, output, true
		}
	}
	return "", graphOutput{}, false
}

// orphanSheets returns the sheets that esbuild makes for scripts that are only
// imported dynamically: all but those of entry points.
func (g *importGraph) orphanSheets() map[string]bool {
	orphans := make(map[string]bool)
	for _, output := range g.Outputs {
		isEntry := slices.ContainsFunc(g.layout.entries, func(e entryPoint) bool { return e.file == output.EntryPoint })
		if output.CSSBundle != "" && !isEntry {
			orphans[output.CSSBundle] = true
		}
	}
	return orphans
}

// Entry tells what pages must load for one entry point.
type Entry struct {
	Source  string   // relative to the project, with slashes: "web/src/main.tsx"
	Name    string   // "main"
	URL     string   // "/assets/main.js"; a sheet's own URL if the entry is a sheet
	CSS     []string // URLs of the sheets that the script needs
	Imports []string // URLs of the chunks that the script imports statically
}

// sheets returns the URLs of all sheets of the entry.
func (e Entry) sheets() []string {
	if path.Ext(e.URL) == ".css" {
		return []string{e.URL}
	}
	return e.CSS
}

// describeEntries returns what became of the entry points. packages are the
// outputs of packages that were split off.
func (g *importGraph) describeEntries(packages Outputs) []Entry {
	entries := make([]Entry, 0, len(g.layout.entries))
	for _, e := range g.layout.entries {
		entry := Entry{Source: e.source, Name: path.Base(e.name)}
		file, output, ok := g.outputOf(e.file)
		if !ok {
			continue
		}
		entry.URL = g.layout.urlOf(file)
		if output.CSSBundle != "" {
			entry.CSS = []string{g.layout.urlOf(output.CSSBundle)}
		}
		for _, chunk := range output.Imports {
			url := g.layout.urlOf(chunk.Path)
			if chunk.External {
				url, _, _ = strings.Cut(chunk.Path, "?")
			}
			_, ours := packages[url]
			if chunk.Kind == "import-statement" && (ours || !chunk.External) {
				entry.Imports = append(entry.Imports, url)
			}
		}
		entries = append(entries, entry)
	}
	return entries
}
