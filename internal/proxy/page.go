package proxy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
)

// Page is what a document is shown while there is no app to answer it.
type Page struct {
	Phase    string // "building", "starting" or "failed"
	Title    string // what is going on; by default it follows from Phase
	Detail   string // a sentence or two below the title
	Since    time.Time
	Problems []Problem
	Output   string // the tail of what the app wrote
}

// Problem is something wrong in the user's code, as shown to people and sent
// as JSON.
type Problem struct {
	Source   string        `json:"source"`
	Severity string        `json:"severity"`
	File     string        `json:"file,omitempty"` // relative to the project
	Line     int           `json:"line,omitempty"` // from 1
	Column   int           `json:"column,omitempty"`
	Text     string        `json:"text"`
	Notes    []string      `json:"notes,omitempty"`
	Excerpt  []ExcerptLine `json:"-"`
	Frames   []Frame       `json:"frames,omitempty"` // the stack of a crash
}

// Frame is one call of a stack.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// ExcerptLine is a line of source beside a [Problem].
type ExcerptLine struct {
	Number int
	Text   string
}

// turnAway answers a request that did not get through a gate.
func (p *Proxy) turnAway(w http.ResponseWriter, x *exchange, why error) {
	page := x.gate.currentPage()
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(why, errLeft):
		panic(http.ErrAbortHandler) // nobody is there; nobody shall take it for an answer
	case errors.Is(why, errDown) && page.Phase == "failed" && x.document:
		status = http.StatusInternalServerError
	case errors.Is(why, errFull):
		page.Detail = why.Error()
	}
	p.answer(w, x, status, page)
}

// unreachable answers a request that the app has not answered although it
// should be there.
func (p *Proxy) unreachable(w http.ResponseWriter, x *exchange, reason string) {
	p.journal.report(Event{Kind: Unreachable, Request: x.name, Reason: reason})
	p.answer(w, x, http.StatusBadGateway, Page{
		Phase: "failed", Title: "The app did not answer", Detail: strings.ToUpper(reason[:1]) + reason[1:] + ".", Since: time.Now(),
	})
}

// retryAfter is in seconds.
const retryAfter = "1"

// answer sends a page to documents and JSON to everything else.
func (p *Proxy) answer(w http.ResponseWriter, x *exchange, status int, page Page) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	if !x.document {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{
			"error": page.Heading(), "phase": page.Phase, "detail": page.Detail, "problems": page.Problems,
		})
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	tag := ""
	if p.options.Tag != nil {
		tag = p.tag(x.request, h)
	}
	var b bytes.Buffer
	if err := p.pages.Execute(&b, pageView{Page: page, Tag: template.HTML(tag)}); err != nil {
		http.Error(w, page.Heading(), status)
		return
	}
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

//go:embed page.html
var pageSource string

// pageView adds to a page what its template needs.
type pageView struct {
	Page
	Tag template.HTML
}

func newPages() *template.Template {
	return template.Must(template.New("page").Parse(pageSource))
}

// Heading is the title, or what stands for it.
func (p Page) Heading() string {
	if p.Title != "" {
		return p.Title
	}
	switch p.Phase {
	case "building":
		return "Building the app"
	case "failed":
		return "The app is not running"
	default:
		return "Starting the app"
	}
}

// State is what the client's page marker says.
func (v pageView) State() string {
	if v.Phase == "failed" {
		return "failed"
	}
	return "building"
}

// Waiting reports whether the page is to ask again by itself.
func (v pageView) Waiting() bool { return v.Phase != "failed" }

func (v pageView) Elapsed() string {
	if v.Since.IsZero() || !v.Waiting() { // how long it is over changes nothing
		return ""
	}
	return fmt.Sprintf("%d s", int(time.Since(v.Since).Seconds()))
}

// Origin names which side of the project is at fault, in the words of the
// overlay.
func (p Problem) Origin() string {
	name, known := origins[p.Source]
	switch ext := path.Ext(p.File); {
	case p.Source == "go":
	case ext == ".css" || ext == ".scss" || ext == ".sass" || ext == ".less":
		name, known = "CSS", true
	case (p.Source == "esbuild" || p.Source == "tsc") && strings.HasPrefix(strings.TrimLeft(ext, ".mc"), "js"):
		name = "JavaScript"
	}
	if !known {
		name = p.Source
	}
	if p.Warns() {
		name += " warning"
	}
	return name
}

var origins = map[string]string{
	"go": "Go", "esbuild": "TypeScript", "tsc": "TypeScript", "css": "CSS", "app": "App", "crash": "Crash",
	"generate": "Generator", "runtime": "Browser", "config": "Settings",
}

// Warns reports whether the problem stops nothing.
func (p Problem) Warns() bool { return p.Severity == "warning" }

// Blames reports whether line is the one that the problem is on.
func (p Problem) Blames(line ExcerptLine) bool { return line.Number == p.Line }

// Indent is the text before the problem's column, as blank as it can be
// without losing its width: tabs stay tabs.
func (p Problem) Indent(line ExcerptLine) string {
	var b strings.Builder
	column := 1
	for _, r := range line.Text {
		if column++; column > p.Column {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
