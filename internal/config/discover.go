package config

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/config/viteconfig"
)

// Main is a main package of the project.
type Main struct {
	ImportPath string
	Dir        string // absolute
}

// Assumption is something that was found rather than written.
type Assumption struct {
	What    string // "go", "web", "url", "page", "static", "generate"
	Value   string
	Why     string
	Setting string // what to write to choose otherwise, as TOML
}

// Discover completes the settings that nobody wrote from the files of the
// project, and returns what it assumed in the order in which people should
// read it. The argument is left as it is. It fails with [*NoMainError] or
// [*ManyMainsError] when it does not know what to run. A project without a web
// side is fine.
func Discover(c *Config, mains []Main) (*Config, []Assumption, error) {
	done := *c
	done.origins = maps.Clone(c.origins)
	done.Notes = slices.Clone(c.Notes)
	done.Web.Mounts = maps.Clone(c.Web.Mounts)
	done.Generate = slices.Clone(c.Generate)
	d := &discovery{Config: &done}
	if err := d.main(mains); err != nil {
		return nil, nil, err
	}
	d.module()
	d.pocketBase()
	d.files = scan(done.Root)
	d.Candidates = slices.Clone(c.Candidates)
	d.web()
	d.url()
	d.public()
	d.embedded()
	d.static()
	d.generators()
	done.Rules = slices.Concat(c.Rules, d.defaultRules())
	return &done, d.assumed, nil
}

// discovery is the Config being completed and what is known of the project.
type discovery struct {
	*Config
	mainDir string // of the main package; empty when unknown
	page    string // of the web side; it may be a template
	files   files
	vite    viteconfig.Config // of the front end
	viteDir string            // where that would be
	// otherTools are globs of a web side that is left to its own tools.
	otherTools []string
	assumed    []Assumption
}

// found records an assumption about the setting of that key.
func (d *discovery) found(key string, a Assumption) {
	d.assumed = append(d.assumed, a)
	d.origins[key] = Origin{Source: "found"}
}

func (d *discovery) main(mains []Main) error {
	if NeedsMains(d.Config) && d.Go.Package != "" {
		return goneError(d.Config, mains)
	}
	if d.Go.Package == "" && len(d.Go.Command) == 0 {
		m, why, err := chooseMain(d.Root, mains)
		if err != nil {
			return err
		}
		d.Go.Package = packagePath(d.Root, m)
		d.OtherMains = otherMains(d.Root, m, mains)
		d.found("go.package", Assumption{What: "go", Value: d.Go.Package, Why: why,
			Setting: `[go] package = "` + d.Go.Package + `"`})
	}
	if d.localPackage() {
		d.mainDir = under(d.Root, d.Go.Package)
	}
	for _, m := range mains {
		if m.ImportPath == d.Go.Package {
			d.mainDir = m.Dir
		}
	}
	return nil
}

// module lets an app of a module below the root have what lies there, as it has
// when people start it by hand.
func (d *discovery) module() {
	dir := d.GoDir()
	if dir == d.Root {
		return
	}
	if !d.IsSet("app.cwd") {
		d.App.Cwd = dir
	}
	if !d.IsSet("app.env_files") {
		own := Default().App.EnvFiles
		d.App.EnvFiles = slices.Clone(d.App.EnvFiles)
		for _, name := range own {
			d.App.EnvFiles = append(d.App.EnvFiles, under(dir, name))
		}
	}
}

// url takes the URL prefix from the app's own templates: whoever links
// /static/main.js wants the bundle of main.ts there.
func (d *discovery) url() {
	if d.IsSet("web.public_path") || len(d.Web.EntryPoints) == 0 {
		return
	}
	wanted := map[string]bool{}
	for _, e := range d.Web.EntryPoints {
		for _, name := range outputs(e) {
			wanted[name] = true
		}
	}
	votes := map[string]int{}
	example := map[string]string{}
	for _, t := range d.files.templates {
		if d.ofFrontEnd(t.path) {
			continue
		}
		for _, l := range t.links {
			dir, name := path.Split(l.url)
			if wanted[name] && strings.HasPrefix(dir, "/") {
				votes[dir]++
				example[dir] = d.show(t.path)
			}
		}
	}
	best := ""
	for _, dir := range slices.Sorted(maps.Keys(votes)) {
		if best == "" || votes[dir] > votes[best] {
			best = dir
		}
	}
	k := &checker{Config: d.Config}
	if k.prefix("web.public_path", best); best == "" || best == d.Web.PublicPath || len(k.errors) > 0 {
		return
	}
	d.Web.PublicPath = best
	d.found("web.public_path", Assumption{What: "url", Value: best, Why: "linked by " + example[best],
		Setting: `[web] public_path = "` + best + `"`})
}

// ofFrontEnd reports whether an HTML file is a page of the front end, which names
// sources: not a template that the app fills in.
func (d *discovery) ofFrontEnd(file string) bool {
	dir := filepath.Dir(d.Web.HTML)
	return d.Web.HTML != "" && filepath.Ext(file) == ".html" && within(dir, file) && (filepath.Dir(file) == dir || dir != d.Root)
}

// outputs names the bundles that an entry point may become: a script that
// imports style sheets has one of its own beside it.
func outputs(entry string) []string {
	base := path.Base(strings.ReplaceAll(entry, `\`, "/"))
	name := strings.TrimSuffix(base, path.Ext(base))
	if path.Ext(base) == ".css" {
		return []string{base}
	}
	return []string{name + ".js", name + ".css"}
}
