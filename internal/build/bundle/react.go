package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// reactNamespace holds ES modules in place of React's CommonJS.
const reactNamespace = "devtool-react"

// reactModules are the parts of React that applications import everywhere. What they
// export never changes once they have run.
const reactModules = `^(?:react(?:/jsx-runtime)?|react-dom(?:/client)?)$`

var reactExport = regexp.MustCompile(`(?m)^\s*exports\.([A-Za-z_$][\w$]*)\s*=`)

// shareReact lets all scripts of a release import React through one ES module for each
// of its parts. esbuild wraps a CommonJS module once for each script that imports it,
// and looks up its names at every use: a tenth of an application of small components.
//
// It finds React itself: asking esbuild for each import takes longer than the build.
func (l layout) shareReact(build api.PluginBuild) {
	for _, name := range []string{"react", "react-dom"} {
		if _, aliased := l.aliases[name]; aliased {
			return
		}
	}
	var modules sync.Map // files, "" where there is none, by directory and import path
	build.OnResolve(api.OnResolveOptions{Filter: reactModules}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.Kind != api.ResolveJSImportStatement || args.Namespace != "file" {
			return api.OnResolveResult{}, nil
		}
		place := [2]string{args.ResolveDir, args.Path}
		found, known := modules.Load(place)
		if !known {
			found = reactModule(args.ResolveDir, args.Path)
			modules.Store(place, found)
		}
		file, _ := found.(string)
		if file == "" {
			return api.OnResolveResult{}, nil
		}
		return api.OnResolveResult{Path: file, Namespace: reactNamespace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: reactNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		var text strings.Builder
		fmt.Fprintf(&text, "import * as react from %s\nexport default react.default\n", toJSON("./"+filepath.Base(args.Path)))
		for _, name := range reactExports(args.Path) {
			fmt.Fprintf(&text, "export const %s = react.%[1]s\n", name)
		}
		contents := text.String()
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS, ResolveDir: filepath.Dir(args.Path)}, nil
	})
}

// reactModule returns the file of a part of React that scripts in dir import; "" if it
// is not installed, or not laid out as React is.
func reactModule(dir, path string) string {
	name, part, _ := strings.Cut(path, "/")
	if part == "" {
		part = "index"
	}
	for ; ; dir = filepath.Dir(dir) {
		installed := filepath.Join(dir, "node_modules", name)
		if isFile(filepath.Join(installed, "package.json")) {
			file, err := filepath.EvalSymlinks(filepath.Join(installed, part+".js"))
			if err != nil || len(reactExports(file)) == 0 {
				return ""
			}
			return file
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// reactExports returns the names that a module of React exports in a release; none
// of a file that is not laid out as React's are.
func reactExports(file string) (names []string) {
	part := strings.TrimSuffix(filepath.Base(file), ".js")
	switch dir := filepath.Base(filepath.Dir(file)); {
	case part == "index":
		part = dir
	default:
		part = dir + "-" + part
	}
	text, err := regular.ReadFile(filepath.Join(filepath.Dir(file), "cjs", part+".production.js"))
	if err != nil {
		return nil
	}
	for _, match := range reactExport.FindAllStringSubmatch(string(text), -1) {
		if name := match[1]; !slices.Contains(names, name) && name != "default" {
			names = append(names, name)
		}
	}
	return names
}
