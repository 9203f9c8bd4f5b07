package policy

import (
	"slices"

	"github.com/calendsync/devtool/internal/problem"
)

// mostThrown is how many page errors are kept at once.
const mostThrown = 50

// thrown is an uncaught error in a page. It is forgotten with its document.
type thrown struct {
	Tab, Page string // the tab and its document
	Problem   problem.Problem
}

// apply forgets errors of earlier documents in the same tab.
func (ev PageShown) apply(d *decision) {
	d.Feedback.Shown = true
	d.Thrown = slices.DeleteFunc(slices.Clone(d.Thrown), func(t thrown) bool {
		return t.Tab == ev.Tab && t.Page != ev.Page
	})
}

// apply keeps an error for as long as its document, and reports it the first
// time. It ignores a document that is about to be reloaded: its scripts and their
// source maps are not those of the newest build.
func (ev PageFailed) apply(d *decision) {
	if ev.Build < d.PageBuild {
		return
	}
	known := slices.ContainsFunc(d.Thrown, func(t thrown) bool { return t.Problem.Same(ev.Problem) })
	here := slices.ContainsFunc(d.Thrown, func(t thrown) bool { return t.Tab == ev.Tab && t.Problem.Same(ev.Problem) })
	if !known {
		d.tell(PageThrew{Problem: ev.Problem, URL: ev.URL})
	}
	if !here && len(d.Thrown) < mostThrown {
		d.Thrown = append(slices.Clip(d.Thrown), thrown{Tab: ev.Tab, Page: ev.Page, Problem: ev.Problem})
	}
}

// apply reports a doubt once, however many pages have it.
func (ev PageDoubted) apply(d *decision) {
	if d.Doubted != ev.Reason {
		d.Doubted = ev.Reason
		d.tell(PageReloads(ev))
	}
}

// pagesReload forgets the errors of all documents older than a build: they are
// about to be replaced.
func (d *decision) pagesReload(build int) {
	d.Thrown = nil
	d.PageBuild = build
}

// Shown returns what people are shown: the problems, and each page error once.
func (s *State) Shown() []problem.Problem {
	all := s.AllProblems()
	for i, t := range s.Thrown {
		if !slices.ContainsFunc(s.Thrown[:i], func(u thrown) bool { return u.Problem.Same(t.Problem) }) {
			all = append(all, t.Problem)
		}
	}
	return all
}

// Explain returns what a document says that stands in for the app while no app
// answers.
func (s *State) Explain() (title, detail string) {
	switch s.Phase() {
	case Building:
		return "Building the app", ""
	case Starting:
		return "Starting the app", ""
	case Ready:
		if s.App.Finished {
			return "The app has finished", "It exited with 0 before it answered anything. It is started again after a change; for a worker or a bot set app.ready = \"started\"."
		}
		return "The app is ready", ""
	}
	switch {
	case problem.AnyErrors(s.Problems[fromGo]):
		return "The app does not build", ""
	case len(s.App.Crashes) >= crashLimit:
		return "The app keeps crashing", "It is started again after a change."
	case problem.AnyErrors(s.Problems[fromApp]):
		return "The app did not start", ""
	default:
		return "There is no app", ""
	}
}
