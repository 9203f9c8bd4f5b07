package bundle

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// patchSet is the modules of patches: those that changed, and what must run again
// because it imports them.
type patchSet struct {
	*patcher
	now      map[string]*hotModule // by file: the versions that the patches bring
	boundary map[string]string     // by file of the set
	order    []string              // files, as they were visited
	accepts  []PatchAccept
}

// spread follows the importers of each module up to those that take the update.
func (s *patchSet) spread() (reason string) {
	for _, file := range slices.Sorted(maps.Keys(s.now)) {
		if reason := s.visit(file); reason != "" {
			return fmt.Sprintf("%s %s", s.modules[file].id, reason)
		}
	}
	return ""
}

func (s *patchSet) visit(file string) (reason string) {
	if _, visited := s.boundary[file]; visited {
		return ""
	}
	old := s.modules[file]
	if s.now[file] == nil {
		s.now[file] = old
	}
	if reason := s.refuses(file); reason != "" {
		return reason
	}
	s.boundary[file] = ""
	s.order = append(s.order, file)
	switch {
	case old.analysis().AcceptsSelf:
		s.boundary[file] = boundarySelf
		return ""
	case s.refreshes(file):
		s.boundary[file] = boundaryReact
		return ""
	case s.isEntry(file) || len(s.importers[file]) == 0:
		return "has no accepting importer"
	}
	for _, importer := range s.scriptsThatImport(file, nil) {
		if importer == file {
			continue
		}
		m := s.modules[importer]
		switch {
		case m == nil || !m.known || m.analysis() == nil:
			return "is imported by " + s.layout.shown(importer) + ", which is no ES module of the page"
		case s.acceptedBy(m, file):
		case s.importsLater(importer, file):
			return "is imported on demand and does not take the update itself"
		default:
			if reason := s.visit(importer); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// importsLater reports whether a module imports another one only dynamically.
// Whoever has awaited that would keep the old one.
func (s *patchSet) importsLater(importer, file string) bool {
	later := false
	for _, to := range s.inputs[importer].Imports {
		if to.Path == file && to.Kind != "dynamic-import" {
			return false
		}
		later = later || to.Path == file
	}
	return later
}

// refuses says why a module cannot run again, if that is so.
func (s *patchSet) refuses(file string) (reason string) {
	old, now := s.modules[file], s.now[file]
	switch {
	case old == nil || !old.known:
		return "is no ES module of the page"
	case old.analysis() == nil || now.analysis() == nil:
		return "does not parse"
	case old.globs || now.globs:
		return "uses import.meta.glob" + s.by(file)
	case now.analysis().LazyUnknown:
		return "imports what only the page knows" + s.by(file)
	}
	return ""
}

// by names the module that a reason is about.
func (s *patchSet) by(file string) string { return " (" + s.layout.shown(file) + ")" }

func (s *patchSet) isEntry(file string) bool {
	return slices.ContainsFunc(s.layout.entries, func(e entryPoint) bool { return e.file == file })
}

// refreshes reports whether React can take the module: its exports may all be
// components, before and after, and are the same.
func (s *patchSet) refreshes(file string) bool {
	old, now := s.modules[file].analysis(), s.now[file].analysis()
	if !s.react || len(old.Exports) == 0 || len(old.Exports) != len(now.Exports) || len(old.Stars)+len(now.Stars) > 0 {
		return false
	}
	for name, export := range old.Exports {
		if after, ok := now.Exports[name]; !ok || !after.Component || !export.Component {
			return false
		}
	}
	return true
}

// acceptedBy reports whether an importer takes updates of the module file.
func (s *patchSet) acceptedBy(importer *hotModule, file string) (accepted bool) {
	for _, specifier := range importer.analysis().Accepts {
		if !s.leads(importer.file, specifier, file) {
			continue
		}
		accept := PatchAccept{By: importer.id, Dep: s.modules[file].id, Specifier: specifier}
		if !slices.Contains(s.accepts, accept) {
			s.accepts = append(s.accepts, accept)
		}
		accepted = true
	}
	return accepted
}

// leads reports whether a specifier of accept means the file: it may be written
// in another way than in the import.
func (s *patchSet) leads(importer, specifier, file string) bool {
	if to, ok := s.resolved(importer, specifier); ok {
		return to == file
	}
	return strings.HasPrefix(specifier, ".") &&
		slices.Contains(candidates(filepath.Join(filepath.Dir(importer), filepath.FromSlash(specifier))), file)
}

// resolved returns where an import of a module leads, in the pages.
func (p *patcher) resolved(importer, specifier string) (file string, ok bool) {
	for _, to := range p.inputs[importer].Imports {
		if to.Original == specifier && !to.External {
			return to.Path, true
		}
	}
	return "", false
}

// parts returns the files of the set in groups that have nothing to do with one
// another.
func (s *patchSet) parts() [][]string {
	group := make(map[string]int)
	var visit func(file string, number int)
	visit = func(file string, number int) {
		if _, seen := group[file]; seen {
			return
		}
		group[file] = number
		for _, near := range s.near(file) {
			visit(near, number)
		}
	}
	numbers := 0
	for _, file := range s.order {
		if _, seen := group[file]; !seen {
			visit(file, numbers)
			numbers++
		}
	}
	if s.importsMore() {
		numbers = min(numbers, 1)
		clear(group)
	}
	parts := make([][]string, numbers)
	for _, file := range s.inLoadOrder() {
		parts[group[file]] = append(parts[group[file]], file)
	}
	return parts
}

// near returns the modules of the set that import a module or are imported by it.
func (s *patchSet) near(file string) []string {
	near := s.scriptsThatImport(file, nil)
	for _, to := range s.inputs[file].Imports {
		near = append(near, to.Path)
	}
	return slices.DeleteFunc(near, func(other string) bool { return !s.has(other) })
}

func (s *patchSet) has(file string) bool {
	_, ok := s.boundary[file]
	return ok
}

// importsMore reports whether a module imports what it did not import before.
func (s *patchSet) importsMore() bool {
	for file := range s.boundary {
		old := append(slices.Clone(s.modules[file].analysis().Specifiers), s.modules[file].analysis().Lazy...)
		for _, specifier := range append(slices.Clone(s.now[file].analysis().Specifiers), s.now[file].analysis().Lazy...) {
			if !slices.Contains(old, specifier) {
				return true
			}
		}
	}
	return false
}

// inLoadOrder orders the set as pages come upon the modules, which decides what
// runs first in a cycle.
func (s *patchSet) inLoadOrder() []string {
	if len(s.order) == 1 {
		return s.order
	}
	order := make([]string, 0, len(s.order))
	seen := make(map[string]bool)
	var visit func(file string)
	visit = func(file string) {
		if seen[file] {
			return
		}
		seen[file] = true
		if s.has(file) {
			order = append(order, file)
		}
		for _, to := range s.inputs[file].Imports {
			visit(to.Path)
		}
	}
	for _, entry := range s.layout.entries {
		visit(entry.file)
	}
	for _, file := range s.order {
		visit(file)
	}
	return order
}
