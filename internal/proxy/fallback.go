package proxy

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Documents are the pages of a front end, which answer where the app has no answer.
type Documents struct {
	ByPath map[string][]byte // below the root URL: "nested/index.html"
	Main   string            // of ByPath: the page for every other path, or ""
	Base   string            // URL prefix of the pages: "/", or one that ends with a slash
}

// SetDocuments replaces the pages of the front end. They must not change after it.
func (p *Proxy) SetDocuments(d Documents) { p.documents.Store(&d) }

// find returns the page of a URL path as Vite chooses it: /about is about.html, and
// /docs/ is docs/index.html.
func (d *Documents) find(path string) (text []byte, ok bool) {
	name := strings.TrimPrefix(path, "/")
	if rest, below := strings.CutPrefix(path, d.Base); below {
		name = strings.TrimPrefix(rest, "/")
	}
	switch {
	case name == "" || strings.HasSuffix(name, "/"):
		name += "index.html"
	case !strings.HasSuffix(name, ".html"):
		name += ".html"
	}
	if text, ok = d.ByPath[name]; !ok {
		text, ok = d.ByPath[d.Main]
	}
	return text, ok
}

// fallback returns the page that answers x where the app has no answer: of the
// front end, or for pages that route in the browser. It is nil if there is none.
func (p *Proxy) fallback(x *exchange) io.ReadCloser {
	if !x.document || x.request.Method != http.MethodGet {
		return nil
	}
	if d := p.documents.Load(); d != nil {
		if text, ok := d.find(x.request.URL.Path); ok {
			return io.NopCloser(bytes.NewReader(text))
		}
		if d.Main == "" {
			return nil
		}
	}
	file := p.options.HTML
	if file == "" && p.options.PublicDir != "" && x.request.URL.Path == "/" {
		file = filepath.Join(p.options.PublicDir, "index.html") // may not be there
	}
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		if file == p.options.HTML {
			p.journal.report(Event{Kind: Unreachable, Request: file, Reason: err.Error()})
		}
		return nil
	}
	return f
}

// ofBody are headers that describe the body of a 404, and not the app's policy.
var ofBody = slices.Concat(validators, []string{
	"Content-Type", "Content-Disposition", "Content-Language", "Content-Location", "Content-Range", "Cache-Control",
})

// fallBack replaces the body of a 404 by a page. All else that the app said stays:
// policies and cookies are the page's, too.
func fallBack(res *http.Response, page io.ReadCloser) {
	res.Body.Close()
	res.Body, res.ContentLength = page, -1
	res.StatusCode, res.Status = http.StatusOK, ""
	for _, name := range ofBody {
		res.Header.Del(name)
	}
	clear(res.Trailer)
	res.Header.Set("Content-Type", "text/html; charset=utf-8")
	res.Header.Set("Cache-Control", "no-cache")
}

// withoutApp answers in a project that has none.
func (p *Proxy) withoutApp(w http.ResponseWriter, x *exchange) {
	if page := p.fallback(x); page != nil {
		p.serveDocument(w, x.request, page)
		return
	}
	http.NotFound(w, x.request)
}
