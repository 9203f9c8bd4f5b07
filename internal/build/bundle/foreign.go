package bundle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A package may bring a source map of its own, which names any file; where it
// holds no contents, esbuild takes them from the disk. What a map may show is
// what went into the bundle, and the sources of the packages that did.

// ownSources are the files whose contents the source maps of a build may hold.
type ownSources struct {
	inputs   map[string]bool
	packages map[string]bool // directories
}

// ownSources returns the sources of a build.
func (g *importGraph) ownSources() ownSources { return sourcesOfInputs(maps.Keys(g.Inputs)) }

// sourcesOfInputs returns the sources of a build that read these files.
func sourcesOfInputs(files iter.Seq[string]) ownSources {
	own := ownSources{inputs: make(map[string]bool), packages: make(map[string]bool)}
	for file := range files {
		own.inputs[file] = true
		if dir := packageDir(file); dir != "" {
			own.packages[dir] = true
		}
	}
	return own
}

// packageDir returns the directory of the installed package that file is in.
func packageDir(file string) string {
	separator := string(filepath.Separator)
	at := strings.LastIndex(file, separator+"node_modules"+separator)
	if at < 0 {
		return ""
	}
	modules := file[:at+len("/node_modules/")]
	name, ok := packageName(filepath.ToSlash(file[len(modules):]))
	if !ok {
		return ""
	}
	return filepath.Join(modules, filepath.FromSlash(name))
}

func (own ownSources) has(file string) bool {
	if own.inputs[file] {
		return true
	}
	for dir := file; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if own.packages[dir] {
			return true
		}
	}
	return false
}

// dropForeign empties the contents of files in source maps that are not own and
// lie on this disk.
func (l layout) dropForeign(outputs Outputs, own ownSources) {
	for url, output := range outputs {
		if filepath.Ext(url) != ".map" {
			continue
		}
		dir := filepath.Join(l.outDir(), filepath.Dir(filepath.FromSlash(strings.TrimPrefix(url, l.publicPath))))
		foreign := own.foreignIn(output.Contents, dir)
		if len(foreign) > 0 {
			output.Contents = withoutContents(output.Contents, foreign)
			outputs[url] = output
		}
	}
}

// foreignIn returns which sources of a map, by their places in its list, are not
// own and lie on this disk. They are named relative to dir.
func (own ownSources) foreignIn(sourceMap []byte, dir string) map[int]bool {
	foreign := make(map[int]bool)
	for i, source := range sourcesOf(sourceMap) {
		file := filepath.Join(dir, filepath.FromSlash(source))
		if _, err := os.Lstat(file); err == nil && !own.has(file) {
			foreign[i] = true
		}
	}
	return foreign
}

// inlineMapMark is before a source map that is part of its script.
const inlineMapMark = "//# sourceMappingURL=data:application/json;base64,"

// withoutForeign empties the same contents in the source map that a script carries.
func (own ownSources) withoutForeign(script api.OutputFile) string {
	text := string(script.Contents)
	at := strings.LastIndex(text, inlineMapMark)
	if at < 0 {
		return text
	}
	sourceMap, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text[at+len(inlineMapMark):]))
	if err != nil {
		return text[:at] // better no map than what it may not show
	}
	foreign := own.foreignIn(sourceMap, filepath.Dir(script.Path))
	if len(foreign) == 0 {
		return text
	}
	return text[:at+len(inlineMapMark)] + base64.StdEncoding.EncodeToString(withoutContents(sourceMap, foreign)) + "\n"
}

// sourcesOf reads the list of sources, which stands before the contents of all.
func sourcesOf(sourceMap []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(sourceMap))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		if token == "sources" {
			var sources []string
			_ = decoder.Decode(&sources) // esbuild writes strings
			return sources
		}
	}
}

// withoutContents returns the source map without the contents of some sources.
func withoutContents(sourceMap []byte, which map[int]bool) []byte {
	fields := make(map[string]json.RawMessage)
	var contents []*string
	if json.Unmarshal(sourceMap, &fields) != nil || json.Unmarshal(fields["sourcesContent"], &contents) != nil {
		return []byte("{}") // better no map than what it may not show
	}
	for i := range contents {
		if which[i] {
			contents[i] = nil
		}
	}
	fields["sourcesContent"], _ = json.Marshal(contents) // strings cannot fail
	text, err := json.Marshal(fields)
	if err != nil {
		return []byte("{}")
	}
	return text
}
