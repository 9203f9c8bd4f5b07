package bundle

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// scan is what a build learns of a program without printing it: what imports
// what. It ends where esbuild would begin to link, by an error in the place of
// each package, and what was parsed is kept.
//
// It is no more than a guess: whether the packages that are bundled by it suffice,
// the graph of the build that follows says.
type scan struct {
	mu       sync.Mutex
	imports  []scanned
	packages map[string]string // where imports of packages and aliases lead
}

// scanned is one import.
type scanned struct {
	importer, dir, path, to string
	kind                    string // as in the metafile
}

// scanOnly is the error that ends a scan.
const scanOnly = "devtool: only the imports are wanted"

// beginScan makes the next build a scan, if the packages of the program are not
// known yet. It reports whether it is one.
func (p *packages) beginScan() bool {
	if !p.split || p.stubs != nil {
		return false
	}
	p.scan = &scan{packages: make(map[string]string)}
	return true
}

// endScan returns what the scan found; nil when something else is wrong with the
// program, or when it imports no package, so that the build was a whole one.
func (p *packages) endScan(built api.BuildResult, reads *readLog) *importGraph {
	found := p.scan
	p.scan = nil
	if len(built.Errors) == 0 || slices.ContainsFunc(built.Errors, func(e api.Message) bool { return e.Text != scanOnly }) {
		return nil
	}
	return found.graph(p.layout, reads.files())
}

// record is the plugin that notes imports during a scan. It stands before all
// others.
func (p *packages) record(build api.PluginBuild) {
	type asked struct{} // marks what comes back from esbuild's own resolver
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		kind := kindOf(args.Kind)
		if p.scan == nil || args.PluginData != nil || kind == "" || strings.HasPrefix(args.Path, "devtool-") {
			return api.OnResolveResult{}, nil
		}
		item := scanned{importer: args.Importer, dir: args.ResolveDir, path: args.Path, kind: kind}
		if !strings.HasPrefix(args.Path, ".") {
			p.scan.mu.Lock()
			to, known := p.scan.packages[args.Path]
			p.scan.mu.Unlock()
			if !known {
				to = build.Resolve(args.Path, api.ResolveOptions{
					Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind, PluginData: asked{},
				}).Path
			}
			item.to = to
		}
		p.scan.mu.Lock()
		defer p.scan.mu.Unlock()
		if item.to != "" {
			p.scan.packages[args.Path] = item.to
		}
		p.scan.imports = append(p.scan.imports, item)
		return api.OnResolveResult{}, nil
	})
}

// kindOf names the imports of scripts as esbuild's metafile does; "" is another.
func kindOf(kind api.ResolveKind) string {
	switch kind {
	case api.ResolveJSImportStatement:
		return "import-statement"
	case api.ResolveJSRequireCall:
		return "require-call"
	case api.ResolveJSDynamicImport:
		return "dynamic-import"
	}
	return ""
}

// graph returns the imports between the files that were loaded.
func (s *scan) graph(l layout, files []string) *importGraph {
	loaded := make(map[string]bool, len(files))
	for _, file := range files {
		loaded[file] = true
	}
	graph := &importGraph{Inputs: make(graphInputs, len(files)), layout: l}
	for _, file := range files {
		graph.Inputs[file] = graphInput{}
	}
	for _, item := range s.imports {
		to := item.to
		if to == "" {
			path, _, _ := strings.Cut(item.path, "?")
			for _, candidate := range candidates(filepath.Join(item.dir, filepath.FromSlash(path))) {
				if loaded[candidate] {
					to = candidate
					break
				}
			}
		}
		if loaded[to] {
			input := graph.Inputs[item.importer]
			input.Imports = append(input.Imports, graphImport{Path: to, Original: item.path, Kind: item.kind})
			graph.Inputs[item.importer] = input
		}
	}
	return graph
}
