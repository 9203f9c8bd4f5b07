package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// MainPackage is a program that can be built.
type MainPackage struct {
	ImportPath string
	Dir        string // absolute
}

// MainPackages finds the programs below dir, sorted by import path: those of the
// module around dir or, in a workspace, of its modules below dir. Installed
// packages (vendor, node_modules) do not count. env is the full environment; nil
// means our own.
func MainPackages(ctx context.Context, dir string, env []string) ([]MainPackage, error) {
	g := New(Options{Dir: dir, Env: env})
	roots, err := g.mainModules(ctx)
	if err != nil {
		return nil, err
	}
	// Without -find every import of every package would be resolved too.
	args := []string{"list", "-e", "-find", "-json=ImportPath,Dir,Name,GoFiles,CgoFiles"}
	for _, module := range roots {
		switch {
		case within(dir, module.Dir):
			args = append(args, filepath.Join(module.Dir, "..."))
		case within(module.Dir, dir):
			args = append(args, filepath.Join(dir, "..."))
		}
	}
	stdout, err := g.list(ctx, args...)
	if err != nil {
		return nil, err
	}
	packages, err := decodeAll[listedPackage](stdout)
	if err != nil {
		return nil, err
	}
	var mains []MainPackage
	for _, p := range packages {
		if p.Name == "main" && len(p.GoFiles)+len(p.CgoFiles) > 0 && !installed(p.Dir) {
			mains = append(mains, MainPackage{ImportPath: p.ImportPath, Dir: p.Dir})
		}
	}
	slices.SortFunc(mains, func(a, b MainPackage) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return slices.Compact(mains), nil
}

// ProgramName returns the file name that go install gives the program: the name
// of its directory or module, with the extension of the target system.
func (g *Builder) ProgramName(ctx context.Context) (string, error) {
	args := append([]string{"list", "-e", "-find", "-f", "{{.Target}}"}, g.selection()...)
	stdout, err := g.list(ctx, append(args, g.options.Package)...)
	if err != nil {
		return "", err
	}
	target := strings.TrimSpace(stdout)
	if target == "" {
		return "", &Error{Err: ErrNotMain, Help: "name the main package: package in [go], or --package"}
	}
	return filepath.Base(target), nil
}

func installed(dir string) bool {
	parts := strings.Split(filepath.ToSlash(dir), "/")
	return slices.Contains(parts, "node_modules") || slices.Contains(parts, "vendor")
}

// listedModule is what go list prints about a module.
type listedModule struct {
	Dir, GoMod string
}

// listedPackage is what go list prints about a package.
type listedPackage struct {
	ImportPath, Name, Dir string
	Standard              bool
	Module                *listedModule

	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles []string
	SwigFiles, SwigCXXFiles, SysoFiles                                  []string
	EmbedPatterns, EmbedFiles                                           []string

	Error *struct{ Err string }
}

// listedFields names exactly those fields, because go list computes only what it
// is asked for.
const listedFields = "-json=ImportPath,Name,Dir,Standard,Module," +
	"GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles," +
	"SwigFiles,SwigCXXFiles,SysoFiles,EmbedPatterns,EmbedFiles,Error"

// goEnv is part of the output of go env.
type goEnv struct {
	GOMOD, GOWORK, GOMODCACHE, GOOS, GOARCH string
}

func (g *Builder) environment(ctx context.Context) (goEnv, error) {
	stdout, err := g.list(ctx, "env", "-json", "GOMOD", "GOWORK", "GOMODCACHE", "GOOS", "GOARCH")
	if err != nil {
		return goEnv{}, err
	}
	var env goEnv
	if err := json.Unmarshal([]byte(stdout), &env); err != nil {
		return goEnv{}, fmt.Errorf("read go env: %w", err)
	}
	return env, nil
}

// mainModules returns the main module, or all modules of a workspace. If there is
// none, the error is [ErrNoModule].
func (g *Builder) mainModules(ctx context.Context) ([]listedModule, error) {
	stdout, err := g.list(ctx, "list", "-m", "-json=Dir,GoMod")
	if err != nil {
		return nil, err
	}
	modules, err := decodeAll[listedModule](stdout)
	if err != nil {
		return nil, err
	}
	// Outside a module the go command prints an empty one.
	if len(modules) == 0 || modules[0].Dir == "" {
		return nil, &Error{Err: ErrNoModule, Help: noModuleHelp}
	}
	return modules, nil
}

// decodeAll reads the concatenated JSON values that go list prints.
func decodeAll[T any](stream string) ([]T, error) {
	var all []T
	dec := json.NewDecoder(strings.NewReader(stream))
	for {
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

// within reports whether path is dir or below it. Both are clean and absolute.
func within(dir, path string) bool {
	rest, found := strings.CutPrefix(path, dir)
	return found && (rest == "" || rest[0] == filepath.Separator || strings.HasSuffix(dir, string(filepath.Separator)))
}
