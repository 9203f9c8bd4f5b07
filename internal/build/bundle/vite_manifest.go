package bundle

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// viteChunk is an entry of Vite's manifest, whose keys are names of sources below the
// front end. Files are named relative to the directory that the build fills.
// See https://vite.dev/guide/backend-integration.
type viteChunk struct {
	File           string   `json:"file"`
	Name           string   `json:"name,omitempty"`
	Src            string   `json:"src,omitempty"`
	IsEntry        bool     `json:"isEntry,omitempty"`
	IsDynamicEntry bool     `json:"isDynamicEntry,omitempty"`
	Imports        []string `json:"imports,omitempty"` // keys
	DynamicImports []string `json:"dynamicImports,omitempty"`
	CSS            []string `json:"css,omitempty"`
	Assets         []string `json:"assets,omitempty"`
}

// viteManifest returns what Vite would write to .vite/manifest.json: of each page, of
// each entry point, of what is imported on demand or shared, and of each asset. beside
// are the files that pages name.
func (g *importGraph) viteManifest(beside Outputs) ([]byte, error) {
	manifest := make(map[string]viteChunk)
	for file, output := range g.Outputs {
		switch key := g.viteKey(file, output); path.Ext(file) {
		case ".js":
			manifest[key] = g.viteChunk(key, file, output)
		case ".css":
			if output.EntryPoint != "" && g.layout.sheetLoader(output.EntryPoint) != api.LoaderNone {
				manifest[key] = viteChunk{File: g.layout.belowBase(file), Name: stem(key), Src: key, IsEntry: true}
			}
		case ".map", ".txt":
		default:
			manifest[key] = viteChunk{File: g.layout.belowBase(file), Src: key}
		}
	}
	for _, file := range g.layout.pages.assets {
		key := g.layout.belowFrontEnd(file)
		for url, output := range beside {
			if _, known := manifest[key]; !known && url == g.layout.assetURL(file, output.Hash, true) {
				manifest[key] = viteChunk{File: strings.TrimPrefix(strings.TrimPrefix(url, g.layout.base), "/"), Src: key}
			}
		}
	}
	for _, p := range g.layout.pages.pages {
		var scripts []string
		p.walk(g.layout.isPublic, func(ref *reference) {
			if ref.kind == toScript || ref.kind == toInline {
				scripts = append(scripts, g.layout.belowFrontEnd(ref.file))
			}
		})
		if len(scripts) == 0 {
			continue
		}
		chunk, ok := manifest[scripts[0]]
		if !ok {
			continue
		}
		chunk.Src, chunk.Name = p.path(), stem(p.path())
		for _, other := range scripts[1:] {
			chunk.Imports = append(slices.Clone(chunk.Imports), other)
			chunk.CSS = append(slices.Clone(chunk.CSS), manifest[other].CSS...)
		}
		manifest[p.path()] = chunk
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode Vite's manifest: %w", err)
	}
	return append(text, '\n'), nil
}

var hashOfName = regexp.MustCompile(`-[A-Z2-7]{8}$`)

func stem(name string) string { return strings.TrimSuffix(path.Base(name), path.Ext(name)) }

// viteKey returns the key of an output.
func (g *importGraph) viteKey(file string, output graphOutput) string {
	switch {
	case output.EntryPoint != "":
		return g.layout.belowFrontEnd(output.EntryPoint)
	case path.Ext(file) == ".js":
		return "_" + filepath.Base(file)
	}
	for input := range output.Inputs { // an asset has one
		if at := strings.LastIndexByte(input, ':'); at >= 0 && !filepath.IsAbs(input) {
			input = input[at+1:] // of a plugin
		}
		return g.layout.belowFrontEnd(input)
	}
	return filepath.Base(file)
}

func (g *importGraph) viteChunk(key, file string, output graphOutput) viteChunk {
	chunk := viteChunk{File: g.layout.belowBase(file), Name: stem(key)}
	isEntry := slices.ContainsFunc(g.layout.entries, func(e entryPoint) bool { return e.file == output.EntryPoint })
	if output.EntryPoint != "" {
		chunk.Src, chunk.IsEntry, chunk.IsDynamicEntry = key, isEntry, !isEntry
	} else {
		chunk.Name = hashOfName.ReplaceAllString(stem(file), "")
	}
	if output.CSSBundle != "" && isEntry {
		chunk.CSS = []string{g.layout.belowBase(output.CSSBundle)}
	}
	for _, to := range output.Imports {
		if to.External {
			continue
		}
		switch other := g.viteKey(to.Path, g.Outputs[to.Path]); to.Kind {
		case "import-statement":
			chunk.Imports = append(chunk.Imports, other)
		case "dynamic-import":
			chunk.DynamicImports = append(chunk.DynamicImports, other)
		case "file-loader":
			chunk.Assets = append(chunk.Assets, g.layout.belowBase(to.Path))
		}
	}
	if sheet := g.Outputs[output.CSSBundle]; isEntry {
		for _, to := range sheet.Imports {
			if !to.External && to.Kind == "url-token" {
				chunk.Assets = append(chunk.Assets, g.layout.belowBase(to.Path))
			}
		}
	}
	slices.Sort(chunk.Assets)
	chunk.Assets = slices.Compact(chunk.Assets)
	return chunk
}

// belowBase names an output relative to the directory that the build fills.
func (l layout) belowBase(file string) string {
	return strings.TrimPrefix(strings.TrimPrefix(l.urlOf(file), l.base), "/")
}

// belowFrontEnd names a source as Vite does: relative to the front end, with slashes.
func (l layout) belowFrontEnd(file string) string {
	root := l.frontEnd
	if root == "" {
		root = l.root()
	}
	rel, err := filepath.Rel(root, file)
	if err != nil { // another volume
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}
