package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/evanw/esbuild/pkg/api"
)

// Glob is a set of files that a program imports: all that there are when it is
// built.
type Glob struct {
	Dir     string // absolute
	Pattern string // relative to Dir, with slashes: "**/*.ts"
}

// Match reports whether file, absolute, belongs to the glob.
func (g Glob) Match(file string) bool {
	rel, err := filepath.Rel(g.Dir, file)
	return err == nil && filepath.IsLocal(rel) && doublestar.MatchUnvalidated(g.Pattern, filepath.ToSlash(rel))
}

// globCall is one call of import.meta.glob.
type globCall struct {
	source   string // of its arguments
	importer string // the script
	root     string // what "/" means
	patterns []globPattern
	eager    bool
	name     string // the export that is wanted; "" for the whole module
	query    string // "?raw"
	base     string // directory that keys are relative to, absolute; "" where the patterns say
	all      bool   // hidden files and installed packages belong to it, too
	aliases  map[string]string
}

type globPattern struct {
	Glob
	absolute, negated bool
}

var errGlobLiteral = errors.New("import.meta.glob takes literals alone: strings that begin with ./ ../ or /, and { eager, import, query, base, exhaustive }")

// parseGlob reads the call that begins the text, as esbuild prints it.
// aliases are import paths that stand for directories, absolute.
func parseGlob(text, importer, root string, aliases map[string]string) (globCall, error) {
	call := globCall{importer: importer, root: root, aliases: aliases}
	values, length, err := parseArguments(text)
	if err != nil {
		return call, err
	}
	call.source = text[1 : length-1]
	if len(values) == 0 || len(values) > 2 {
		return call, errGlobLiteral
	}
	patterns, ok := values[0].([]any)
	if !ok {
		patterns = values[:1]
	}
	if len(values) == 2 { // before the patterns, which are relative to base
		options, ok := values[1].(map[string]any)
		if !ok {
			return call, errGlobLiteral
		}
		if err := call.setOptions(options); err != nil {
			return call, err
		}
	}
	for _, value := range patterns {
		pattern, ok := value.(string)
		if !ok {
			return call, errGlobLiteral
		}
		if err := call.addPattern(pattern); err != nil {
			return call, err
		}
	}
	return call, nil
}

func (c *globCall) addPattern(pattern string) error {
	rest, negated := strings.CutPrefix(pattern, "!")
	absolute := strings.HasPrefix(rest, "/")
	base := cmp.Or(c.base, filepath.Dir(c.importer))
	if dir, below := c.aliased(rest); dir != "" {
		absolute, base, rest = true, dir, "./"+below
	}
	switch {
	case absolute && strings.HasPrefix(rest, "/"):
		base, rest = c.root, rest[1:]
	case strings.HasPrefix(rest, "./"), strings.HasPrefix(rest, "../"):
		rest = path.Clean(rest)
	case negated && strings.HasPrefix(rest, "**"):
		base = c.root // wherever it is
	default:
		return fmt.Errorf("import.meta.glob knows no packages, and no alias of that name: begin %q with ./ ../ or /", pattern)
	}
	if !doublestar.ValidatePattern(rest) {
		return fmt.Errorf("import.meta.glob: %q is no pattern", pattern)
	}
	for strings.HasPrefix(rest, "../") {
		base, rest = filepath.Dir(base), rest[3:]
	}
	c.patterns = append(c.patterns, globPattern{Glob{base, rest}, absolute, negated})
	return nil
}

// aliased returns the directory that the longest alias at the start of a pattern
// stands for, and the rest of the pattern.
func (c *globCall) aliased(pattern string) (dir, rest string) {
	longest := ""
	for alias, target := range c.aliases {
		below, ok := strings.CutPrefix(pattern, strings.TrimSuffix(alias, "/")+"/")
		if ok && len(alias) > len(longest) && filepath.IsAbs(target) {
			longest, dir, rest = alias, target, below
		}
	}
	return dir, rest
}

func (c *globCall) setOptions(options map[string]any) error {
	for name, value := range options {
		text, isText := value.(string)
		on, isBool := value.(bool)
		switch {
		case name == "eager" && isBool:
			c.eager = on
		case name == "exhaustive" && isBool:
			c.all = on
		case name == "base" && isText:
			c.base = filepath.Join(filepath.Dir(c.importer), filepath.FromSlash(text))
			if strings.HasPrefix(text, "/") {
				c.base = filepath.Join(c.root, filepath.FromSlash(text))
			}
		case name == "import" && isText:
			if c.name = text; text == "*" {
				c.name = ""
			}
		case name == "query", name == "as" && isText:
			query, ok := queryText(value)
			if namespace, known := namespaceOf(query); !ok || !known || namespace == "" && query != "" {
				return fmt.Errorf("import.meta.glob: %s %q is not known; raw, url and inline are", name, fmt.Sprint(value))
			}
			if c.query = "?" + query; query == "" {
				c.query = ""
			}
			if name == "as" {
				c.name = "default"
			}
		default:
			return fmt.Errorf("import.meta.glob: option %s: %v is not known; write { eager, import, query, base, exhaustive } with literals, or list the imports", name, value)
		}
	}
	return nil
}

// queryText returns a query without its question mark, which may be written as an
// object, as in { raw: true }.
func queryText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return strings.TrimPrefix(value, "?"), true
	case map[string]any:
		var words []string
		for _, name := range slices.Sorted(maps.Keys(value)) {
			switch of := value[name]; of {
			case true, "":
				words = append(words, name)
			case false:
			default:
				words = append(words, fmt.Sprint(name, "=", of))
			}
		}
		return strings.Join(words, "&"), true
	}
	return "", false
}

// globs returns the sets of files that may come to belong to the call.
func (c *globCall) globs() []Glob {
	var all []Glob
	for _, p := range c.patterns {
		if !p.negated {
			all = append(all, p.Glob)
		}
	}
	return all
}

// files returns the files that belong to the call, by the names that the
// program has for them. Hidden files and installed packages are none.
func (c *globCall) files() map[string]string {
	found := make(map[string]string)
	for _, p := range c.patterns {
		if p.negated {
			continue
		}
		fixed, _ := doublestar.SplitPattern(p.Pattern)
		_ = filepath.WalkDir(filepath.Join(p.Dir, fixed), func(file string, entry fs.DirEntry, err error) error {
			switch name := path.Base(filepath.ToSlash(file)); {
			case err != nil:
				return nil // gone meanwhile: the watcher tells
			case entry.IsDir() && !c.all && (name == "node_modules" || strings.HasPrefix(name, ".")) && file != filepath.Join(p.Dir, fixed):
				return fs.SkipDir
			case entry.IsDir(), !c.all && strings.HasPrefix(name, ".") && !strings.HasPrefix(path.Base(p.Pattern), "."), file == c.importer, !p.Match(file), c.excludes(file):
				return nil
			}
			found[c.key(p, file)] = file
			return nil
		})
	}
	return found
}

func (c *globCall) excludes(file string) bool {
	return slices.ContainsFunc(c.patterns, func(p globPattern) bool { return p.negated && p.Match(file) })
}

// key names a file as the pattern does.
func (c *globCall) key(p globPattern, file string) string {
	base, prefix := cmp.Or(c.base, filepath.Dir(c.importer)), "./"
	if p.absolute && c.base == "" {
		base, prefix = c.root, "/"
	}
	rel, err := filepath.Rel(base, file)
	if err != nil { // another volume: patterns do not lead there
		rel = file
	}
	if rel = filepath.ToSlash(rel); strings.HasPrefix(rel, "../") {
		return rel
	}
	return prefix + rel
}

// resolveGlobs makes the function that a script's calls reach: a table of what
// each call gives, by its arguments.
func (s *sources) resolveGlobs(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: "^" + globNamespace + ":"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, globNamespace+":"), Namespace: globNamespace, PluginData: args.PluginData}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: globNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		calls, _ := args.PluginData.([]globCall)
		var imports, table strings.Builder
		for i, call := range calls {
			fmt.Fprintf(&table, "[JSON.stringify([%s])]: () => ({\n", call.source)
			files := call.files()
			for j, key := range slices.Sorted(maps.Keys(files)) {
				from := toJSON(importPath(filepath.Dir(args.Path), files[key]) + call.query)
				value := fmt.Sprintf("() => import(%s)", from)
				if call.name != "" {
					value += fmt.Sprintf(".then(m => m[%s])", toJSON(call.name))
				}
				if call.eager {
					value = fmt.Sprintf("m%d_%d", i, j)
					what := "* as " + value
					if call.name != "" {
						what = fmt.Sprintf("{ %s as %s }", toJSON(call.name), value)
					}
					fmt.Fprintf(&imports, "import %s from %s\n", what, from)
				}
				fmt.Fprintf(&table, "  %s: %s,\n", toJSON(key), value)
			}
			table.WriteString("}),\n")
		}
		text := imports.String() + "const globs = {\n" + table.String() + "}\nexport const glob = (...args) => globs[JSON.stringify(args)]()\n" + nowhere()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: filepath.Dir(args.Path)}, nil
	})
}
