package bundle

import (
	"encoding/json"
	"path/filepath"

	"github.com/calendsync/devtool/internal/regular"
	"github.com/evanw/esbuild/pkg/api"
)

// jsxRuntime returns the package whose functions JSX becomes calls of: the React
// or Preact that the package.json above dir depends on, unless one without such
// functions is installed. It is "" when a tsconfig.json says how JSX is compiled: config,
// or the nearest one above dir if config is empty.
//
// Without a word esbuild writes React.createElement, for which every script would
// have to import React. Nobody does that since React 17.
func jsxRuntime(root, dir, config string) string {
	if config == "" {
		config = nearestFile(root, dir, "tsconfig.json", "jsconfig.json")
	}
	for _, file := range appendTsconfig(nil, config) {
		if settings, _ := readTsconfig(file); settings.saysJSX() {
			return ""
		}
	}
	for _, name := range jsxPackages(root, dir) {
		installed := nearestFile(root, dir, filepath.Join("node_modules", name, "package.json"))
		offered := filepath.Join(filepath.Dir(installed), "jsx-runtime") // a file or a directory
		if installed == "" || isFile(offered+".js") || isDir(offered) {
			return name
		}
	}
	return ""
}

// jsxPackages returns which of React and Preact the package.json above dir depends on.
func jsxPackages(root, dir string) (names []string) {
	text, err := regular.ReadFile(nearestFile(root, dir, "package.json"))
	var manifest struct{ Dependencies, DevDependencies, PeerDependencies map[string]any }
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		return nil
	}
	for _, name := range []string{"react", "preact"} {
		if manifest.Dependencies[name] != nil || manifest.DevDependencies[name] != nil || manifest.PeerDependencies[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// saysJSX reports whether the settings are about how JSX is compiled.
func (c tsconfig) saysJSX() bool {
	o := c.CompilerOptions
	return o.JSX != "" || o.JSXFactory != "" || o.JSXImportSource != ""
}

// nearestFile returns the first of the files, by one of the names, in dir and the
// directories above it up to root; "" if there is none.
func nearestFile(root, dir string, names ...string) string {
	for ; ; dir = filepath.Dir(dir) {
		for _, name := range names {
			if file := filepath.Join(dir, name); isFile(file) {
				return file
			}
		}
		if dir == root || dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// setJSX lets JSX be compiled for the runtime, if any, unless the user chose how.
func (s settings) setJSX(options *api.BuildOptions, chosen string) {
	if _, written := options.Loader[".js"]; s.jsxInJS && !written {
		options.Loader[".js"] = api.LoaderJSX // Vite's plugins can be told so
	}
	if s.runtime != "" && chosen == "" {
		options.JSX, options.JSXImportSource = api.JSXAutomatic, s.runtime
	}
}
