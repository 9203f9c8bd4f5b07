package bundle

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// resolveStyles finds the sheets of packages by the condition "style" of their
// exports and by their field "style", as Vite does. esbuild knows neither.
func (l layout) resolveStyles(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `^[^./]`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.Kind != api.ResolveCSSImportRule {
			return api.OnResolveResult{}, nil
		}
		name, ok := packageName(args.Path)
		if !ok {
			return api.OnResolveResult{}, nil
		}
		for dir := args.ResolveDir; ; dir = filepath.Dir(dir) {
			installed := filepath.Join(dir, "node_modules", filepath.FromSlash(name))
			if isFile(filepath.Join(installed, "package.json")) {
				file := styleOf(installed, "."+strings.TrimPrefix(args.Path, name), l.release)
				if real, err := filepath.EvalSymlinks(file); file != "" && err == nil {
					return api.OnResolveResult{Path: real}, nil
				}
				return api.OnResolveResult{}, nil
			}
			if dir == filepath.Dir(dir) {
				return api.OnResolveResult{}, nil
			}
		}
	})
}

// styleOf returns the file that a package offers to sheets at a subpath, "." for
// the package itself; "" if its package.json says nothing of it.
func styleOf(dir, subpath string, release bool) string {
	text, err := regular.ReadFile(filepath.Join(dir, "package.json"))
	var manifest struct {
		Exports json.RawMessage
		Style   string
	}
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		return ""
	}
	target := ""
	switch {
	case len(manifest.Exports) > 0:
		target = exported(manifest.Exports, subpath, release)
	case subpath == ".":
		target = manifest.Style
	}
	if file := filepath.Join(dir, filepath.FromSlash(target)); target != "" && strings.HasSuffix(file, ".css") && inside(dir, file) {
		return file
	}
	return ""
}

// exported looks a subpath up in the exports of a package.
func exported(exports json.RawMessage, subpath string, release bool) string {
	keys, values := orderedObject(exports)
	if len(keys) == 0 || !strings.HasPrefix(keys[0], ".") { // those of "."
		if subpath != "." {
			return ""
		}
		return conditional(exports, release)
	}
	if i := slices.Index(keys, subpath); i >= 0 {
		return conditional(values[i], release)
	}
	best, found := "", ""
	for i, key := range keys {
		before, after, pattern := strings.Cut(key, "*")
		if pattern && len(before) > len(best) && len(subpath) >= len(before)+len(after) && strings.HasPrefix(subpath, before) && strings.HasSuffix(subpath, after) {
			best = before
			found = strings.ReplaceAll(conditional(values[i], release), "*", subpath[len(before):len(subpath)-len(after)])
		}
	}
	return found
}

// conditional returns the first path that the conditions of sheets lead to.
func conditional(target json.RawMessage, release bool) string {
	var path string
	if json.Unmarshal(target, &path) == nil {
		return path
	}
	var list []json.RawMessage
	if json.Unmarshal(target, &list) == nil {
		for _, item := range list {
			if path = conditional(item, release); path != "" {
				return path
			}
		}
		return ""
	}
	mode := "development"
	if release {
		mode = "production"
	}
	keys, values := orderedObject(target)
	for i, key := range keys {
		if slices.Contains([]string{"style", mode, "import", "default"}, key) {
			if path = conditional(values[i], release); path != "" {
				return path
			}
		}
	}
	return ""
}

// orderedObject returns the keys of a JSON object as they were written, and their
// values: the first condition that holds decides. It returns none of other JSON.
func orderedObject(text json.RawMessage) (keys []string, values []json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		name, ok := key.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return keys, values
		}
		keys, values = append(keys, name), append(values, value)
	}
	return keys, values
}
