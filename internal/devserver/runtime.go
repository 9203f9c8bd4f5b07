package devserver

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/reload"
	"github.com/calendsync/devtool/internal/routes"
	"github.com/calendsync/devtool/internal/sourcemap"
)

// pageConnected and pageFailed are called by the hub, on the goroutines of its
// clients.
func (s *server) pageConnected(p reload.Page) { s.report(policy.PageShown{Tab: p.Tab, Page: p.ID}) }

func (s *server) pageFailed(r reload.Runtime) {
	s.report(policy.PageFailed{
		Tab: r.Page.Tab, Page: r.Page.ID, Build: r.Page.Build, URL: r.Page.URL,
		Problem: s.runtimeProblem(r),
	})
}

func (s *server) pageDoubted(d reload.Doubt) {
	s.report(policy.PageDoubted{URL: d.Page.URL, Reason: d.Reason})
}

// runtimeProblem describes an error in a page, at its place in the sources.
func (s *server) runtimeProblem(r reload.Runtime) problem.Problem {
	p := problem.Problem{Source: problem.Runtime, Severity: problem.Error, Text: r.Message}
	if r.Name != "" && !strings.HasPrefix(r.Message, r.Name) {
		p.Text = r.Name + ": " + r.Message
	}
	calls := s.mapCalls(sourcemap.ParseStack(r.Stack))
	for _, own := range []bool{true, false} {
		for _, c := range calls {
			if s.bundled(c.file) == own {
				p.Frames = append(p.Frames, s.frame(c.function, c.file, c.line))
			}
		}
	}
	for _, c := range calls {
		if s.bundled(c.file) {
			p = p.At(c.file, c.line, c.column, problem.UTF16).Under(s.root)
			break
		}
	}
	return p
}

// bundled reports whether file is a source of the project that went into the
// bundles. A source map that came with a package may name any other file, of which
// nothing is to be shown.
func (s *server) bundled(file string) bool {
	inputs := s.views.webFiles.Load()
	return inputs != nil && (*inputs)[file] && s.own(file)
}

// call is a call in a source file.
type call struct {
	function, file string
	line, column   int // as in [sourcemap.Position]
}

// mapCalls returns the calls in source files that correspond to calls in bundles.
// It leaves out calls in other scripts.
func (s *server) mapCalls(calls []sourcemap.Call) []call {
	mapped := make([]call, len(calls))
	byScript := map[string][]int{}
	for i, c := range calls {
		if u, err := url.Parse(c.URL); err == nil {
			byScript[u.Path] = append(byScript[u.Path], i)
		}
	}
	for script, indices := range byScript {
		m, err := sourcemap.Parse(s.mapOf(script))
		if err != nil {
			continue // not a bundle of ours, or one without a map
		}
		places := make([]sourcemap.Position, len(indices))
		for n, i := range indices {
			places[n] = calls[i].Position
		}
		for n, origin := range m.Find(places...) {
			i := indices[n]
			mapped[i] = call{calls[i].Function, s.sourceOf(script, origin.Source), origin.Line, origin.Column}
		}
	}
	var found []call
	for _, c := range mapped {
		if c.file != "" {
			found = append(found, c)
		}
	}
	return found
}

// mapOf returns the source map of a bundle or a patch by its URL path, or nil.
func (s *server) mapOf(script string) []byte {
	if strings.HasPrefix(script, routes.Patch) {
		return s.hub.PatchFile(script + ".map")
	}
	if served := s.views.published.Load(); served != nil {
		return (*served)[script+".map"].Contents
	}
	return nil
}

// sourceOf returns the file that a source map names relative to its script.
// Package bundle gives scripts paths as if the project directory itself were
// served.
func (s locator) sourceOf(script, source string) string {
	if source == "" || strings.Contains(source, ":") {
		return "" // made by a plugin
	}
	dir := filepath.Join(s.root, filepath.FromSlash(path.Dir(script)))
	return filepath.Join(dir, filepath.FromSlash(source))
}
