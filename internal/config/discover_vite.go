package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/config/viteconfig"
)

// Rewrite is an alias whose import paths a pattern tells.
type Rewrite struct {
	Pattern     string // a regular expression
	Replacement string // of what matches; ${1} is its first group
}

// takeVite completes the settings from the Vite configuration of the front end. What
// was written in devtool.toml stays.
func (d *discovery) takeVite() {
	v := d.vite
	d.Web.Base = "/"
	for _, name := range viteconfig.Names() {
		d.Candidates = append(d.Candidates, filepath.Join(d.viteDir, name))
	}
	if v.File == "" {
		return
	}
	var taken []string
	take := func(what string, is bool) {
		if is {
			taken = append(taken, what)
		}
	}
	take("root", v.Root != filepath.Dir(v.File))
	take("base", d.takeBase())
	take("alias", d.takeAliases())
	take("define", d.takeDefines())
	take("publicDir", v.NoPublic || v.PublicDir != "")
	take("outDir", v.OutDir != "")
	if d.Web.EnvDir = v.EnvDir; v.EnvDir != "" {
		taken = append(taken, "envDir")
	}
	if len(v.EnvPrefix) > 0 && !d.IsSet("web.env_prefix") {
		d.Web.EnvPrefix = v.EnvPrefix
		taken = append(taken, "envPrefix")
	}
	if d.Web.NoFallback = v.AppType == "mpa" || v.AppType == "custom"; d.Web.NoFallback {
		taken = append(taken, "appType")
	}
	why := "read, not run"
	if len(taken) > 0 {
		why += ": " + strings.Join(taken, ", ")
	}
	if len(v.Proxied) > 0 {
		why += "; server.proxy is not needed here"
	}
	d.assumed = append(d.assumed, Assumption{What: "vite", Value: d.show(v.File), Why: why})
	d.adviseOnVite()
}

// takeBase lets bundles have the URLs of Vite's base and assetsDir.
func (d *discovery) takeBase() bool {
	v := d.vite
	if strings.HasPrefix(v.Base, "/") && !strings.HasPrefix(v.Base, "//") {
		d.Web.Base = strings.TrimSuffix(v.Base, "/") + "/"
	}
	assets := strings.Trim(v.AssetsDir, "/")
	if d.Web.Base == "/" && assets == "" || d.IsSet("web.public_path") {
		return d.Web.Base != "/"
	}
	if assets == "" {
		assets = "assets"
	}
	d.Web.PublicPath = d.Web.Base + assets + "/"
	d.origins["web.public_path"] = Origin{Source: filepath.Base(v.File)}
	return true
}

func (d *discovery) takeAliases() (taken bool) {
	v := d.vite
	aliases := maps.Clone(d.Web.Alias)
	if aliases == nil {
		aliases = map[string]string{}
	}
	add := func(find, to string) {
		if _, written := d.Web.Alias[find]; !written && find != "" {
			aliases[find], taken = to, true
		}
	}
	for _, a := range v.Alias {
		to := d.aliasTarget(a.Replacement)
		if find, ok := a.Literal(); ok {
			add(find, strings.TrimSuffix(to, string(filepath.Separator)))
			continue
		}
		if _, err := regexp.Compile(a.Find); err != nil {
			d.unread("resolve.alias /" + a.Find + "/")
			continue
		}
		d.Web.Rewrites = append(d.Web.Rewrites, Rewrite{a.Find, groups.ReplaceAllString(to, `$${$1}`)})
		taken = true
	}
	if v.Plugin("@preact/preset-vite") {
		add("react-dom/test-utils", "preact/test-utils")
		add("react-dom", "preact/compat")
		add("react", "preact/compat")
	}
	if taken {
		d.Web.Alias = aliases
	}
	return taken
}

// groups matches the groups in a replacement of JavaScript's.
var groups = regexp.MustCompile(`\$(\d)`)

// aliasTarget returns the path that an alias of Vite's means: from the root of the
// front end, unless there is such a path on this machine.
func (d *discovery) aliasTarget(to string) string {
	path := filepath.FromSlash(to)
	first, _, _ := strings.Cut(strings.TrimPrefix(to, "/"), "/")
	switch {
	case strings.HasPrefix(to, "./") || strings.HasPrefix(to, "../"):
		return under(d.vite.Root, path) + trailing(to)
	case strings.HasPrefix(to, "/") && !within(filepath.Dir(d.vite.File), path):
		if _, err := os.Stat(filepath.Join(d.vite.Root, first)); err == nil {
			return filepath.Join(d.vite.Root, path) + trailing(to)
		}
	}
	return to
}

// trailing returns the slash at the end of a path, which cleaning takes away.
func trailing(path string) string {
	if strings.HasSuffix(path, "/") {
		return "/"
	}
	return ""
}

// expression matches what can stand for a defined name beside JSON.
var expression = regexp.MustCompile(`^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$`)

func (d *discovery) takeDefines() (taken bool) {
	defines := maps.Clone(d.Web.Define)
	if defines == nil {
		defines = map[string]string{}
	}
	for name, value := range d.vite.Define {
		if _, written := d.Web.Define[name]; written {
			continue
		}
		if !json.Valid([]byte(value)) && !expression.MatchString(value) {
			d.unread("define." + name)
			continue
		}
		defines[name], taken = value, true
	}
	if taken {
		d.Web.Define = defines
	}
	return taken
}

// unread notes a key of the Vite configuration that only running it would tell.
func (d *discovery) unread(key string) {
	if !slices.Contains(d.vite.Unread, key) {
		d.vite.Unread = append(d.vite.Unread, key)
	}
}

// adviseOnVite says what of the Vite configuration has no effect here.
func (d *discovery) adviseOnVite() {
	v := d.vite
	if v.Base != "" && d.Web.Base == "/" && v.Base != "/" {
		d.note(fmt.Sprintf("base %q of %s is not used", v.Base, d.show(v.File)), "a base that begins with a slash is; web.public_path chooses the URL of the bundles")
	}
	for _, key := range v.Unread {
		name, _, _ := strings.Cut(key, " ")
		hint := "[web] in devtool.toml has settings for what matters of it"
		switch section, _, _ := strings.Cut(name, "."); {
		case name == "resolve.alias":
			hint = "write it in devtool.toml: [web] alias = { \"@\" = \"" + d.show(filepath.Join(v.Root, "src")) + "\" }"
		case section == "define":
			hint = "write it in devtool.toml: [web] define = { NAME = \"expression\" }"
		case name == "plugins":
			hint = "plugins of the project's own are not run"
		}
		d.note(fmt.Sprintf("%s: %s is not taken over, as only running the file would tell its value", d.show(v.File), key), hint)
	}
	for _, plugin := range v.Plugins {
		if text, hint := pluginAdvice(plugin); text != "" {
			d.note(d.show(v.File)+": "+text, hint)
		}
	}
}

// pluginAdvice says what follows from a plugin of Vite that is not run; nothing where
// the bundler does what it would.
func pluginAdvice(plugin string) (text, hint string) {
	covered := []string{
		"@vitejs/plugin-react", "@vitejs/plugin-react-swc", "@preact/preset-vite", "vite-tsconfig-paths", "@vitejs/plugin-basic-ssl",
		"vite-plugin-checker", "vite-plugin-inspect", "rollup-plugin-visualizer", "vite-bundle-analyzer",
	}
	switch {
	case slices.Contains(covered, plugin):
		return "", ""
	case plugin == "@tailwindcss/vite":
		return "@tailwindcss/vite is not run", "run Tailwind's own CLI: [[generate]] run = \"npx @tailwindcss/cli -i src/index.css -o src/made.css\", and import what it writes"
	case plugin == "vite-plugin-svgr":
		return "vite-plugin-svgr is not run", "import the URL of an SVG, or its text with ?raw"
	case plugin == "vite-plugin-pwa":
		return "vite-plugin-pwa is not run: there is no service worker in development", "devtool build makes none either; the project's own vite build does"
	case plugin == "@vitejs/plugin-legacy":
		return "@vitejs/plugin-legacy is not run", "web.target chooses the oldest browsers: [web] target = \"es2020\""
	}
	return "plugin " + plugin + " is not run", "what it makes is missing; the project's own Vite can run beside devtool with server.proxy to its address"
}
