package bundle

import (
	"encoding/json"
	"fmt"
	"strings"
)

// manifestEntry has the shape of an entry of Vite's manifest, so that code
// written for that finds its way about. Paths are URLs without the first slash.
type manifestEntry struct {
	File    string   `json:"file"`
	Name    string   `json:"name"`
	Src     string   `json:"src"`
	IsEntry bool     `json:"isEntry"`
	CSS     []string `json:"css,omitempty"`
	Imports []string `json:"imports,omitempty"` // keys of the manifest
}

type manifestChunk struct {
	File string `json:"file"`
}

// Manifest returns the JSON by which an app finds the URLs of its bundles, by
// the source of the entry point: {"web/src/main.tsx": {"file": "assets/main.js", ...}}.
func Manifest(entries []Entry) ([]byte, error) {
	manifest := make(map[string]any)
	for _, entry := range entries {
		item := manifestEntry{
			File:    manifestPath(entry.URL),
			Name:    entry.Name,
			Src:     entry.Source,
			IsEntry: true,
		}
		for _, url := range entry.CSS {
			item.CSS = append(item.CSS, manifestPath(url))
		}
		for _, url := range entry.Imports {
			chunk := "_" + manifestPath(url)
			item.Imports = append(item.Imports, chunk)
			manifest[chunk] = manifestChunk{File: manifestPath(url)}
		}
		manifest[entry.Source] = item
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(text, '\n'), nil
}

func manifestPath(url string) string { return strings.TrimPrefix(url, "/") }
