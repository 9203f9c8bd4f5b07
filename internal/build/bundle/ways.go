package bundle

import (
	"os"
	"path/filepath"
	"strings"
)

// ways finds the paths by which imports reached files, where they are not the
// files' own: through a symbolic link that may be pointed elsewhere, or into a
// package that may be installed anew. esbuild reports only where files really are.
type ways struct {
	found    map[string]bool
	packages map[[2]string]bool // directory of an importer and name of a package, looked for
}

// ways returns the paths that lead to files of the graph.
func (g *importGraph) ways() []string {
	w := ways{found: make(map[string]bool), packages: make(map[[2]string]bool)}
	for importer, input := range g.Inputs {
		if !filepath.IsAbs(importer) {
			continue
		}
		for _, to := range input.Imports {
			if !to.External && filepath.IsAbs(to.Path) {
				w.add(filepath.Dir(importer), to)
			}
		}
	}
	all := make([]string, 0, len(w.found))
	for file := range w.found {
		all = append(all, file)
	}
	return all
}

// add notes the way of an import whose importer is in dir.
func (w *ways) add(dir string, to graphImport) {
	specifier, _, _ := strings.Cut(to.Original, "?")
	reached := filepath.FromSlash(specifier)
	if !filepath.IsAbs(reached) {
		reached = filepath.Join(dir, reached)
	}
	if leadsTo(reached, to.Path) {
		return
	}
	if name, ok := packageName(specifier); ok {
		w.addPackage(dir, name)
		return
	}
	for _, file := range []string{reached, reached + filepath.Ext(to.Path)} {
		if isFile(file) {
			w.found[file] = true
			return
		}
	}
}

// leadsTo reports whether an import of path is one of file without a link between.
func leadsTo(path, file string) bool {
	extension := filepath.Ext(file)
	return file == path || file == path+extension || file == strings.TrimSuffix(path, filepath.Ext(path))+extension ||
		strings.HasPrefix(file, path+string(filepath.Separator))
}

// addPackage notes the manifest of an installed package, the nearest one above
// dir. Every install replaces it or the way to it.
func (w *ways) addPackage(dir, name string) {
	if key := [2]string{dir, name}; !w.packages[key] {
		w.packages[key] = true
		manifest := filepath.Join(dir, "node_modules", filepath.FromSlash(name), "package.json")
		if _, err := os.Stat(manifest); err == nil {
			w.found[manifest] = true
		} else if above := filepath.Dir(dir); above != dir {
			w.addPackage(above, name)
		}
	}
}
