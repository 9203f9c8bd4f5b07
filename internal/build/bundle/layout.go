package bundle

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// layout says where the files of a project are, how they are read, and under
// which URLs browsers find what becomes of them. Each part of a [Bundler] holds
// a copy: when it changes, they are made anew.
type layout struct {
	paths      pathMapper
	publicPath string // URL prefix of all outputs
	release    bool   // what is shipped is bundled
	frontEnd   string // directory of the front end, which / means in imports; may be ""
	base       string // URL prefix of the front end
	publicDir  string // directory whose files are served as they are at /; may be ""
	entries    []entryPoint
	aliases    map[string]string     // import paths, and what to import instead
	rewrites   []rewrite             // the same by patterns
	loaders    map[string]api.Loader // by file extension, where not esbuild's own
	settings   settings              // of the scripts, where esbuild does not find them
	pages      *pageSet              // what the pages of the front end name
}

// root returns the project's directory as esbuild names it.
func (l layout) root() string { return l.paths.resolved }

// workingDir returns the directory that esbuild works in. There and above, it looks
// for the manifest by which Yarn's Plug'n'Play finds packages.
func (l layout) workingDir() string { return cmp.Or(l.settings.pnp, l.root()) }

// outDir is the directory that source maps are relative to. It lies where the
// public path would lie if the project root were served, so that the browser
// shows web/src/main.tsx as /web/src/main.tsx. Nothing is ever written to it.
func (l layout) outDir() string {
	return filepath.Join(l.root(), filepath.FromSlash(l.publicPath))
}

// urlOf maps a path below outDir to the URL under which the file is served.
func (l layout) urlOf(file string) string {
	rel, err := filepath.Rel(l.outDir(), file)
	if err != nil { // another volume: esbuild never leaves the output directory
		rel = filepath.Base(file)
	}
	return l.publicPath + filepath.ToSlash(rel)
}

// collect keys the files that esbuild made by their URLs, without those that
// are named in except, and without their maps.
func (l layout) collect(files []api.OutputFile, except map[string]bool) Outputs {
	outputs := make(Outputs, len(files))
	for _, file := range files {
		if except[strings.TrimSuffix(file.Path, ".map")] {
			continue
		}
		url := l.urlOf(file.Path)
		outputs[url] = newOutput(url, l.withoutRoot(withoutTails(file)))
	}
	return outputs
}

// shown names a file or directory for people: relative to the project.
func (l layout) shown(file string) string {
	rel, err := filepath.Rel(l.root(), l.paths.real(file))
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}

// loaderOf returns how esbuild reads a script.
func (l layout) loaderOf(file string) api.Loader {
	if chosen, ok := l.loaders[filepath.Ext(file)]; ok {
		return chosen
	}
	switch filepath.Ext(file) {
	case ".ts", ".mts", ".cts":
		return api.LoaderTS
	case ".tsx":
		return api.LoaderTSX
	case ".jsx":
		return api.LoaderJSX
	}
	return api.LoaderJS
}

// sheetLoader returns how esbuild reads file if it is a sheet, else LoaderNone.
func (l layout) sheetLoader(file string) api.Loader {
	// The longest extension counts: ".module.css" before ".css".
	for name := filepath.Base(file); ; {
		_, rest, found := strings.Cut(name, ".")
		if !found {
			return api.LoaderNone
		}
		name = rest
		loader, chosen := l.loaders["."+name]
		switch {
		case chosen && (loader == api.LoaderCSS || loader == api.LoaderLocalCSS || loader == api.LoaderGlobalCSS):
			return loader
		case chosen:
			return api.LoaderNone
		case name == "module.css":
			return api.LoaderLocalCSS
		case name == "css":
			return api.LoaderCSS
		}
	}
}
