// Package viteconfig reads what a vite.config file says, without running it.
//
// It evaluates what stands there: literals, names, paths that are joined, and the
// choices by mode and command. What it cannot know (the environment, what functions
// return) it names in [Config.Unread], and takes for not written.
package viteconfig

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/calendsync/devtool/internal/regular"
)

// Config is what a file says. Paths are absolute; what it does not say is zero.
type Config struct {
	File string // that was read; "" if there is none

	Root      string // directory of the front end: that of the file by default
	Base      string // URL prefix, as written
	PublicDir string
	NoPublic  bool // publicDir: false
	EnvDir    string
	EnvPrefix []string
	AppType   string
	OutDir    string
	AssetsDir string
	Alias     []Alias
	Define    map[string]string // expressions
	Proxied   []string          // paths of server.proxy
	Plugins   []string          // packages whose functions are called
	Unread    []string          // keys whose values only running the file would tell: "resolve.alias"
}

// Alias is an entry of resolve.alias.
type Alias struct {
	Find        string // an import path or, of a pattern, a regular expression
	Pattern     bool
	Replacement string
}

// Names are those of the files, in the order in which Vite looks for them.
func Names() []string {
	return []string{"vite.config.js", "vite.config.mjs", "vite.config.ts", "vite.config.cjs", "vite.config.mts", "vite.config.cts"}
}

// Read reads the configuration of the front end in dir. production says which command
// and mode the choices in it are made for. A file that does not parse says nothing; it
// is named in Unread.
func Read(dir string, production bool) Config {
	for _, name := range Names() {
		file := filepath.Join(dir, name)
		text, err := regular.ReadFile(file)
		if err != nil {
			continue
		}
		config := Config{File: file, Root: dir}
		value, ok := evaluate(file, string(text), production)
		if object, is := value.(*object); ok && is {
			config.take(object)
		} else {
			config.Unread = []string{"the whole file"}
		}
		return config
	}
	return Config{Root: dir}
}

// evaluate returns the value of the default export.
func evaluate(file, text string, production bool) (value any, ok bool) {
	plain := api.Transform(text, api.TransformOptions{Loader: api.LoaderTS, Target: api.ESNext, LogLevel: api.LogLevelSilent, LegalComments: api.LegalCommentsNone})
	if len(plain.Errors) > 0 {
		return nil, false
	}
	ast, err := js.Parse(parse.NewInputBytes(plain.Code), js.Options{})
	if err != nil {
		return nil, false
	}
	mode, command := "development", "serve"
	if production {
		mode, command = "production", "build"
	}
	e := &evaluator{file: file, names: make(map[string]any), invoked: newObject("mode", mode, "command", command, "isSsrBuild", false, "isPreview", false)}
	result := e.statements(ast.List)
	if e.exported != nil {
		result = e.exported
	}
	return e.settled(result), result != nil
}

// take reads the keys that matter.
func (c *Config) take(o *object) {
	r := reader{config: c}
	if root := r.text(o, "root", "root"); root != "" {
		c.Root = under(filepath.Dir(c.File), root)
	}
	c.Base = r.text(o, "base", "base")
	c.AppType = r.text(o, "appType", "appType")
	if value, set := o.get("publicDir"); set && value == false {
		c.NoPublic = true
	} else if dir := r.text(o, "publicDir", "publicDir"); dir != "" {
		c.PublicDir = under(c.Root, dir)
	}
	if dir := r.text(o, "envDir", "envDir"); dir != "" {
		c.EnvDir = under(c.Root, dir)
	}
	c.EnvPrefix = r.texts(o, "envPrefix", "envPrefix")
	if build := r.object(o, "build", "build"); build != nil {
		if dir := r.text(build, "outDir", "build.outDir"); dir != "" {
			c.OutDir = under(c.Root, dir)
		}
		c.AssetsDir = r.text(build, "assetsDir", "build.assetsDir")
	}
	r.defines(r.object(o, "define", "define"))
	if resolve := r.object(o, "resolve", "resolve"); resolve != nil {
		r.aliases(resolve)
	}
	if server := r.object(o, "server", "server"); server != nil {
		if proxy := r.object(server, "proxy", "server.proxy"); proxy != nil {
			c.Proxied = slices.Clone(proxy.keys)
		}
	}
	r.plugins(o)
}

func under(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// reader takes values of the kinds that are expected, and notes the others.
type reader struct{ config *Config }

func (r reader) unread(key string) {
	if !slices.Contains(r.config.Unread, key) {
		r.config.Unread = append(r.config.Unread, key)
	}
}

func (r reader) text(o *object, name, key string) string {
	value, set := o.get(name)
	text, ok := value.(string)
	if set && !ok && value != nil {
		r.unread(key)
	}
	return text
}

func (r reader) texts(o *object, name, key string) []string {
	value, _ := o.get(name)
	switch value := value.(type) {
	case nil:
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, item := range value {
			if text, ok := item.(string); ok {
				all = append(all, text)
			} else {
				r.unread(key)
			}
		}
		return all
	default:
		r.unread(key)
	}
	return nil
}

func (r reader) object(o *object, name, key string) *object {
	value, set := o.get(name)
	found, ok := value.(*object)
	if set && !ok && value != nil {
		r.unread(key)
	}
	if ok && found.partial {
		r.unread(key)
	}
	return found
}

func (r reader) defines(o *object) {
	if o == nil {
		return
	}
	r.config.Define = make(map[string]string)
	for i, key := range o.keys {
		switch value := o.values[i].(type) {
		case string:
			r.config.Define[key] = value // an expression
		default:
			text, ok := toJSON(value)
			if !ok {
				r.unread("define." + key)
				continue
			}
			r.config.Define[key] = text
		}
	}
}

func (r reader) aliases(resolve *object) {
	value, _ := resolve.get("alias")
	add := func(find, replacement any) {
		to, ok := replacement.(string)
		switch find := find.(type) {
		case string:
			if ok {
				r.config.Alias = append(r.config.Alias, Alias{Find: find, Replacement: to})
				return
			}
		case pattern:
			if ok {
				r.config.Alias = append(r.config.Alias, Alias{Find: string(find), Pattern: true, Replacement: to})
				return
			}
		}
		r.unread(fmt.Sprintf("resolve.alias %v", find))
	}
	switch value := value.(type) {
	case nil:
	case *object:
		for i, key := range value.keys {
			add(key, value.values[i])
		}
		if value.partial {
			r.unread("resolve.alias")
		}
	case []any:
		for _, item := range value {
			entry, ok := item.(*object)
			if !ok {
				r.unread("resolve.alias")
				continue
			}
			find, _ := entry.get("find")
			replacement, _ := entry.get("replacement")
			add(find, replacement)
		}
	default:
		r.unread("resolve.alias")
	}
}

func (r reader) plugins(o *object) {
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				visit(item)
			}
		case call:
			if name := value.module; name != "" && !slices.Contains(r.config.Plugins, name) {
				r.config.Plugins = append(r.config.Plugins, name)
			} else if name == "" {
				r.unread("plugins")
			}
		case nil, bool, string, float64:
		default:
			r.unread("plugins")
		}
	}
	value, _ := o.get("plugins")
	visit(value)
}

// Plugin reports whether the configuration names one of the packages.
func (c Config) Plugin(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(c.Plugins, name) })
}

// Literal returns the import path that an alias of a simple pattern stands for: that
// of /^@\// is @. It is not ok of others.
func (a Alias) Literal() (find string, ok bool) {
	if !a.Pattern {
		return strings.TrimSuffix(a.Find, "/"), true
	}
	text := strings.ReplaceAll(strings.TrimPrefix(a.Find, "^"), `\/`, "/")
	if !strings.HasPrefix(a.Find, "^") || strings.ContainsAny(text, `\.*+?()[]{}|$^`) {
		return "", false
	}
	return strings.TrimSuffix(text, "/"), strings.HasSuffix(text, "/")
}
