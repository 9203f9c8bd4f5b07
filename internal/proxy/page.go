package proxy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Page is what a document is shown while there is no app to answer it.
type Page struct {
	Phase    string // "building", "starting" or "failed"
	Title    string // what is going on; by default it follows from Phase
	Detail   string // a sentence or two below the title
	Since    time.Time
	Problems []problem.Problem
	Output   string // the tail of what the app wrote
}

// SetPage sets what documents are shown that wait for an app, from now on.
func (p *Proxy) SetPage(page Page) { p.page.Store(&page) }

// Fail turns every request away, also those that wait: there is no app.
// Documents are shown page, others get 503.
func (p *Proxy) Fail(page Page) {
	p.SetPage(page)
	p.Gate.fail()
}

// turnAway answers a request that did not get through a gate.
func (p *Proxy) turnAway(w http.ResponseWriter, x *exchange, why error) {
	page := *p.page.Load()
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(why, errLeft):
		panic(http.ErrAbortHandler) // an empty answer could be taken for the app's
	case errors.Is(why, errDown) && page.Phase == "failed" && x.document:
		status = http.StatusInternalServerError
	case errors.Is(why, errFull):
		page.Detail = why.Error()
	}
	p.answer(w, x, status, page)
}

// unreachable answers a request to an app that should be there and gave no answer.
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
	if err := p.pages.Execute(&b, pageView{Page: page, Tag: template.HTML(tag), AnswersForm: x.request.Method != http.MethodGet}); err != nil {
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
	Tag         template.HTML
	AnswersForm bool // a reload would send the form again
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
