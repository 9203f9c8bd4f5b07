package config

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/config/viteconfig"
)

// web finds the entry points: in the directories that web sides usually live
// in, beside the main package first.
func (d *discovery) web() {
	if d.IsSet("web.entry_points") {
		if dir := d.frontEndDir(); len(d.Web.EntryPoints) > 0 {
			d.vite, d.viteDir = viteconfig.Read(dir, d.Production), dir
			d.takeVite()
		}
		return
	}
	for _, dir := range d.webDirs() {
		if what := foreign(dir); what != "" {
			d.leaveToVite(dir, what)
			return
		}
		vite, packageDir := viteconfig.Read(dir, d.Production), dir
		dir = vite.Root
		entries, page, why := d.entries(dir)
		if len(entries) == 0 {
			continue
		}
		d.Web.Dir = dir
		d.Web.EntryPoints = entries
		d.vite, d.viteDir = vite, packageDir
		shown := make([]string, len(entries))
		for i, e := range entries {
			shown[i] = d.show(e)
		}
		d.found("web.entry_points", Assumption{What: "web", Value: strings.Join(shown, ", "), Why: why,
			Setting: `[web] entry_points = ["` + strings.Join(shown, `", "`) + `"]`})
		d.page = page
		if page != "" && !d.IsSet("web.html") && !open(page) {
			d.Web.HTML = page
			d.found("web.html", Assumption{What: "page", Value: d.show(page), Why: "served where the app answers 404",
				Setting: `[web] html = "` + d.show(page) + `"`})
		}
		d.takeVite()
		return
	}
}

// webDirs lists where to look, the likeliest first. The root itself is a web
// side only if it is a package of its own.
func (d *discovery) webDirs() []string {
	var dirs []string
	if d.Web.HTML != "" {
		dirs = append(dirs, filepath.Dir(d.Web.HTML))
	}
	bases := []string{d.Root}
	if d.mainDir != "" && d.mainDir != d.Root {
		bases = []string{d.mainDir, d.Root}
	}
	for _, base := range bases {
		for _, name := range []string{"web", "frontend", "ui", "client", "assets"} {
			if dir := filepath.Join(base, name); isDir(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	if isFile(filepath.Join(d.Root, "package.json")) {
		dirs = append(dirs, d.Root)
	}
	packages, _ := filepath.Glob(filepath.Join(d.Root, "*", "package.json")) // fails for bad patterns only
	for _, p := range packages {
		if dir := filepath.Dir(p); !skipDir(filepath.Base(dir)) && isFile(filepath.Join(dir, "index.html")) {
			dirs = append(dirs, dir) // under a name of its own
		}
	}
	return dirs
}

// entries returns the entry points of the web side in dir, and the page that
// names them.
func (d *discovery) entries(dir string) (entries []string, page, why string) {
	entries, page = pageEntries(dir)
	switch {
	case len(entries) > 0:
		why = "named in " + d.show(filepath.Join(dir, "index.html"))
	default:
		if e := packageEntry(dir); e != "" {
			entries, why = []string{e}, "named in "+d.show(filepath.Join(dir, "package.json"))
		} else if e := conventionalScript(dir); e != "" {
			entries, why = []string{e}, "a conventional name"
		}
	}
	if page != "" && !open(page) {
		return entries, page, why // such a page names its style sheets, too
	}
	sheets := d.sheets(dir)
	if len(entries) == 0 && len(sheets) > 0 {
		why = "a conventional name"
	}
	return append(entries, sheets...), page, why
}

// open reports whether a page is a template, for the app to fill in.
func open(page string) bool { return bytes.Contains(readHead(page), []byte("{{")) }

// pageEntries reads the pages of a Vite project, whose tags name sources. A script
// of index.html may be missing: whoever begins with the page writes it next.
func pageEntries(dir string) (entries []string, page string) {
	pages, _ := fs.Glob(os.DirFS(dir), "*.html") // fails for bad patterns only
	inline := false
	for _, name := range pages {
		index := name == "index.html"
		if index {
			page = filepath.Join(dir, name)
		}
		for _, l := range links(readHead(filepath.Join(dir, name))) {
			if l.url == "" {
				inline = inline || l.inline && index
				continue
			}
			source := filepath.Join(dir, filepath.FromSlash(l.url))
			ok := isTyped(source) || l.module || strings.HasSuffix(source, ".css")
			if !isFile(source) {
				ok = index && l.module && (isTyped(source) || strings.HasPrefix(l.url, ".") || strings.HasPrefix(l.url, "/src/")) &&
					isFile(filepath.Join(dir, "package.json"))
			}
			if ok && within(dir, source) && !slices.Contains(entries, source) {
				entries = append(entries, source)
			}
		}
	}
	if slices.ContainsFunc(entries, isScript) {
		return entries, page
	}
	if inline && page != "" && !open(page) {
		return append(entries, page), page // its own scripts
	}
	return nil, "" // style sheets alone: a page that somebody else serves
}

// packageEntry is the source that package.json names.
func packageEntry(dir string) string {
	pkg := readPackage(dir)
	for _, name := range []string{pkg.Source, pkg.Main} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		built := slices.ContainsFunc(strings.Split(filepath.ToSlash(name), "/"), skipDir)
		if name != "" && filepath.IsLocal(filepath.FromSlash(name)) && !built && isModule(path) {
			return path
		}
	}
	return ""
}

func conventionalScript(dir string) string {
	for _, sub := range []string{"src", ".", "ts", "js"} {
		for _, name := range []string{"main", "index", "app"} {
			for _, ext := range []string{".ts", ".tsx", ".js", ".jsx"} {
				if path := filepath.Join(dir, sub, name+ext); isModule(path) {
					return path
				}
			}
		}
	}
	return ""
}

// isTyped reports whether a browser could not run the file as it is.
func isTyped(path string) bool {
	return slices.Contains([]string{".ts", ".tsx", ".jsx", ".mts", ".cts"}, filepath.Ext(path))
}

var moduleStatement = regexp.MustCompile(`(?m)^\s*(?:import\b|export\b)|\brequire\(`)

// isModule reports whether the file is a script for a bundler. A plain script is
// not: its top-level functions are there for the page, and bundling would drop
// them as unused.
func isModule(path string) bool {
	return isFile(path) && (isTyped(path) || isScript(path) && moduleStatement.Match(readHead(path)))
}

// sheets returns the style sheets that stand alone: those of a conventional
// name that no script and no other sheet imports.
func (d *discovery) sheets(dir string) []string {
	var candidates []string
	for _, sub := range []string{"src", ".", "css", "styles"} {
		for _, name := range []string{"app.css", "main.css", "style.css", "styles.css", "index.css"} {
			if path := filepath.Join(dir, sub, name); isFile(path) {
				candidates = append(candidates, path)
			}
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	imported := importedSheets(dir)
	var alone []string
	for _, path := range candidates {
		switch {
		case imported[path]:
		case tailwind.Match(readHead(path)) && d.generated(path):
		case tailwind.Match(readHead(path)):
			d.note(fmt.Sprintf("%s needs Tailwind, which the bundler cannot run", d.show(path)),
				fmt.Sprintf("run it before the build: [[generate]] run = \"npx @tailwindcss/cli -i %[1]s -o static/%[2]s\", "+
					"inputs = [\"/%[1]s\", \"*.{html,templ,tsx}\"], outputs = [\"static/%[2]s\"]", d.show(path), filepath.Base(path)))
		default:
			alone = append(alone, path)
		}
	}
	return alone
}

// generated reports whether a generator was written that reads the file.
func (d *discovery) generated(path string) bool {
	rel, ok := d.Rel(path)
	return ok && slices.ContainsFunc(d.Generate, func(g Generate) bool { return MatchGlobs(g.Inputs, rel) })
}

var (
	tailwind    = regexp.MustCompile(`(?m)^\s*@(?:tailwind\b|import\s+(?:url\()?["']tailwindcss)`)
	sheetImport = regexp.MustCompile(`(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*(?:url\()?\s*["']([^"'\n]+\.css)["']`)
)

// importedSheets returns the style sheets that files below dir import. It looks
// for the text of imports; that a comment may name one, too, does no harm
// beyond asking for a line of configuration.
func importedSheets(dir string) map[string]bool {
	found := map[string]bool{}
	left := maxScanned
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if left--; left < 0 {
			return fs.SkipAll
		}
		switch {
		case err != nil:
			return nil
		case e.IsDir() && path != dir && skipDir(e.Name()):
			return fs.SkipDir
		case !e.Type().IsRegular() || !isSource(path):
			return nil
		}
		for _, m := range sheetImport.FindAllSubmatch(readHead(path), -1) {
			found[filepath.Join(filepath.Dir(path), filepath.FromSlash(string(m[1])))] = true
		}
		return nil
	})
	return found
}
