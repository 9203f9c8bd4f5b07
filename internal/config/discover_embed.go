package config

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// public finds the directory whose files Vite serves from the root URL.
func (d *discovery) public() {
	dir, why := filepath.Join(filepath.Dir(d.page), "public"), "beside "+d.show(d.page)
	if d.vite.PublicDir != "" {
		dir, why = d.vite.PublicDir, "named in "+d.show(d.vite.File)
	}
	if d.page == "" || d.IsSet("web.public_dir") || !isDir(dir) || d.vite.NoPublic {
		return
	}
	d.Web.PublicDir = dir
	if d.Web.Base != "/" && !d.IsSet("web.mounts") {
		d.Web.Mounts = map[string]string{d.Web.Base: dir}
	}
	d.found("web.public_dir", Assumption{What: "public", Value: d.show(dir), Why: why,
		Setting: `[web] public_dir = "` + d.show(dir) + `"`})
}

// embedded finds the directory that the web side's own build fills and that the
// app embeds, as in go:embed all:dist. A fresh clone compiles only if we fill
// it. A directory that is committed is left alone.
func (d *discovery) embedded() {
	if d.IsSet("web.write_dir") {
		if d.page == "" {
			d.page = d.Web.HTML
		}
		d.Web.Page = d.page
		return
	}
	if d.page == "" {
		return
	}
	for _, name := range d.buildDirs() {
		dir := under(filepath.Dir(d.page), name)
		file := d.embedder(dir)
		if file == "" {
			continue
		}
		if !d.ignored(dir) && isDir(dir) && !bare(dir) {
			d.note(d.show(file)+" embeds "+d.show(dir)+", which git does not ignore: its files stay as they are",
				`to have them written: [web] write_dir = "`+d.show(dir)+strings.TrimSuffix(d.Web.PublicPath, "/")+`"`)
			return
		}
		d.Web.Page = d.page
		d.Web.WriteDir = filepath.Join(dir, filepath.FromSlash(d.Web.BelowBase(d.Web.PublicPath)))
		d.found("web.write_dir", Assumption{What: "embed", Value: d.show(dir), Why: "embedded by " + d.show(file),
			Setting: `[web] write_dir = "` + d.show(d.Web.WriteDir) + `"`})
		return
	}
}

// buildDirs are the directories that the build of the web side may fill.
func (d *discovery) buildDirs() []string {
	if d.vite.OutDir != "" {
		return []string{d.vite.OutDir, "dist", "build"}
	}
	return []string{"dist", "build"}
}

// BelowBase returns a URL path without the base of the front end, beginning with a
// slash: where its file lies in the directory that the build fills.
func (w Web) BelowBase(url string) string {
	if rest, ok := strings.CutPrefix(url, w.Base); ok && w.Base != "" {
		return "/" + rest
	}
	return url
}

var embedDirective = regexp.MustCompile(`(?m)^//go:embed[ \t]+(.+)$`)

// embedder returns a Go file that embeds files of dir. Go embeds only what is
// below the package's own directory, so the file is in a directory above dir.
func (d *discovery) embedder(dir string) string {
	for above := filepath.Dir(dir); within(d.Root, above); above = filepath.Dir(above) {
		sources, _ := filepath.Glob(filepath.Join(above, "*.go")) // fails for bad patterns only
		for _, source := range sources {
			if strings.HasSuffix(source, "_test.go") {
				continue
			}
			for _, m := range embedDirective.FindAllSubmatch(readHead(source), -1) {
				for pattern := range strings.FieldsSeq(string(m[1])) {
					pattern = strings.TrimPrefix(strings.Trim(pattern, "\"`"), "all:")
					if within(dir, filepath.Join(above, filepath.FromSlash(pattern))) {
						return source
					}
				}
			}
		}
	}
	return ""
}

// ignored reports whether a .gitignore of the project names dir or a directory
// above it.
func (d *discovery) ignored(dir string) bool {
	for above := filepath.Dir(dir); within(d.Root, above); above = filepath.Dir(above) {
		rel, err := filepath.Rel(above, dir)
		if err != nil {
			return false
		}
		for line := range strings.Lines(string(readHead(filepath.Join(above, ".gitignore")))) {
			glob := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(line), "*"), "/")
			for name := filepath.ToSlash(rel); glob != "" && name != "."; name = path.Dir(name) {
				if MatchGlobs([]string{glob}, name) {
					return true
				}
			}
		}
	}
	return false
}

// bare reports whether a directory holds nothing but what keeps it in git.
func bare(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") })
}

// within reports whether path is dir or below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
