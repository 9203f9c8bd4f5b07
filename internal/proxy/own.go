package proxy

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
)

// ownAnswer sets the headers that are the same for everything devtool serves
// itself: bundles, files, its own routes. It reports whether the request may have
// an answer; if not, it has been refused. Other sites may send people here, but
// not load what is here: scripts can be read by the page that runs them.
func (p *Proxy) ownAnswer(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		http.Error(w, "this is for pages of this origin", http.StatusForbidden)
		return false
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "worker", "sharedworker", "iframe", "frame", "embed", "object":
		// Below a document that is isolated, these must be isolated, too.
		if policy := p.embedders.policyFor(r); policy != "" {
			h.Set(embedderPolicy, policy)
		}
	}
	return true
}

const embedderPolicy = "Cross-Origin-Embedder-Policy"

// mostEmbedders bounds the memory of embedders: paths are chosen by clients.
const mostEmbedders = 256

// embedders remembers the embedder policies of documents, which only the app
// knows: what devtool serves to a document has to follow the document's own.
type embedders struct {
	mu     sync.Mutex
	byPath map[string]string
	last   string // for documents that have changed their address, or hide it
}

// learn notes the policy that the document at path was sent with; it may be none.
func (e *embedders) learn(path, policy string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byPath == nil || len(e.byPath) >= mostEmbedders {
		e.byPath = make(map[string]string)
	}
	e.byPath[clip(path, longestName)], e.last = policy, policy
}

// policyFor returns the policy of the document or worker that asks, or "", and
// notes it for what r's own answer will ask for.
func (e *embedders) policyFor(r *http.Request) string {
	referer, _ := url.Parse(r.Header.Get("Referer")) // nil if it is malformed
	e.mu.Lock()
	defer e.mu.Unlock()
	policy := e.last
	if referer != nil {
		if known, ok := e.byPath[clip(referer.Path, longestName)]; ok {
			policy = known
		}
	}
	if e.byPath != nil && len(e.byPath) < mostEmbedders {
		e.byPath[clip(r.URL.Path, longestName)] = policy
	}
	return policy
}

// contentTypes of files whose type decides whether browsers take them at all.
// The system's own table may say something else of them.
var contentTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".cjs": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".wasm": "application/wasm", ".json": "application/json", ".svg": "image/svg+xml",
}

func setContentType(h http.Header, name string) {
	if kind, ok := contentTypes[strings.ToLower(path.Ext(name))]; ok {
		h.Set("Content-Type", kind)
	}
}

// revalidate makes the browser ask for an answer of the app before it uses its
// copy of it. A reload asks only for the document: whatever else belongs to the
// page would be the copy of before the save. What identifies the copy stays, so
// that the app can answer "not modified".
func revalidate(h http.Header) {
	kept := "no-cache"
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		switch directive = strings.ToLower(strings.TrimSpace(directive)); directive {
		case "no-store":
			return // there is no copy
		case "private", "no-transform":
			kept += ", " + directive
		}
	}
	h.Set("Cache-Control", kept)
	for _, name := range []string{"Expires", "Pragma", "Age"} {
		h.Del(name)
	}
}

// partOfPage reports whether an answer belongs to a page, as its scripts and
// images do, rather than being data that the page works with. Browsers say what
// they ask for, but not on plain HTTP off this machine, nor what a script does
// with what it fetches; there, the type decides.
func partOfPage(dest, kind string) bool {
	if dest != "" && dest != "empty" {
		return true
	}
	switch family, _, _ := strings.Cut(kind, "/"); family {
	case "image", "font", "audio", "video":
		return true
	}
	switch kind {
	case "", "text/html", "text/css", "text/javascript", "application/javascript", "application/x-javascript",
		"application/wasm", "application/manifest+json", "application/xhtml+xml":
		return true
	}
	return false
}
