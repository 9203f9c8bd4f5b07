package devserver

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/build"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// problem translates a diagnostic of a build.
func (s sources) problem(d build.Diagnostic) Problem {
	p := Problem{
		Source: d.Source, Severity: string(d.Severity), Line: d.Line, Column: d.Column,
		Text: s.within(d.Text),
	}
	for _, note := range d.Notes {
		p.Notes = append(p.Notes, s.within(note))
	}
	if d.File != "" {
		p.File, p.path = s.relative(d.File), d.File
	}
	for _, line := range d.Excerpt {
		p.Excerpt = append(p.Excerpt, ExcerptLine(line))
	}
	return p
}

// within makes the paths of the project relative in what a tool says: pages
// show it, and nobody has to know where on which machine the project is.
func (s sources) within(text string) string {
	return strings.ReplaceAll(text, s.root+string(filepath.Separator), "")
}

// problems translates the diagnostics of a build, and a failure of ours to
// build at all.
func (s sources) problems(diagnostics []build.Diagnostic, failure error) []Problem {
	var out []Problem
	if failure != nil {
		out = append(out, failureProblem("go", failure))
	}
	for _, d := range diagnostics {
		out = append(out, s.problem(d))
	}
	return out
}

// failureProblem shows an error of ours where the user's errors are shown.
func failureProblem(source string, err error) Problem {
	p := Problem{Source: source, Severity: "error", Text: err.Error()}
	if hint := Hint(err); hint != "" {
		p.Notes = []string{hint}
	}
	return p
}

// warning makes a problem one that stops nothing.
func warning(p Problem) Problem {
	p.Severity = "warning"
	return p
}

// overlayDiagnostics translates problems for the browser client.
func overlayDiagnostics(problems []Problem) []reload.Diagnostic {
	out := make([]reload.Diagnostic, len(problems))
	for i, p := range problems {
		out[i] = reload.Diagnostic{
			Source: p.Source, Severity: p.Severity, File: public(p.File), Path: p.path, Line: p.Line, Column: p.Column,
			Text: p.Text, Notes: p.remarks(), Output: p.Output,
		}
		for _, line := range p.Excerpt {
			out[i].Excerpt = append(out[i].Excerpt, reload.ExcerptLine(line))
		}
		for _, f := range p.Frames {
			out[i].Frames = append(out[i].Frames, reload.Frame{Function: f.Function, File: public(f.File), Path: f.path, Line: f.Line})
		}
	}
	return out
}

// pageProblems translates problems for the page that stands in for the app.
func pageProblems(problems []Problem) []proxy.Problem {
	out := make([]proxy.Problem, len(problems))
	for i, p := range problems {
		out[i] = proxy.Problem{
			Source: p.Source, Severity: p.Severity, File: public(p.File), Line: p.Line, Column: p.Column,
			Text: p.Text, Notes: p.remarks(),
		}
		for _, line := range p.Excerpt {
			out[i].Excerpt = append(out[i].Excerpt, proxy.ExcerptLine(line))
		}
		for _, f := range p.Frames {
			out[i].Frames = append(out[i].Frames, proxy.Frame{Function: f.Function, File: public(f.File), Line: f.Line})
		}
	}
	return out
}

// public is a file as browsers may be told of it: those of the project by their
// relative path, others by the end of theirs, which says nothing of the
// machine.
func public(file string) string {
	file = filepath.ToSlash(file)
	if !path.IsAbs(file) && !strings.Contains(file, ":/") {
		return file
	}
	for _, root := range []string{"/pkg/mod/", "/src/"} {
		if at := strings.LastIndex(file, root); at >= 0 {
			return file[at+len(root):]
		}
	}
	return path.Join(path.Base(path.Dir(file)), path.Base(file))
}
