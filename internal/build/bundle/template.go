package bundle

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/evanw/esbuild/pkg/api"
)

// globs returns the sets of files that scripts import by a template, as in
// import(`./pages/${name}.ts`). esbuild lists each among the imports as a pattern
// that is external.
func (g *importGraph) globs() []Glob {
	var all []Glob
	for importer, input := range g.Inputs {
		for _, to := range input.Imports {
			if filepath.IsAbs(importer) && to.External && strings.HasPrefix(to.Path, ".") && strings.Contains(to.Path, "*") {
				all = append(all, g.layout.templateGlob(importer, to.Path))
			}
		}
	}
	return all
}

// emptyGlobPattern is how esbuild fails for a template whose directory is missing.
var emptyGlobPattern = regexp.MustCompile(`^Could not resolve (?:import|require)\("(\.[^"]*)"\)`)

// emptyGlobs returns the sets that errors say are of no directory.
func (l layout) emptyGlobs(errors []api.Message) []Glob {
	var all []Glob
	for _, message := range errors {
		if match := emptyGlobPattern.FindStringSubmatch(message.Text); match != nil && message.Location != nil {
			all = append(all, l.templateGlob(l.locate(message.Location), match[1]))
		}
	}
	return all
}

// templateGlob returns the set that a pattern means in a script.
func (l layout) templateGlob(importer, pattern string) Glob {
	base, rest := doublestar.SplitPattern(pattern)
	return Glob{Dir: l.paths.user(filepath.Join(filepath.Dir(importer), filepath.FromSlash(base))), Pattern: rest}
}
