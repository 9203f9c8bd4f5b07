package bundle

import (
	"cmp"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// ways finds the paths by which imports reached files, where they are not the
// files' own: through a symbolic link that may be pointed elsewhere, or into a
// package that may be installed anew. esbuild reports only where files really are.
// It also finds the paths at which esbuild looked before, in vain.
type ways struct {
	found     map[string]bool
	preferred map[string]bool
	packages  map[packageImport]bool // looked for, and whether they were found
	nearer    []string               // directories of packages that would be nearer
}

// packageImport is an import of a package by scripts of a directory.
type packageImport struct{ dir, name string }

// ways returns the paths that lead to files of the graph, and those to which
// imports would lead instead if there were files.
func (g *importGraph) ways() (found, preferred []string) {
	w := ways{found: make(map[string]bool), preferred: make(map[string]bool), packages: make(map[packageImport]bool)}
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
	slices.SortFunc(w.nearer, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	for _, dir := range w.nearer[:min(len(w.nearer), maxNearer)] {
		w.preferred[filepath.Join(dir, "package.json")] = true
		w.preferred[filepath.Join(dir, "index.js")] = true
	}
	for file := range w.preferred {
		if _, read := g.Inputs[file]; read {
			delete(w.preferred, file)
		}
	}
	return slices.Collect(maps.Keys(w.found)), slices.Collect(maps.Keys(w.preferred))
}

// add notes the way of an import whose importer is in dir.
func (w *ways) add(dir string, to graphImport) {
	specifier, _, _ := strings.Cut(to.Original, "?")
	reached := filepath.FromSlash(specifier)
	if !filepath.IsAbs(reached) {
		reached = filepath.Join(dir, reached)
	}
	if packageDir(to.Path) == "" {
		w.prefer(specifier, to.Path)
	}
	if leadsTo(reached, to.Path) {
		return
	}
	if name, ok := packageName(specifier); ok {
		w.addPackage(dir, name, to.Path)
		return
	}
	for _, file := range []string{reached, reached + filepath.Ext(to.Path)} {
		if isFile(file) {
			w.found[file] = true
			return
		}
	}
}

// prefer notes the files that esbuild would take in place of file for an import
// that leaves something open: the extension, or that an index is meant.
func (w *ways) prefer(specifier, file string) {
	extension := filepath.Ext(file)
	stem := strings.TrimSuffix(file, extension)
	switch written := path.Base(specifier); {
	case written == filepath.Base(file):
		return // it says it all
	case isScriptName(written) && strings.TrimSuffix(written, path.Ext(written)) == filepath.Base(stem):
		w.preferred[stem+path.Ext(written)] = true // "./x.js" led to x.ts
		if path.Ext(written) == ".js" && extension == ".tsx" {
			w.preferred[stem+".ts"] = true
		}
		return
	case written != filepath.Base(stem): // a directory that it names holds the file
		dir := filepath.Dir(file)
		for filepath.Base(dir) != written && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
		}
		if filepath.Base(dir) == written {
			for _, other := range scriptExtensions {
				w.preferred[dir+other] = true
			}
		}
	}
	for _, other := range scriptExtensions[:max(0, slices.Index(scriptExtensions[:], extension))] {
		w.preferred[stem+other] = true
	}
}

// leadsTo reports whether an import of path is one of file without a link between.
func leadsTo(path, file string) bool {
	extension := filepath.Ext(file)
	return file == path || file == path+extension || file == strings.TrimSuffix(path, filepath.Ext(path))+extension ||
		strings.HasPrefix(file, path+string(filepath.Separator))
}

// maxNearer bounds the places in which a nearer package is awaited. Programs of
// many directories would have thousands. Those further up come first: that is
// where people install.
const maxNearer = 500

// addPackage notes the manifest of the package that file is in, the nearest one
// of that name above dir: every install replaces it or the way to it. A package
// that comes on the way there takes its place.
func (w *ways) addPackage(dir, name, file string) {
	var passed []packageImport
	found := false
	for {
		place := packageImport{dir, name}
		if before, known := w.packages[place]; known {
			found = before
			break
		}
		installed := filepath.Join(dir, "node_modules", filepath.FromSlash(name))
		if manifest := filepath.Join(installed, "package.json"); isFile(manifest) {
			w.found[manifest], w.packages[place] = true, true
			found = true
			break
		}
		if installed == packageDir(file) { // one without a manifest
			w.packages[place], found = true, true
			break
		}
		passed = append(passed, place)
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	for _, place := range passed {
		w.packages[place] = found
		if found && packageDir(place.dir) == "" {
			w.nearer = append(w.nearer, filepath.Join(place.dir, "node_modules", filepath.FromSlash(name)))
		}
	}
}
