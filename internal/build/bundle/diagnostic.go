package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/evanw/esbuild/pkg/api"
)

// diagnostics converts esbuild's messages, errors first. What esbuild says of a
// place once for each import that a plugin resolves is one diagnostic, and so
// are all imports that one install would mend.
func (l layout) diagnostics(built api.BuildResult) []problem.Problem {
	var all []problem.Problem
	add := func(message api.Message, severity problem.Severity) {
		d := l.diagnostic(message, severity)
		if d.File == "" || !slices.ContainsFunc(all, d.Same) {
			all = append(all, d)
		}
	}
	errors, missing := l.takeMissing(built.Errors)
	for _, m := range missing {
		all = append(all, l.missingProblem(m))
	}
	for _, message := range errors {
		add(message, problem.Error)
	}
	for _, message := range built.Warnings {
		severity := problem.Warning
		// esbuild mends a sheet that does not parse, and browsers would drop half of it.
		if message.ID == "css-syntax-error" && !inPackage(message) {
			severity = problem.Error
		}
		add(message, severity)
	}
	return all
}

// inPackage reports whether a message is about a file that is not the user's.
func inPackage(message api.Message) bool {
	return message.Location != nil && strings.Contains(filepath.ToSlash(message.Location.File), "node_modules/")
}

func (l layout) diagnostic(message api.Message, severity problem.Severity) problem.Problem {
	message = l.placed(message)
	d := problem.Problem{Source: problem.ESBuild, Severity: severity, Text: message.Text}
	if at := message.Location; at != nil {
		d = d.At(l.locate(at), at.Line, 0, problem.Bytes)
		d.Column = problem.Bytes.Column(at.LineText, at.Column+1) // esbuild counts from 0
		if at.Suggestion != "" {
			d.Notes = append(d.Notes, fmt.Sprintf("did you mean %s?", at.Suggestion))
		}
	}
	if note := noLoaderNote(message); note != "" {
		d.Notes = append(d.Notes, note)
	}
	if note := l.unresolvedNote(message); note != "" {
		d.Notes = append(d.Notes, note)
	}
	for _, note := range message.Notes {
		// Advice for libraries and servers: a page cannot load what is left out of
		// its bundle, and is not Node.
		if strings.Contains(note.Text, "as external") || strings.Contains(note.Text, "built into node") {
			continue
		}
		d.Notes = append(d.Notes, l.note(note))
	}
	return d
}

// note renders what esbuild says besides, with the place it points at and the
// correction it proposes.
func (l layout) note(note api.Note) string {
	at := note.Location
	if at == nil {
		return note.Text
	}
	text := strings.TrimSuffix(note.Text, ":")
	if at.Suggestion != "" {
		text += ": " + at.Suggestion
	}
	return fmt.Sprintf("%s (%s:%d:%d)", text, at.File, at.Line, problem.Bytes.Column(at.LineText, at.Column+1))
}

// locate returns the absolute path of a location, "" when it is in no file.
func (l layout) locate(at *api.Location) string {
	file := at.File
	switch at.Namespace {
	case "", "file":
	case rawNamespace, urlNamespace, inlineNamespace, initNamespace, globNamespace:
		file = strings.TrimPrefix(file, at.Namespace+":")
	default:
		return ""
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(l.root(), filepath.FromSlash(file))
	}
	if page := l.pageOf(file); page != "" {
		file = page
	}
	return l.paths.user(file)
}

var noLoaderPattern = regexp.MustCompile(`^No loader is configured for "([^"]+)" files`)

// noLoaderNote names the way out for files that esbuild cannot read.
func noLoaderNote(message api.Message) string {
	match := noLoaderPattern.FindStringSubmatch(message.Text)
	if match == nil {
		return ""
	}
	switch extension := match[1]; extension {
	case ".scss", ".sass", ".less", ".styl":
		return fmt.Sprintf("compile %s files to CSS in a [[generate]] step and import what it writes", extension)
	case ".vue", ".svelte", ".astro":
		return fmt.Sprintf("%s files need their own compiler: run the project's own Vite beside devtool, with server.proxy to devtool's address, and set web.entry_points = []", extension)
	default:
		return fmt.Sprintf("say how to read them: web.loader = { %q = \"text\" } or \"file\", \"dataurl\", \"json\"", extension)
	}
}
