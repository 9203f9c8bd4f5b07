package bundle

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// Patch is a script that gives new versions of modules to pages that have loaded
// the bundles, or earlier patches. Running it defines them; what runs them, and
// when, is the runtime's affair.
type Patch struct {
	Contents, Map []byte        // the sources of the map are relative to routes.Prefix + "patch/"
	Modules       []PatchModule // in the order in which pages load them
	Accepts       []PatchAccept
}

// PatchModule is one module of a patch.
type PatchModule struct {
	ID      string // its file, relative to the project, with slashes
	Version string // a hash of its source, and of what it imports that is no module
	// Boundary says what takes the update: "self" is the module by
	// import.meta.hot.accept(), "react" is React, because all exports may be
	// components. It is "" when importers are in the patch or accept it.
	Boundary string
}

// PatchAccept is an importer that takes updates of a module that it imports.
type PatchAccept struct {
	By, Dep   string // names of modules; Dep is in the patch
	Specifier string // as it stands in the call of accept
}

// Boundaries of a [PatchModule].
const (
	boundarySelf  = "self"
	boundaryReact = "react"
)

// patcher makes patches. It knows what pages have loaded: the modules of the last
// build that succeeded, and of the patches since.
type patcher struct {
	layout     layout
	options    api.BuildOptions // of a patch, without entry point and plugins
	sources    *sources
	packages   *packages
	instrument *instrument

	modules   map[string]*hotModule // by file; nil before the first good build
	inputs    graphInputs           // what they import
	importers map[string][]string   // what imports each input
	react     bool                  // the program renders with a React that can refresh
	settings  []string              // files that change more than modules
	read      []string              // all files that the build has read, sorted
	globs     []Glob                // sets of files that the program imports
	pending   map[string]bool       // files written since, absolute
}

func newPatcher(l layout, base api.BuildOptions, s *sources, p *packages) *patcher {
	p.hot = true
	return &patcher{
		layout: l, options: patchOptions(l, base), sources: s, packages: p,
		instrument: newInstrument(l, s), pending: make(map[string]bool),
	}
}

// Patch makes patches of the files in changed, absolute paths, that were written,
// created or removed since the last build or patch. They are independent of each
// other. There is none when scripts hold nothing of what changed, and when only
// loading pages again brings them up to date: reason then says why, for people.
//
// It does not take the place of a Build, which must follow. What is returned
// counts as given to all pages: the patches that follow rely on it.
func (b *Bundler) Patch(ctx context.Context, changed []string) (patches []Patch, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.patcher == nil {
		return nil, "hot updates are off"
	}
	b.patcher.note(changed)
	for range patchTries {
		patches, reason = b.patcher.patch(ctx)
		if !strings.HasSuffix(reason, isEmpty) && !strings.HasSuffix(reason, writtenMeanwhile) {
			break
		}
		select {
		case <-time.After(patchPause):
		case <-ctx.Done():
			return nil, reason
		}
	}
	return patches, reason
}

// Why a patch is made anew: editors empty a file before they write it, and people
// save again.
const (
	writtenMeanwhile = " was written meanwhile"
	isEmpty          = " is empty"

	patchTries = 10
	patchPause = 2 * time.Millisecond
)

// note remembers what was written.
func (p *patcher) note(changed []string) {
	if p == nil {
		return
	}
	p.instrument.retry()
	for _, file := range changed {
		p.pending[p.layout.paths.real(file)] = true
	}
}

func (p *patcher) forget() {
	if p != nil {
		p.instrument.forget()
	}
}

func (p *patcher) spare(errors []api.Message) bool { return p != nil && p.instrument.spare(errors) }

func (p *patcher) switched(graph *importGraph) bool {
	return p != nil && p.instrument.settle(graph)
}

func (p *patcher) isOn() bool { return p != nil && p.instrument.isOn() }

// settle takes a build that succeeded for what pages load from now on.
func (p *patcher) settle(graph *importGraph, result Result) {
	if p == nil {
		return
	}
	p.modules = make(map[string]*hotModule)
	p.inputs = maps.Clone(graph.Inputs)
	p.importers = make(map[string][]string)
	p.react = graph.hasReact() && !strings.Contains(p.options.Define["process.env.NODE_ENV"], "production")
	for file, input := range graph.Inputs {
		if m := p.instrument.loaded(file); m != nil {
			p.modules[file] = m
		}
		p.link(file, input)
	}
	p.settings = slices.Concat(result.Awaited, p.layout.settings.referred)
	p.read, p.globs = result.Inputs, result.Globs
	clear(p.pending)
}

// link adds the imports of a module to its importers' list.
func (p *patcher) link(file string, input graphInput) {
	for _, to := range input.Imports {
		if !to.External && !slices.Contains(p.importers[to.Path], file) {
			p.importers[to.Path] = append(p.importers[to.Path], file)
		}
	}
}

// patch makes patches of what is pending.
func (p *patcher) patch(ctx context.Context) ([]Patch, string) {
	switch {
	case p.modules == nil:
		return nil, "nothing was built yet"
	case !p.isOn():
		return nil, "the program has neither React nor import.meta.hot"
	}
	changed, unknown, reason := p.changed()
	if reason != "" {
		return nil, reason
	}
	set := &patchSet{patcher: p, now: changed, boundary: make(map[string]string)}
	if reason := set.spread(); reason != "" {
		return nil, reason
	}
	var patches []Patch
	var builds []*patchBuild
	for _, files := range set.parts() {
		if ctx.Err() != nil {
			return nil, "a newer change came"
		}
		build := &patchBuild{patchSet: set, files: files}
		patch, reason := build.run()
		if reason != "" {
			return nil, reason
		}
		patches, builds = append(patches, patch), append(builds, build)
		for _, file := range build.read {
			delete(unknown, file)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(unknown)) {
		if _, read := slices.BinarySearch(p.read, p.layout.paths.user(file)); read {
			return nil, p.layout.shown(file) + " is no module of the page"
		}
	}
	for _, build := range builds {
		p.adopt(build)
	}
	clear(p.pending)
	return patches, ""
}

// adopt takes a patch for what pages have loaded.
func (p *patcher) adopt(build *patchBuild) {
	for _, file := range build.files {
		p.modules[file] = build.now[file]
	}
	maps.Copy(p.modules, build.fresh)
	for file, input := range build.inputs {
		for _, to := range p.inputs[file].Imports {
			p.importers[to.Path] = slices.DeleteFunc(p.importers[to.Path], func(importer string) bool { return importer == file })
		}
		p.inputs[file] = input
		p.link(file, input)
		for _, to := range input.Imports {
			if _, known := p.inputs[to.Path]; !known {
				p.inputs[to.Path] = graphInput{}
			}
		}
	}
}

// changed returns the modules whose version is another than that of the pages,
// and the files written that are no part of the program.
func (p *patcher) changed() (changed map[string]*hotModule, unknown map[string]bool, reason string) {
	changed, unknown = make(map[string]*hotModule), make(map[string]bool)
	for _, file := range slices.Sorted(maps.Keys(p.pending)) {
		if p.isSetting(file) {
			return nil, nil, p.layout.shown(file) + " may change all modules"
		}
		modules, reason := p.holding(file)
		if reason != "" {
			return nil, nil, reason
		}
		if modules == nil {
			unknown[file] = true
			continue
		}
		for _, holder := range modules {
			now := p.instrument.current(holder, func(importer, specifier string) string {
				to, _ := p.resolved(importer, specifier)
				return to
			})
			if info, err := os.Stat(holder); err == nil && info.Size() == 0 {
				return nil, nil, p.layout.shown(holder) + isEmpty
			}
			if now == nil || !now.known {
				return nil, nil, p.layout.shown(holder) + " is no ES module"
			}
			if now.version != p.modules[holder].version {
				changed[holder] = now
			}
		}
	}
	return changed, unknown, ""
}

// isSetting reports whether a file says how modules are read or where they are.
func (p *patcher) isSetting(file string) bool {
	switch base := filepath.Base(file); {
	case base == "package.json", strings.Contains(file, string(filepath.Separator)+"node_modules"+string(filepath.Separator)):
		return true
	case strings.HasSuffix(base, ".json") && (strings.HasPrefix(base, "tsconfig") || strings.HasPrefix(base, "jsconfig")):
		return true
	}
	user := p.layout.paths.user(file)
	return slices.Contains(p.settings, user) || slices.Contains(p.settings, file) ||
		p.inputs[file].Imports == nil && p.importers[file] == nil && slices.ContainsFunc(p.globs, func(g Glob) bool { return g.Match(user) })
}

// holding returns the modules that hold the contents of a file: itself, or its
// importers if it is a value. They are not nil, but may be none, when the file is
// part of the program.
func (p *patcher) holding(file string) (modules []string, reason string) {
	shown := p.layout.shown(file)
	found := false
	if m := p.modules[file]; m != nil {
		switch {
		case !m.known:
			return nil, shown + " is no ES module"
		case !isFile(file):
			return nil, shown + " was removed"
		}
		modules, found = append(modules, file), true
	}
	for _, name := range []string{file, rawNamespace + ":" + file, urlNamespace + ":" + file, inlineNamespace + ":" + file} {
		if _, known := p.inputs[name]; !known || name == file && found {
			continue
		}
		found = true
		if name == file && p.layout.sheetLoader(file) == api.LoaderCSS {
			continue // pages swap it
		}
		for _, importer := range p.scriptsThatImport(name, nil) {
			if m := p.modules[importer]; m == nil || !m.holds(file) {
				return nil, shown + " is imported by what is no module of the page"
			}
			modules = append(modules, importer)
		}
	}
	if found && modules == nil {
		modules = []string{}
	}
	return modules, ""
}

// holds reports whether the version of the module depends on the file.
func (m *hotModule) holds(file string) bool {
	_, ok := m.values[file]
	return ok
}

// scriptsThatImport returns the files that import an input, directly or through
// what plugins make.
func (p *patcher) scriptsThatImport(input string, seen []string) []string {
	var all []string
	for _, importer := range p.importers[input] {
		switch {
		case slices.Contains(seen, importer):
		case filepath.IsAbs(importer):
			all = append(all, importer)
		default:
			all = append(all, p.scriptsThatImport(importer, append(seen, input))...)
		}
	}
	return all
}
