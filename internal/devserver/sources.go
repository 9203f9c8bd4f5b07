package devserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/proxy"
)

// sourceRoot returns the directory that / refers to in pages that name sources,
// like <script src="/src/main.tsx"> in Vite projects.
func sourceRoot(c *config.Config) string {
	switch w := c.Web; {
	case w.Dir != "":
		return w.Dir
	case w.HTML != "":
		return filepath.Dir(w.HTML)
	default:
		return c.Root
	}
}

// withSources adds an output at the path of every entry point's source, for pages
// that name the source instead of the bundle. For a style sheet that is the
// bundle itself, for a script a module that loads the bundle after any style
// sheets that no element links. root is the directory of the project, pages the
// one that / refers to in pages. beside are other files that pages name.
func withSources(outputs, beside bundle.Outputs, entries []bundle.Entry, root, pages string) bundle.Outputs {
	all := make(bundle.Outputs, len(outputs)+len(beside))
	maps.Copy(all, beside)
	maps.Copy(all, outputs)
	for _, e := range entries {
		rel, err := filepath.Rel(pages, filepath.Join(root, filepath.FromSlash(e.Source)))
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		url := "/" + filepath.ToSlash(rel)
		if _, taken := all[url]; taken {
			continue
		}
		o := outputs[e.URL]
		if path.Ext(e.URL) != ".css" {
			o.Contents = loader(e)
			o.Hash = contentHash(o.Contents)
		}
		o.Path = url
		all[url] = o
	}
	return all
}

// documentsOf returns the pages below the directory root as the proxy serves them.
// web.html is the one for every path that is no other's.
func documentsOf(pages []bundle.Page, root string, w config.Web) proxy.Documents {
	d := proxy.Documents{ByPath: make(map[string][]byte, len(pages)), Base: w.Base}
	for _, page := range pages {
		d.ByPath[page.Path] = page.Text
	}
	if rel, err := filepath.Rel(root, w.HTML); err == nil && !w.NoFallback {
		d.Main = filepath.ToSlash(rel)
	}
	return d
}

// samePages reports whether both are the same documents.
func samePages(a, b []bundle.Page) bool {
	return slices.EqualFunc(a, b, func(a, b bundle.Page) bool { return a.Path == b.Path && bytes.Equal(a.Text, b.Text) })
}

// loader returns a module that loads the bundle of an entry point. It does not
// add a style sheet that the page links already.
func loader(e bundle.Entry) []byte {
	quote := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings can always be marshalled
		}
		return text
	}
	if len(e.CSS) == 0 {
		return fmt.Appendf(nil, "export * from %s;\n", quote(e.URL))
	}
	return fmt.Appendf(nil, `const linked = new Set([...document.querySelectorAll("link[rel=stylesheet]")].map((link) => new URL(link.href).pathname));
await Promise.all(%s.filter((url) => !linked.has(url)).map((url) => new Promise((done) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  link.onload = link.onerror = done;
  document.head.append(link);
})));
await import(%s);
`, quote(e.CSS), quote(e.URL))
}
