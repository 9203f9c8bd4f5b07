package config

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Match tells whether the rule is about the file at rel, a slash-separated
// path relative to the root. The last glob that matches decides.
func (r Rule) Match(rel string) bool { return MatchGlobs(r.Paths, rel) }

// MatchGlobs tells whether globs, as rules and generators write them, match a
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

// defaultRules are the rules for files that Go apps read when they start and
// that no build reads: templates and env files. Where the web side has a page
// of its own, its HTML is the bundler's and read anew for every document.
func (c *Config) defaultRules() []Rule {
	rules := []Rule{{Paths: []string{"*.{html,tmpl,tpl,gohtml}"}, Action: "restart"}}
	if rel, ok := c.Rel(c.Web.HTML); ok {
		page := Rule{Paths: []string{"/" + escapeGlob(rel)}, Action: "reload"}
		if c.Web.Dir != "" && c.Web.Dir != c.Root {
			page.Paths = []string{"/" + escapeGlob(path.Dir(rel)) + "/**/*.html"}
		}
		rules = append([]Rule{page}, rules...)
	}
	env := Rule{Action: "restart"}
	for _, file := range c.App.EnvFiles {
		if rel, ok := c.Rel(file); ok {
			env.Paths = append(env.Paths, "/"+escapeGlob(rel))
		}
	}
	if len(env.Paths) > 0 {
		rules = append(rules, env)
	}
	return rules
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
