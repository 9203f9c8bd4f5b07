package config

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Match reports whether the rule is about the file at rel, a slash-separated
// path relative to the root. The last glob that matches decides.
func (r Rule) Match(rel string) bool { return MatchGlobs(r.Paths, rel) }

// MatchGlobs reports whether globs, as rules and generators write them, match a
// slash-separated path relative to the root. As in a .gitignore a glob without
// a slash matches at any depth, a leading slash anchors it, and one that begins
// with ! takes paths out again.
func MatchGlobs(globs []string, rel string) bool {
	matched := false
	for _, glob := range globs {
		glob, negated := strings.CutPrefix(glob, "!")
		if matched == negated && matchGlob(glob, rel) {
			matched = !negated
		}
	}
	return matched
}

func matchGlob(glob, rel string) bool {
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	ok, err := doublestar.Match(strings.TrimPrefix(strings.TrimPrefix(glob, "/"), "./"), rel)
	return err == nil && ok
}

// defaultRules are the rules for files that no build reads: templates and env
// files, which Go apps read when they start, and what they write. Where the web
// side has a page of its own, its HTML is the bundler's and read for every
// document.
func (d *discovery) defaultRules() []Rule {
	rules := []Rule{
		{Paths: []string{"/pb_public/**"}, Action: "reload"}, // PocketBase serves it from the disk
		{Paths: d.templateGlobs(), Action: "restart"},
	}
	if len(d.otherTools) > 0 {
		rules = append([]Rule{{Paths: d.otherTools, Action: "ignore"}}, rules...)
	}
	if rel, ok := d.Rel(d.Web.HTML); ok {
		page := Rule{Paths: []string{"/" + escapeGlob(rel)}, Action: "reload"}
		if d.Web.Dir != "" && d.Web.Dir != d.Root {
			page.Paths = []string{"/" + escapeGlob(path.Dir(rel)) + "/**/*.html"}
		}
		rules = append([]Rule{page}, rules...)
	}
	env := Rule{Action: "restart"}
	for _, file := range d.App.EnvFiles {
		if rel, ok := d.Rel(file); ok {
			env.Paths = append(env.Paths, "/"+escapeGlob(rel))
		}
	}
	if len(env.Paths) > 0 {
		rules = append(rules, env)
	}
	return append(rules, Rule{Action: "ignore", Paths: []string{
		"*.{db,db3,sqlite,sqlite3,bolt,bbolt}", "*-{wal,shm,journal}", "*.{log,pid,sock,prof,lock}", "/pb_data/**",
	}})
}

// reports are the names that tools give to HTML files, beside the Go files too.
const reports = "{cover*,*coverage*,trace,profile,bench*,results,report,*[-_.]report}.html"

// templateGlobs match the templates that the app may read. Tools and the app
// itself also write HTML, such as reports, exports and rendered mails, and that
// must not restart the app. So an .html file counts only where templates usually
// are: beside Go files, in a directory with such a name, and in a directory that
// contains a template already.
func (d *discovery) templateGlobs() []string {
	var beside, held []string
	for _, dir := range d.htmlDirs() {
		rel, _ := d.Rel(dir)
		at := strings.TrimSuffix("/"+escapeGlob(strings.TrimSuffix(rel, ".")), "/")
		switch {
		case dir == d.Root || dir == d.App.Cwd || hasGo(dir):
			beside = append(beside, at+"/*.html")
		case d.files.filled[dir] && !MatchGlobs(held, rel+"/x.html"):
			held = append(held, at+"/**/*.html")
		}
	}
	for _, t := range d.files.templates {
		if rel, _ := d.Rel(t.path); d.files.filled[t.path] && MatchGlobs([]string{reports}, rel) {
			held = append(held, "/"+escapeGlob(rel)) // has the name of a report, but is a template
		}
	}
	return slices.Concat(beside, []string{"!" + reports}, held, []string{
		"**/{template,templates,tmpl,tpl,view,views,layout,layouts,partial,partials,include,includes,component,components}/**/*.html",
		"!**/{dist,build,out,target,tmp,coverage,htmlcov,_site,*-report,*-results,*-static}/**",
		"*.{tmpl,tpl,gohtml}",
	})
}

// htmlDirs are the directories in which HTML files may stand, those above
// first: the root, the app's, and all that held one when the project was read.
func (d *discovery) htmlDirs() []string {
	dirs := []string{d.Root, d.App.Cwd}
	if d.mainDir != "" {
		dirs = append(dirs, d.mainDir)
	}
	for _, t := range d.files.templates {
		if filepath.Ext(t.path) == ".html" {
			dirs = append(dirs, filepath.Dir(t.path))
		}
	}
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool { return !within(d.Root, dir) })
}

// hasGo reports whether a directory holds Go files of a program.
func hasGo(dir string) bool {
	sources, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "*.go")) // fails for bad patterns only
	return slices.ContainsFunc(sources, func(file string) bool { return !strings.HasSuffix(file, "_test.go") })
}

// Rel returns the slash-separated path relative to the root; ok is false for
// what is outside of it, and for no path at all.
func (c *Config) Rel(path string) (rel string, ok bool) {
	if path == "" {
		return "", false
	}
	rel, err := filepath.Rel(c.Root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// show writes a path as people would: relative to the root where it is inside.
func (c *Config) show(path string) string {
	if rel, ok := c.Rel(path); ok {
		return rel
	}
	return path
}

func escapeGlob(p string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`).Replace(p)
}
