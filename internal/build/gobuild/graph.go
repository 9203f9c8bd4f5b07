package gobuild

import (
	"context"
	"errors"
	gobuild "go/build"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Graph is what a Go build reads: the files of the program's packages outside
// the standard library and the module cache, and of the modules they belong to.
// It is a value; its methods read no file.
type Graph struct {
	// Incomplete says that something could not be found or parsed, so that any
	// new Go file may fix it.
	Incomplete bool

	// ReadsSocket says that the program can adopt an inherited socket.
	ReadsSocket bool

	root     string // the project's
	files    map[string]bool
	packages map[string]embed // by directory
	target   gobuild.Context  // used only for its rules for file names
}

// embed is what a package embeds.
type embed struct {
	patterns []string
	files    []string // absolute
}

// Graph asks the go command what the build reads. A program that does not compile
// still has a graph, perhaps an incomplete one; an error means that the go
// command could not be asked.
func (g *Builder) Graph(ctx context.Context) (Graph, error) {
	known, builds := g.known.get()
	if known != nil {
		return *known, nil
	}
	graph, err := g.newestGraph(ctx)
	if err == nil && !graph.Incomplete {
		g.known.set(graph, builds)
	}
	return graph, err
}

// newestGraph asks the go command for the graph.
func (g *Builder) newestGraph(ctx context.Context) (Graph, error) {
	env, err := g.environment(ctx)
	if err != nil {
		return Graph{}, err
	}
	graph := newGraph(g.options.Dir, env)
	modules, modulesErr := g.mainModules(ctx)
	for _, m := range modules {
		graph.addModule(m.GoMod)
	}
	args := append([]string{"list", "-e", "-deps", listedFields}, g.selection()...)
	stdout, listErr := g.list(ctx, append(args, g.options.Package)...)
	if ctx.Err() != nil {
		return Graph{}, ctx.Err()
	}
	packages, decodeErr := decodeAll[listedPackage](stdout)
	for _, p := range packages {
		graph.addPackage(p, env.GOMODCACHE)
	}
	if errors.Join(modulesErr, listErr, decodeErr) != nil || len(packages) == 0 {
		graph.Incomplete = true
	}
	return graph, nil
}

// knownGraph is the graph that was asked for last. Fast builds read the same
// files as the build by the go command before them.
type knownGraph struct {
	mu     sync.Mutex
	graph  *Graph
	builds int  // by the go command
	fast   bool // there was none since the last fast build
}

// get returns the graph, or nil if it has to be asked for, and a number for set.
func (k *knownGraph) get() (*Graph, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.fast {
		return nil, k.builds
	}
	return k.graph, k.builds
}

// set keeps a graph unless the go command has built since get gave the number.
func (k *knownGraph) set(graph Graph, builds int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.builds == builds {
		k.graph = &graph
	}
}

// stays notes a fast build.
func (k *knownGraph) stays() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fast = true
}

// forget notes that the go command is about to build.
func (k *knownGraph) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.graph, k.fast = nil, false
	k.builds++
}

// With returns the graph of a broken tree combined with the last good one: what
// could not be found this time still belongs to the program, and its return fixes
// the build. A complete graph is returned unchanged.
func (g Graph) With(good Graph) Graph {
	if !g.Incomplete {
		return g
	}
	files, packages := maps.Clone(good.files), maps.Clone(good.packages)
	maps.Copy(files, g.files)
	maps.Copy(packages, g.packages)
	g.files, g.packages = files, packages
	g.ReadsSocket = g.ReadsSocket || good.ReadsSocket
	return g
}

// Globs returns patterns for files that are inputs as soon as they exist, even if
// git ignores them: the sources in the directory of each package, and what it
// embeds.
func (g Graph) Globs() []Glob {
	var globs []Glob
	for _, dir := range slices.Sorted(maps.Keys(g.packages)) {
		globs = append(globs, Glob{dir, sources})
		for _, pattern := range g.packages[dir].patterns {
			pattern = strings.TrimPrefix(pattern, "all:")
			globs = append(globs, Glob{dir, pattern})
			if !strings.HasPrefix(pattern, "*") { // otherwise installed packages would match
				globs = append(globs, Glob{dir, path.Join(pattern, "**")})
			}
		}
	}
	return globs
}

// Glob is a set of files below a directory.
type Glob struct {
	Dir     string // absolute
	Pattern string // relative to Dir, with slashes
}

// sources matches the files that the go command may compile.
const sources = "*.{go,c,cc,cpp,cxx,m,h,hh,hpp,hxx,f,F,for,f90,s,S,sx,swig,swigcxx,syso}"

func newGraph(root string, env goEnv) Graph {
	graph := Graph{
		root:     root,
		files:    map[string]bool{},
		packages: map[string]embed{},
		target: gobuild.Context{
			GOOS: env.GOOS, GOARCH: env.GOARCH, Compiler: "gc", CgoEnabled: true,
			// Pretend that the file has no constraints, so that only its name
			// decides.
			OpenFile: func(string) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("package p\n")), nil
			},
		},
	}
	if filepath.Base(env.GOMOD) != "go.mod" {
		env.GOMOD = filepath.Join(root, "go.mod")
	}
	graph.addModule(env.GOMOD)
	if env.GOWORK == "" {
		env.GOWORK = filepath.Join(root, "go.work")
	}
	if env.GOWORK != "off" {
		graph.files[env.GOWORK] = true
		graph.files[env.GOWORK+".sum"] = true
	}
	return graph
}

// addModule adds the files that decide what a module's imports mean. They count
// before they exist, because creating one is a change.
func (g *Graph) addModule(gomod string) {
	if gomod == "" {
		return
	}
	g.files[gomod] = true
	g.files[strings.TrimSuffix(gomod, ".mod")+".sum"] = true
}

func (g *Graph) addPackage(p listedPackage, modcache string) {
	if p.Error != nil {
		g.Incomplete = true
	}
	if readsSocket(p.ImportPath) {
		g.ReadsSocket = true
	}
	if p.Standard || p.Dir == "" || modcache != "" && within(modcache, p.Dir) {
		return
	}
	if p.Module != nil {
		g.addModule(p.Module.GoMod)
	}
	if root, _, vendored := strings.Cut(p.Dir, filepath.FromSlash("/vendor/")); vendored {
		g.files[filepath.Join(root, "vendor", "modules.txt")] = true
	}
	for _, names := range [][]string{
		p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles,
		p.SwigFiles, p.SwigCXXFiles, p.SysoFiles, p.EmbedFiles,
	} {
		for _, name := range names {
			g.files[filepath.Join(p.Dir, name)] = true
		}
	}
	e := embed{patterns: p.EmbedPatterns}
	for _, name := range p.EmbedFiles {
		e.files = append(e.files, filepath.Join(p.Dir, name))
	}
	g.packages[p.Dir] = e
}

func readsSocket(importPath string) bool {
	return strings.HasSuffix(importPath, "/devtool/listenfd") ||
		strings.HasPrefix(importPath, "github.com/coreos/go-systemd/") && strings.HasSuffix(importPath, "/activation")
}

// Files returns every input, absolute and sorted. Some, such as a go.sum, may not
// exist.
func (g Graph) Files() []string { return slices.Sorted(maps.Keys(g.files)) }

// Dirs returns the directories that hold inputs or may hold some later, sorted.
func (g Graph) Dirs() []string {
	dirs := map[string]bool{}
	for dir := range g.packages {
		dirs[dir] = true
	}
	for file := range g.files {
		dirs[filepath.Dir(file)] = true
	}
	return slices.Sorted(maps.Keys(dirs))
}
