package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	gobuild "go/build"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// listedModule is what go list prints about a module.
type listedModule struct {
	Path, Dir, GoMod string
	Replace          *listedModule
}

// listedPackage is what go list prints about a package.
type listedPackage struct {
	ImportPath, Dir string
	Standard        bool
	Module          *listedModule
	Imports         []string
	ImportMap       map[string]string

	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles []string
	SwigFiles, SwigCXXFiles, SysoFiles                                  []string
	EmbedPatterns, EmbedFiles                                           []string
}

// listedFields names exactly those fields, because go list computes only what it
// is asked for.
const listedFields = "-json=ImportPath,Dir,Standard,Module,Imports,ImportMap," +
	"GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles," +
	"SwigFiles,SwigCXXFiles,SysoFiles,EmbedPatterns,EmbedFiles"

// imports returns the packages that p imports, under the names they have in the
// build.
func (p *listedPackage) imports() []string {
	var all []string
	for _, path := range p.Imports {
		if mapped, found := p.ImportMap[path]; found {
			path = mapped
		}
		all = append(all, path)
	}
	return all
}

// compiled returns the names of the files that are compiled or assembled.
func (p *listedPackage) compiled() []string {
	return slices.Concat(p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles,
		p.SwigFiles, p.SwigCXXFiles, p.SysoFiles)
}

// local reports whether people edit the package: it is neither in the standard
// library nor in the module cache.
func (p *listedPackage) local(modcache string) bool {
	return !p.Standard && !(modcache != "" && within(modcache, p.Dir))
}

// decodeAll reads the concatenated JSON values that go list prints.
func decodeAll[T any](stream string) ([]T, error) {
	var all []T
	for dec := json.NewDecoder(strings.NewReader(stream)); ; {
		var v T
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		all = append(all, v)
	}
}

// contextFormat makes go list print what build constraints are compared with.
const contextFormat = `{{with context}}{{.GOOS}} {{.GOARCH}} {{.CgoEnabled}} {{.Compiler}}
{{join .BuildTags " "}}
{{join .ToolTags " "}}
{{join .ReleaseTags " "}}{{end}}`

// parseContext reads what contextFormat prints.
func parseContext(text string) (gobuild.Context, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	const wanted = 4
	if len(lines) < wanted {
		return gobuild.Context{}, fmt.Errorf("go list printed %q in place of its build context", text)
	}
	target := strings.Fields(lines[0])
	if len(target) != wanted {
		return gobuild.Context{}, fmt.Errorf("go list printed %q in place of its target", lines[0])
	}
	return gobuild.Context{
		GOOS: target[0], GOARCH: target[1], CgoEnabled: target[2] == "true", Compiler: target[3],
		BuildTags: strings.Fields(lines[1]), ToolTags: strings.Fields(lines[2]), ReleaseTags: strings.Fields(lines[3]),
	}, nil
}

// within reports whether path is dir or below it. Both are clean and absolute.
func within(dir, path string) bool {
	rest, found := strings.CutPrefix(path, dir)
	return found && (rest == "" || rest[0] == filepath.Separator || strings.HasSuffix(dir, string(filepath.Separator)))
}
