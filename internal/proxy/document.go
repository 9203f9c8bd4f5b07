package proxy

import (
	"cmp"
	"html"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/calendsync/devtool/internal/routes"
)

// isDocument reports whether the answer to r becomes a page of its own in a
// browser. Browsers say so, except to plain HTTP on another machine. There, a
// request for HTML counts as one, unless htmx asks for a piece of a page.
func isDocument(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document", "iframe":
		return r.Method != http.MethodHead
	case "empty":
		// A service worker fetches a navigation for its page. Libraries that
		// fetch pages by script do not send Upgrade-Insecure-Requests.
		return r.Method == http.MethodGet && r.Header.Get("Upgrade-Insecure-Requests") == "1" && acceptsHTML(r)
	case "":
		return r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" && acceptsHTML(r)
	default:
		return false
	}
}

func acceptsHTML(r *http.Request) bool {
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	return strings.Contains(accept, "text/html") || strings.Contains(accept, "application/xhtml+xml")
}

// askWhole makes the app send the whole document, without compression. The copy
// in the browser has the tag in it, so it cannot show whether the app's document
// has changed.
func askWhole(h http.Header) {
	for _, name := range []string{
		"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
	} {
		h.Del(name)
	}
	h.Set("Accept-Encoding", "identity")
}

// validators describe the bytes that the app sent, not those that we send.
var validators = []string{
	"ETag", "Last-Modified", "Expires", "Age", "Pragma", "Accept-Ranges",
	"Content-Length", "Content-Encoding", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest",
}

// inject puts the tag into a document's body and makes its headers tell the
// truth about the result. It returns body itself, and changes nothing, if the
// response can take no tag.
func (p *Proxy) inject(r *http.Request, status int, h http.Header, body io.ReadCloser) io.ReadCloser {
	kind, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
	xml := kind == "application/xhtml+xml"
	text := kind == "text/plain" && status >= 400
	if !xml && !text && kind != "text/html" || !hasBody(r.Method, status) || p.options.Tag == nil {
		return body
	}
	skip := func(reason string) {
		p.journal.report(Event{Kind: NotInjected, Request: nameOf(r), Reason: reason})
	}
	if charset := params["charset"]; !asciiCompatible(charset) {
		skip("its charset is " + charset)
		return body
	}
	if disposition, _, _ := mime.ParseMediaType(h.Get("Content-Disposition")); disposition == "attachment" {
		return body // a file to be kept
	}
	plain := body
	if encoding := h.Get("Content-Encoding"); encoding != "" {
		var err error
		if plain, err = decode(body, strings.Join(h.Values("Content-Encoding"), ",")); err != nil {
			skip("it cannot be decoded: " + err.Error())
			return body
		}
	}

	for _, name := range validators {
		h.Del(name)
	}
	revalidate(h)
	if text {
		params["charset"] = cmp.Or(params["charset"], "utf-8") // otherwise the browser would guess
		h.Set("Content-Type", mime.FormatMediaType("text/html", params))
		plain = textPage(plain)
	}
	scan := scanner{xml: xml, fragment: r.Header.Get("Sec-Fetch-Dest") == ""}
	return newInjector(plain, p.tag(r, h), scan, func() {
		skip("it has no doctype, <html> or <head>")
	})
}

// tag returns the tag for a response with the headers h, which are changed to
// let it work. The client has to know when a reload would send a form again.
func (p *Proxy) tag(r *http.Request, h http.Header) string {
	attributes := ""
	if r.Method != http.MethodGet {
		attributes = ` data-method="` + html.EscapeString(clip(r.Method, longestName)) + `"`
	}
	scheme, socket := "http://", "ws://"
	if r.TLS != nil {
		scheme, socket = "https://", "wss://"
	}
	nonce := allowClient(h, scheme+r.Host+routes.Prefix, socket+r.Host+routes.Prefix+"ws")
	if nonce != "" {
		attributes += ` nonce="` + html.EscapeString(nonce) + `"`
	}
	return strings.ReplaceAll(p.options.Tag(), "<script", "<script"+attributes)
}

func hasBody(method string, status int) bool {
	return method != http.MethodHead && status >= 200 &&
		status != http.StatusNoContent && status != http.StatusResetContent &&
		status != http.StatusPartialContent && status != http.StatusNotModified
}

// asciiCompatible reports whether ASCII bytes mean themselves in a charset, at
// least where a document begins.
func asciiCompatible(charset string) bool {
	charset = strings.ToLower(charset)
	for _, prefix := range []string{"utf-16", "utf16", "utf-32", "utf32", "utf-7", "ucs-", "iso-10646", "unicode", "csunicode", "ebcdic", "cp037", "ibm037"} {
		if strings.HasPrefix(charset, prefix) && charset != "unicode-1-1-utf-8" {
			return false
		}
	}
	return true
}
