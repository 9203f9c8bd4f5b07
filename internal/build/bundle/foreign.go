package bundle

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A package may bring a source map of its own, which names any file; where it
// holds no contents, esbuild takes them from the disk. What a map may show is
// what went into the bundle, and the sources of the packages that did.

// ownSources are the files whose contents the source maps of a build may hold.
type ownSources struct {
	inputs   graphInputs
	packages map[string]bool // directories
}

// ownSources returns the sources of a build.
func (g *importGraph) ownSources() ownSources {
	own := ownSources{inputs: g.Inputs, packages: make(map[string]bool)}
	for file := range g.Inputs {
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
	if _, is := own.inputs[file]; is {
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
		foreign := make(map[int]bool)
		for i, source := range sourcesOf(output.Contents) {
			file := filepath.Join(dir, filepath.FromSlash(source))
			if _, err := os.Lstat(file); err == nil && !own.has(file) {
				foreign[i] = true
			}
		}
		if len(foreign) > 0 {
			output.Contents = withoutContents(output.Contents, foreign)
			outputs[url] = output
		}
	}
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
