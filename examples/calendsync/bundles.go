package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
)

// bundles are what browsers load. In dist, beside the templates, is what was
// built to be shipped; its names hold hashes, which the manifest tells. Without
// it the sources stand in, of which browsers understand the style sheets.
type bundles struct {
	dir  string            // served under /assets/
	urls map[string]string // by the names that do not change
}

// openBundles looks for what was built in dist. In development somebody else
// serves the bundles, by names without a hash.
func openBundles(dir string, dev bool) (*bundles, error) {
	b := &bundles{dir: filepath.Join(dir, "web"), urls: map[string]string{"app.css": "/assets/app.css"}}
	if dev {
		b.urls["main.js"] = "/assets/main.js"
		return b, nil
	}
	dist := filepath.Join(dir, "dist")
	data, err := os.ReadFile(filepath.Join(dist, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	var manifest map[string]struct{ File, Name string }
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was built: %w; build it again, or remove %s", err, dist)
	}
	b.dir = filepath.Join(dist, "public", "assets")
	for _, entry := range manifest {
		b.urls[entry.Name+path.Ext(entry.File)] = "/" + entry.File
	}
	return b, nil
}

// URL is where browsers find a bundle; empty if there is none.
func (b *bundles) URL(name string) string { return b.urls[name] }

// ServeHTTP serves the bundles. Under a name that holds a hash is always the
// same.
func (b *bundles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, url := range b.urls {
		if url == r.URL.Path && url != "/assets/"+name {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
	}
	http.StripPrefix("/assets/", http.FileServer(http.Dir(b.dir))).ServeHTTP(w, r)
}
