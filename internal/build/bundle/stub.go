package bundle

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// write gives the stubs their text, from what became of the packages. It fails
// when packages cannot be split from the program.
func (p *packages) write(stubs map[string]stub, graph *importGraph, built api.BuildResult) error {
	for file := range graph.Inputs {
		switch loader := p.layout.sheetLoader(file); {
		case !filepath.IsAbs(file):
		case !strings.Contains(filepath.ToSlash(file), "/node_modules/"):
			return fmt.Errorf("a package imports %s, which is no package", p.layout.shown(file))
		case loader != api.LoaderNone && loader != api.LoaderCSS:
			return fmt.Errorf("%s is a CSS module within a package", p.layout.shown(file))
		}
	}
	exports, err := exportedNames(built.OutputFiles)
	if err != nil {
		return err
	}
	for file, s := range stubs {
		names, esm := exports[p.layout.shown(file)]
		if !s.all {
			names, esm = s.exported(), true
		}
		if esm != (graph.Inputs[file].Format == "esm") {
			return fmt.Errorf("the exports of %s could not be found out", p.layout.shown(file))
		}
		for _, name := range names {
			if !identifier.MatchString(name) {
				return fmt.Errorf("%s exports %q, which is no identifier", p.layout.shown(file), name)
			}
		}
		s.text = textOf(file, graph.sheetRoots(file), esm, names)
		stubs[file] = s
	}
	return nil
}

// exported returns the names that the program wants and the module has.
func (s stub) exported() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.names)), func(name string) bool {
		_, missing := s.typos[name]
		return missing
	})
}

// identifier matches names that esbuild can pass on from chunk to chunk.
var identifier = regexp.MustCompile(`^(?:\*|[\pL_$][\pL\pN_$]*)$`)

// standIn puts stubs in place of the files of packages.
func (p *packages) standIn(build api.PluginBuild) { p.standInFrom(build, p.reach) }

// fromPage puts stubs in place of the files of packages that take them from
// where the program has put them in the page.
func (p *packages) fromPage(build api.PluginBuild) {
	p.standInFrom(build, func(name string) string {
		if file, ok := strings.CutSuffix(name, moduleMark); ok {
			return fmt.Sprintf("module.exports = %s.need(%s)", hotRuntime, toJSON(p.layout.shown(file)))
		}
		return p.reach(name)
	})
}

func (p *packages) standInFrom(build api.PluginBuild, reach func(name string) string) {
	build.OnLoad(api.OnLoadOptions{Filter: packageScript.String(), Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if !p.split || !p.holds(args.Path) {
			return api.OnLoadResult{}, nil
		}
		if p.scan != nil {
			return api.OnLoadResult{Errors: []api.Message{{Text: scanOnly}}}, nil
		}
		text := p.stubText(args.Path)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
	resolveOurs(build)
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: packagesNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text := reach(args.Path) + "\n" + nowhere()
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS, ResolveDir: p.layout.root()}, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: "^" + packagesNamespace + "$", Namespace: packagesNamespace}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: p.address(strings.TrimSuffix(args.Importer, bundleMark)), External: true}, nil
	})
}

// stubText returns what stands for a file of a package. Before the package is
// bundled, any name will do.
func (p *packages) stubText(file string) string {
	s, ok := p.stubs[file]
	if ok && (s.all || !p.lenient) {
		return s.text
	}
	text := fmt.Sprintf("%s\nexport * from %s\n", s.text, ours(unknown))
	if !slices.Contains(s.exported(), "default") {
		text += fmt.Sprintf("export { default } from %s\n", ours(unknown))
	}
	return text
}

// address is where the program finds the bundle of that name. It holds a hash,
// so that browsers may keep what does not change with the program, and the code
// that they compiled from it.
func (p *packages) address(bundle string) string {
	url := p.layout.publicPath + bundle + ".js"
	if output, ok := p.outputs[url]; ok {
		url += "?v=" + output.Hash
	}
	return url
}

// Marks of the scripts through which stubs reach the bundle of packages. They
// end their names, lest esbuild takes a script for an ES module by its name.
const (
	bundleMark  = ":bundle"  // after the name of a bundle: its table of packages
	moduleMark  = ":module"  // after a file: what the package exports
	defaultMark = ":default" // after a file: an object with its default export
	unknown     = ":unknown" // alone: what may export anything
)

// reach returns the script of that name.
func (p *packages) reach(name string) string {
	file, mark := name, ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		file, mark = name[:i], name[i:]
	}
	switch mark {
	case bundleMark:
		return "export { packages } from '" + packagesNamespace + "'"
	case moduleMark:
		s := p.stubs[file]
		name := toJSON(p.layout.shown(file))
		text := fmt.Sprintf("module.exports = require(%s).packages[%s]()", ours(s.bundle+bundleMark), name)
		if p.hot {
			text += fmt.Sprintf("\n%s?.provide(%s, module.exports)", hotRuntime, name)
		}
		return text
	case defaultMark:
		// Live, as bindings are; by another name, because "default" of a CommonJS
		// module is not the same to all importers.
		return fmt.Sprintf("module.exports = { get value() { return require(%s).default } }", ours(file+moduleMark))
	default:
		return "module.exports = {}"
	}
}

// ours quotes the name of a script of ours as others import it.
func ours(name string) string { return toJSON(packagesNamespace + ":" + name) }

// textOf returns the text of a stub: sheets are what its
// package imports in that order, names what it exports if it is an ES module.
func textOf(file string, sheets []string, esm bool, names []string) string {
	var text strings.Builder
	load := "require(%s)\n" // with an import it would be no CommonJS module any more
	if esm {
		load = "import %s\n"
	}
	for _, sheet := range sheets {
		fmt.Fprintf(&text, load, toJSON(importPath(filepath.Dir(file), sheet)))
	}
	inner := ours(file + moduleMark)
	if esm {
		fmt.Fprintf(&text, load, inner)
	} else {
		fmt.Fprintf(&text, "module.exports = require(%s)\n", inner)
	}
	var list []string
	for _, name := range names {
		switch name {
		case "default":
			fmt.Fprintf(&text, "export { value as default } from %s\n", ours(file+defaultMark))
		case reExport:
			fmt.Fprintf(&text, "export * from %s\n", inner)
		default:
			list = append(list, name)
		}
	}
	if esm { // in one statement, for each copies all that the module exports
		fmt.Fprintf(&text, "export { %s } from %s\n", strings.Join(list, ", "), inner)
	}
	text.WriteString(nowhere())
	return text.String()
}

// nowhere is a source map that keeps stubs from passing for the files that they
// stand for: those are in the source map of the bundle of packages.
func nowhere() string {
	text := `{"version":3,"sources":["devtool:packages"],"sourcesContent":[""],"mappings":"AAAA"}`
	return "//# sourceMappingURL=data:application/json;base64," + base64.StdEncoding.EncodeToString([]byte(text)) + "\n"
}

// reExport stands among names for those that are known only when the program
// runs, because they come from a CommonJS module.
const reExport = "*"

var (
	exportsPattern  = regexp.MustCompile(`(?m)^// (.+)\nvar (\w+) = \{\};\n(?:__export\(\w+, \{\n((?:  .+\n)*?)\}\);\n)?`)
	namePattern     = regexp.MustCompile(`(?m)^  (?:("(?:[^"\\]|\\.)*")|([^:\s]+)): \(\) => `)
	reExportPattern = regexp.MustCompile(`__reExport\((\w+), `)
	awaitPattern    = regexp.MustCompile(`__esm\(\{\n\s+async "(.+)"\(`)
)

// exportedNames reads from the outputs what the ES modules in them export, by
// the names of their files in comments. esbuild prints that at the head of
// each module that is run on demand, and tells it nowhere else.
func exportedNames(outputs []api.OutputFile) (map[string][]string, error) {
	all := make(map[string][]string)
	for _, output := range outputs {
		if filepath.Ext(output.Path) != ".js" {
			continue
		}
		if waits := awaitPattern.FindSubmatch(output.Contents); waits != nil {
			return nil, fmt.Errorf("%s has a top-level await, which cannot run on demand", waits[1])
		}
		more := make(map[string]bool) // variables that get further names from CommonJS
		for _, match := range reExportPattern.FindAllSubmatch(output.Contents, -1) {
			more[string(match[1])] = true
		}
		for _, module := range exportsPattern.FindAllSubmatch(output.Contents, -1) {
			names := []string{}
			for _, match := range namePattern.FindAllSubmatch(module[3], -1) {
				name := string(match[2])
				if quoted, err := strconv.Unquote(string(match[1])); err == nil {
					name = quoted
				}
				names = append(names, name)
			}
			if more[string(module[2])] {
				names = append(names, reExport)
			}
			all[string(module[1])] = names
		}
	}
	return all, nil
}
