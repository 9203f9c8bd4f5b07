package bundle

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// sought returns the files that would mend imports which lead nowhere, whether
// they exist or not: where esbuild looked, and what decides where it looks.
func (l layout) sought(errors []api.Message) []string {
	var files []string
	for _, message := range errors {
		match := unresolvedPattern.FindStringSubmatch(message.Text)
		if match == nil {
			continue
		}
		specifier, _, _ := strings.Cut(match[1], "?")
		importer := ""
		if message.Location != nil {
			importer = l.paths.real(l.locate(message.Location))
		}
		if importer == "" { // an entry point
			files = append(files, filepath.Join(l.workingDir(), filepath.FromSlash(specifier)))
		}
		if strings.HasPrefix(specifier, "/") && importer != "" {
			files = append(files, candidates(filepath.Join(l.rootOf(importer), filepath.FromSlash(specifier)))...)
			if l.publicDir != "" {
				files = append(files, filepath.Join(l.publicDir, filepath.FromSlash(specifier)))
			}
		}
		files = append(files, soughtFor(specifier, importer)...)
	}
	return l.userPaths(files)
}

// missedOf returns which of the sought files the last good build had. They may have
// been away for a moment only, as when a tool replaces them. Each is returned once,
// until a build is good: a file may be there and be what an import does not mean.
func (b *Bundler) missedOf(sought []string) []string {
	var missed []string
	for _, file := range sought {
		if _, had := slices.BinarySearch(b.inputs, file); had && !b.missed[file] {
			missed = append(missed, file)
		}
	}
	if b.missed == nil {
		b.missed = make(map[string]bool)
	}
	for _, file := range missed {
		b.missed[file] = true
	}
	return missed
}

// soughtFor returns what would mend one import.
func soughtFor(specifier, importer string) []string {
	path := filepath.FromSlash(specifier)
	switch {
	case filepath.IsAbs(path):
		return candidates(path)
	case importer == "":
		return nil
	case strings.HasPrefix(specifier, "."):
		return candidates(filepath.Join(filepath.Dir(importer), path))
	}
	// A package, or an alias of tsconfig.json or package.json.
	name, isPackage := packageName(specifier)
	var files []string
	for dir := filepath.Dir(importer); ; dir = filepath.Dir(dir) {
		for _, settings := range []string{"package.json", "tsconfig.json", "jsconfig.json"} {
			files = append(files, filepath.Join(dir, settings))
		}
		if isPackage {
			for _, marker := range installMarkers() {
				files = append(files, filepath.Join(dir, filepath.FromSlash(marker)))
			}
			files = append(files, inPackageDir(filepath.Join(dir, "node_modules"), name, path)...)
		}
		if dir == filepath.Dir(dir) {
			return files
		}
	}
}

// installMarkers are the files that package managers write last.
func installMarkers() []string {
	return []string{
		".pnp.cjs", ".pnp.js", ".pnp.data.json",
		"node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml", "node_modules/.yarn-integrity",
	}
}

// inPackageDir returns what an import of path, which begins with the name of a
// package, may lead to below a node_modules directory.
func inPackageDir(modules, name, path string) []string {
	dir := filepath.Join(modules, filepath.FromSlash(name))
	manifest := filepath.Join(dir, "package.json")
	files := append([]string{manifest}, candidates(filepath.Join(modules, path))...)
	text, err := regular.ReadFile(manifest)
	var fields map[string]any
	if err != nil || json.Unmarshal(text, &fields) != nil {
		return files
	}
	for _, field := range []string{"main", "module", "browser", "style", "exports"} {
		for _, target := range leaves(fields[field]) {
			files = append(files, candidates(filepath.Join(dir, filepath.FromSlash(target)))...)
		}
	}
	return files
}

// leaves returns the paths in a field of package.json, without patterns.
func leaves(field any) []string {
	switch value := field.(type) {
	case string:
		if !strings.Contains(value, "*") {
			return []string{value}
		}
	case []any:
		var all []string
		for _, item := range value {
			all = append(all, leaves(item)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, item := range value {
			all = append(all, leaves(item)...)
		}
		return all
	}
	return nil
}

// scriptExtensions are what esbuild completes a path with.
var scriptExtensions = [...]string{".tsx", ".ts", ".jsx", ".js", ".css", ".json"}

// isScriptName reports whether name is that of a script which TypeScript may be
// the source of: esbuild then looks for that, too.
func isScriptName(name string) bool {
	return slices.Contains([]string{".js", ".jsx", ".mjs", ".cjs"}, filepath.Ext(name))
}

// candidates returns the files that a path may mean: itself, with an extension,
// a TypeScript file for the script that it will become, or an index.
func candidates(path string) []string {
	files := []string{path}
	for _, extension := range scriptExtensions {
		files = append(files, path+extension, filepath.Join(path, "index"+extension))
	}
	written := filepath.Ext(path)
	if stem := strings.TrimSuffix(path, written); isScriptName(path) {
		typed := strings.Replace(written, "j", "t", 1)
		files = append(files, stem+typed)
		if written == ".js" {
			files = append(files, stem+".tsx")
		}
	}
	return append(files, filepath.Join(path, "package.json"))
}
