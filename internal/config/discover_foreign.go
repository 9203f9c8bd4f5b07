package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
)

// packageJSON is what we read of a package.json.
type packageJSON struct {
	Source, Main                  string
	Dependencies, DevDependencies map[string]any
}

// readPackage reads the package.json in dir as npm does, which minds no byte
// order mark. What is none is an empty one.
func readPackage(dir string) (pkg packageJSON) {
	if json.Unmarshal([]byte(plainText(readHead(filepath.Join(dir, "package.json")))), &pkg) != nil {
		return packageJSON{}
	}
	return pkg
}

// foreign names the framework of a web side whose sources only its own compiler
// understands, or is empty. esbuild would report each of their imports, or
// build without a word what does not run.
func foreign(dir string) string {
	pkg := readPackage(dir)
	for _, f := range []struct{ dependency, name string }{
		{"@sveltejs/kit", "SvelteKit"}, {"nuxt", "Nuxt"}, {"astro", "Astro"}, {"@angular/core", "Angular"},
		{"solid-js", "Solid"}, {"@builder.io/qwik", "Qwik"}, {"@qwik.dev/core", "Qwik"}, {"ember-source", "Ember"},
	} {
		if pkg.Dependencies[f.dependency] != nil || pkg.DevDependencies[f.dependency] != nil {
			return f.name
		}
	}
	name, left := "", maxScanned
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if left--; left < 0 {
			return fs.SkipAll
		}
		if err != nil {
			return nil // what cannot be read cannot be guessed from
		}
		if e.IsDir() {
			if path != dir && (skipDir(e.Name()) || isFile(filepath.Join(path, "package.json"))) {
				return fs.SkipDir // a package beside this one may be anything
			}
			return nil
		}
		name = map[string]string{".vue": "Vue", ".svelte": "Svelte", ".astro": "Astro", ".marko": "Marko"}[filepath.Ext(path)]
		if name != "" {
			return fs.SkipAll
		}
		return nil
	})
	return name
}

// leaveToVite says once what would otherwise be an error for each import, and how
// to run both sides.
func (d *discovery) leaveToVite(dir, framework string) {
	article := "a"
	if framework == "Astro" || framework == "Angular" || framework == "Ember" {
		article = "an"
	}
	where := d.show(dir)
	d.otherTools = []string{"/" + escapeGlob(where) + "/**"}
	if dir == d.Root {
		where, d.otherTools = "this", []string{"*.{vue,svelte,astro,marko,ts,tsx,mts,js,jsx,mjs,css,scss}"}
	}
	d.note(fmt.Sprintf("%s is %s %s project: devtool cannot compile it and leaves the web side alone", where, article, framework),
		fmt.Sprintf("run its own dev server beside devtool (npm run dev), send API requests from there to devtool (in vite.config: server: { proxy: { \"/api\": \"%s\" } }), and open its address", d.publicURL()))
}

// publicURL is where devtool is to be found, as far as settings say.
func (d *discovery) publicURL() string {
	scheme := "http"
	if d.Server.HTTPS || d.Server.Cert != "" {
		scheme = "https"
	}
	return fmt.Sprintf("%s://localhost:%d", scheme, d.Server.Port)
}
