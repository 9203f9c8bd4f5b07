package devserver

import (
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// mostThrown is how many errors of pages are shown at once.
const mostThrown = 50

// thrown is an error of a page that nobody caught. It is gone with its
// document.
type thrown struct {
	Tab, Page string // the tab and its document
	Problem   problem.Problem
}

// pageShown forgets what another document in the same tab has thrown.
func (d *decision) pageShown(ev pageShown) {
	d.Thrown = slices.DeleteFunc(slices.Clone(d.Thrown), func(t thrown) bool {
		return t.Tab == ev.Tab && t.Page != ev.Page
	})
}

// pageThrew keeps an error as long as its document, and tells of it the first
// time. What a document throws that is to be reloaded anyway is no news: its
// scripts are not those of the newest build, nor are their maps.
func (d *decision) pageThrew(ev pageThrew) {
	if ev.Build < d.PageBuild {
		return
	}
	known := slices.ContainsFunc(d.Thrown, func(t thrown) bool { return t.Problem.Same(ev.Problem) })
	here := slices.ContainsFunc(d.Thrown, func(t thrown) bool { return t.Tab == ev.Tab && t.Problem.Same(ev.Problem) })
	if !known {
		d.reports = append(d.reports, tellThrown{Problem: ev.Problem, URL: ev.URL})
	}
	if !here && len(d.Thrown) < mostThrown {
		d.Thrown = append(slices.Clip(d.Thrown), thrown{Tab: ev.Tab, Page: ev.Page, Problem: ev.Problem})
	}
}

// pagesReload forgets what documents made before a build have thrown: all of
// them are about to be replaced.
func (d *decision) pagesReload(build int) {
	d.Thrown = nil
	d.PageBuild = build
}

// shown is what people are shown: the problems, and what pages have thrown,
// each once.
func (s *state) shown() []problem.Problem {
	all := s.problems()
	for i, t := range s.Thrown {
		if !slices.ContainsFunc(s.Thrown[:i], func(u thrown) bool { return u.Problem.Same(t.Problem) }) {
			all = append(all, t.Problem)
		}
	}
	return all
}
