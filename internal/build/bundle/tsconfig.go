package bundle

import (
	"cmp"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/tailscale/hujson"

	"github.com/calendsync/devtool/internal/regular"
)

// tsconfig is what a tsconfig.json says, as far as it matters here. What it
// means for a script is esbuild's affair.
type tsconfig struct {
	Extends         any // a string or an array of them
	References      []struct{ Path string }
	Files           []string
	Include         []string
	CompilerOptions struct {
		JSX, JSXFactory, JSXImportSource string
		Lib                              []string
	}
}

// readTsconfig reads a file of JSON with comments and trailing commas. A file
// that does not parse says nothing: esbuild reports that.
func readTsconfig(file string) (config tsconfig, ok bool) {
	text, err := regular.ReadFile(file)
	if err != nil {
		return config, false
	}
	text, err = hujson.Standardize([]byte(strings.TrimPrefix(string(text), "\ufeff")))
	if err != nil {
		return config, true
	}
	_ = json.Unmarshal(text, &config) // the fields of the wrong type stay empty
	return config, true
}

// extends returns the texts that name the files it is based on.
func (c tsconfig) extends() []string {
	switch value := c.Extends.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, item := range value {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// forPages reports whether the settings are about scripts for pages.
func (c tsconfig) forPages() bool {
	dom := func(lib string) bool { return strings.EqualFold(lib, "dom") }
	return c.CompilerOptions.JSX != "" || slices.ContainsFunc(c.CompilerOptions.Lib, dom)
}

// appendTsconfig adds file, if it exists, and the files that it is based on,
// those that are missing among them: they may come.
func appendTsconfig(found []string, file string) []string {
	config, ok := readTsconfig(file)
	if !ok || slices.Contains(found, file) {
		return found
	}
	found = append(found, file)
	for _, base := range config.extends() {
		for _, candidate := range basesOf(filepath.Dir(file), filepath.FromSlash(base)) {
			if strings.HasSuffix(candidate, ".json") && filepath.Base(candidate) != "package.json" {
				found = appendTsconfig(found, candidate)
			}
			if !slices.Contains(found, candidate) { // one that cannot be read may become readable
				found = append(found, candidate)
			}
		}
	}
	return found
}

// basesOf returns the files that "extends" may mean in a tsconfig.json of dir,
// and those that decide which of them it does.
func basesOf(dir, base string) []string {
	switch {
	case base == "." || base == "..":
		return []string{filepath.Join(dir, base, "tsconfig.json")}
	case strings.HasPrefix(base, "."):
		return jsonFiles(filepath.Join(dir, base))
	case filepath.IsAbs(base):
		return jsonFiles(base)
	}
	name, ok := packageName(filepath.ToSlash(base))
	if !ok {
		return nil
	}
	var awaited []string
	for {
		modules := filepath.Join(dir, "node_modules")
		manifest := filepath.Join(modules, filepath.FromSlash(name), "package.json")
		if isDir(filepath.Dir(manifest)) {
			path := filepath.Join(modules, base)
			files := append(jsonFiles(path), filepath.Join(path, "tsconfig.json"), manifest)
			return append(files, settingsIn(manifest)...)
		}
		awaited = append(awaited, manifest)
		if dir == filepath.Dir(dir) {
			return awaited
		}
		dir = filepath.Dir(dir)
	}
}

// settingsIn returns the files that a package.json offers as bases.
func settingsIn(manifest string) []string {
	text, err := regular.ReadFile(manifest)
	var fields struct{ Tsconfig, Exports any }
	if err != nil || json.Unmarshal(text, &fields) != nil {
		return nil
	}
	var files []string
	for _, target := range append(leaves(fields.Tsconfig), leaves(fields.Exports)...) {
		if strings.HasSuffix(target, ".json") && !strings.HasSuffix(target, "package.json") {
			files = append(files, filepath.Join(filepath.Dir(manifest), filepath.FromSlash(target)))
		}
	}
	return files
}

// jsonFiles returns the file that path means with or without its extension, or
// both if there is none.
func jsonFiles(path string) []string {
	switch {
	case strings.HasSuffix(path, ".json"):
		return []string{path}
	case isFile(path + ".json"):
		return []string{path + ".json"}
	}
	return []string{path, path + ".json"}
}

// settings are those of the scripts that esbuild does not find by itself.
type settings struct {
	tsconfig string   // for all scripts; "" when each has the one above it
	referred []string // the files that tsconfig was chosen from; some may be missing
	runtime  string   // of JSX: see jsxRuntime
	jsxInJS  bool     // .js files may have JSX
	pnp      string   // directory of Yarn's Plug'n'Play manifest; "" without one
}

func (s settings) equal(other settings) bool {
	return s.tsconfig == other.tsconfig && s.runtime == other.runtime && s.pnp == other.pnp && s.jsxInJS == other.jsxInJS && slices.Equal(s.referred, other.referred)
}

// findSettings looks for the settings of the scripts among entries.
//
// When the tsconfig.json above them holds none but only refers to others, as
// Vite's templates do, one for the program and one for the tools, it is one of
// those: esbuild reads no references.
func findSettings(root string, entries []entryPoint) (s settings) {
	scripts := slices.DeleteFunc(slices.Clone(entries), entryPoint.isSheet)
	if len(scripts) == 0 {
		return s
	}
	for _, entry := range scripts {
		if file := nearestFile(root, filepath.Dir(entry.file), "tsconfig.json"); file != "" {
			config, _ := readTsconfig(file)
			s.tsconfig, s.referred = config.referredTo(filepath.Dir(file), entry.file)
			break
		}
	}
	if manifest := nearestFile(root, filepath.Dir(scripts[0].file), ".pnp.cjs", ".pnp.js", ".pnp.data.json"); manifest != "" {
		s.pnp = filepath.Dir(manifest)
	}
	s.jsxInJS = len(jsxPackages(root, filepath.Dir(scripts[0].file))) > 0
	s.runtime = jsxRuntime(root, filepath.Dir(scripts[0].file), s.tsconfig)
	return s
}

// referredTo returns which of the references in the tsconfig.json of dir is about the
// script: the first that includes it, else the first that is about scripts for
// pages, else the first; and all of them.
func (c tsconfig) referredTo(dir, script string) (chosen string, all []string) {
	if c.forPages() {
		return "", nil
	}
	pages, first := "", ""
	for _, reference := range c.References {
		file := filepath.Join(dir, filepath.FromSlash(reference.Path))
		if isDir(file) {
			file = filepath.Join(file, "tsconfig.json")
		}
		all = append(all, file)
		config, ok := readTsconfig(file)
		switch {
		case !ok:
			continue
		case chosen == "" && config.includes(filepath.Dir(file), script):
			chosen = file
		}
		if pages == "" && config.forPages() {
			pages = file
		}
		if first == "" {
			first = file
		}
	}
	return cmp.Or(chosen, pages, first), all
}

// includes reports whether the settings in dir name the script among their files.
func (c tsconfig) includes(dir, script string) bool {
	rel, err := filepath.Rel(dir, script)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	rel = filepath.ToSlash(rel)
	for _, pattern := range append(slices.Clone(c.Files), c.Include...) {
		pattern = path.Clean(pattern)
		if doublestar.MatchUnvalidated(pattern, rel) || doublestar.MatchUnvalidated(pattern+"/**", rel) {
			return true
		}
	}
	return false
}
