package proxy

import (
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// isolating is a proxy with an answer of each kind of its own, before an app
// whose documents below /isolated have an embedder policy.
func isolating(t *testing.T) (url string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"lib.js", "page.html", "data.json", "image.svg", "odd", "module.mjs"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(plainDocument), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := New(Options{
		Tag: func() string { return testTag }, Reserved: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "client") }),
		Mounts: map[string]string{"/static/": dir}, PublicDir: dir,
	})
	p.SetAssets(map[string]Asset{"/assets/main.js": {Contents: []byte("bundle"), Type: "text/javascript", Hash: "h"}})
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		if policy := map[string]string{"/isolated": "require-corp", "/credentialless": "credentialless"}[r.URL.Path]; policy != "" {
			w.Header().Set("Cross-Origin-Embedder-Policy", policy)
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, plainDocument)
	}))
	return serve(t, p).URL
}

// ownPaths are answered by the proxy itself.
var ownPaths = []string{
	"/assets/main.js", "/static/lib.js", "/static/data.json", "/static/image.svg", "/static/odd", "/static/module.mjs",
	"/lib.js", "/data.json", "/page.html", "/static/page.html", "/__devtool/client.js",
}

// TestOtherSitesLoadNothing asks for all that is not the app's, as a page of
// another site can.
func TestOtherSitesLoadNothing(t *testing.T) {
	t.Parallel()
	url := isolating(t)
	for _, path := range ownPaths {
		for _, dest := range []string{"script", "image", "style", "empty", "worker", "object"} {
			got := ask(newRequest(t, "GET", url+path, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", dest))
			if got.status != http.StatusForbidden || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" && path != "/__devtool/client.js" {
				t.Errorf("%s as %s of another site: %d %v", path, dest, got.status, got.header)
			}
		}
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"},
			{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
			{}, // a browser on plain HTTP off this machine says nothing
		} {
			got := ask(newRequest(t, "GET", url+path, "", headers...))
			if got.status != 200 || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %v: %d %v", path, headers, got.status, got.header)
			}
		}
		if strings.HasPrefix(path, "/__devtool/") {
			continue // no other site may even send people there
		}
		got := ask(newRequest(t, "GET", url+path, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"))
		if got.status != 200 {
			t.Errorf("a link of another site to %s: status %d", path, got.status)
		}
	}
	for path, want := range map[string]string{"/lib.js": "text/javascript", "/module.mjs": "text/javascript", "/static/image.svg": "image/svg+xml"} {
		if got := ask(newRequest(t, "GET", url+path, "")).header.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("%s has type %q, want %q: browsers would not take it", path, got, want)
		}
	}
}

// TestEmbedderPolicy asks for workers and frames from documents with a policy,
// without one, and from documents that do not say which they are.
func TestEmbedderPolicy(t *testing.T) {
	t.Parallel()
	url := isolating(t)
	policyOf := func(path, dest, referer string) string {
		headers := []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", dest}
		if referer != "" {
			headers = append(headers, "Referer", url+referer)
		}
		return ask(newRequest(t, "GET", url+path, "", headers...)).header.Get("Cross-Origin-Embedder-Policy")
	}
	if got := policyOf("/assets/main.js", "worker", ""); got != "" {
		t.Errorf("before any document: %q", got)
	}
	for _, path := range []string{"/plain", "/credentialless", "/isolated"} {
		ask(newRequest(t, "GET", url+path, "", documentHeaders...))
	}
	for _, path := range ownPaths[:len(ownPaths)-1] {
		for _, dest := range []string{"worker", "sharedworker", "iframe"} {
			for referer, want := range map[string]string{
				"/isolated?q=1": "require-corp", "/plain": "", "/credentialless": "credentialless",
				"": "require-corp", "/pushed/state": "require-corp", // those of the last document
			} {
				if path == "/assets/main.js" && referer != "/isolated?q=1" && dest == "sharedworker" {
					continue
				}
				if got := policyOf(path, dest, referer); got != want {
					t.Errorf("%s as %s of %q: policy %q, want %q", path, dest, referer, got, want)
				}
			}
		}
		if got := policyOf(path, "script", "/isolated"); got != "" {
			t.Errorf("%s as a script: policy %q; only workers and frames have one", path, got)
		}
	}
	// A worker of a worker.
	policyOf("/assets/main.js", "worker", "/isolated")
	ask(newRequest(t, "GET", url+"/plain", "", documentHeaders...))
	if got := policyOf("/static/lib.js", "worker", "/assets/main.js"); got != "require-corp" {
		t.Errorf("a worker's worker: policy %q", got)
	}
}

// TestFallbackKeepsPolicy has a 404 of the app replaced by the project's page.
func TestFallbackKeepsPolicy(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(page, []byte(plainDocument), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{
		"Content-Security-Policy":      "img-src 'self'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Permissions-Policy":           "camera=()",
		"Referrer-Policy":              "no-referrer",
		"X-Frame-Options":              "DENY",
		"Link":                         "</a.css>; rel=preload",
		"Set-Cookie":                   "csrf=x",
		"Vary":                         "Cookie",
	}
	url, _ := injecting(t, Options{HTML: page}, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range kept {
			h.Set(name, value)
		}
		h.Add("Set-Cookie", "second=y")
		for name, value := range map[string]string{
			"Content-Type": "application/problem+json", "Content-Language": "de", "Content-Disposition": "attachment", "Etag": `"404"`,
			"Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT", "Cache-Control": "max-age=60", "Expires": "0", "Content-Encoding": "identity",
		} {
			h.Set(name, value)
		}
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"title": "not found"}`)
	})
	got := ask(newRequest(t, "GET", url+"/route", "", documentHeaders...))
	if got.status != 200 || got.body != taggedDocument {
		t.Fatalf("the page: %+v", got)
	}
	for name, want := range kept {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	if cookies := got.header["Set-Cookie"]; len(cookies) != 2 {
		t.Errorf("cookies %q", cookies)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Content-Language": "", "Content-Disposition": "",
		"Etag": "", "Last-Modified": "", "Expires": "", "Content-Encoding": "", "Content-Length": "",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s of the body: %q, want %q", name, value, want)
		}
	}
}

// TestModifiedJustNow keeps browsers from asking by a date that a second save
// within the second would not change.
func TestModifiedJustNow(t *testing.T) {
	t.Parallel()
	const now = "Mon, 02 Jan 2006 15:04:05 GMT"
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript")
		h.Set("Date", now)
		h.Set("Last-Modified", r.URL.Query().Get("modified"))
		if tag := r.URL.Query().Get("tag"); tag != "" {
			h.Set("Etag", tag)
		}
	})
	for _, tt := range []struct{ modified, tag, want string }{
		{now, "", ""},
		{"Mon, 02 Jan 2006 15:04:04 GMT", "", ""},
		{"Mon, 02 Jan 2006 15:05:00 GMT", "", ""}, // by a clock that is ahead
		{"Mon, 02 Jan 2006 15:04:02 GMT", "", "Mon, 02 Jan 2006 15:04:02 GMT"},
		{now, `"v1"`, now}, // the tag decides
		{"yesterday", "", "yesterday"},
	} {
		query := neturl.Values{"modified": {tt.modified}, "tag": {tt.tag}}
		req := newRequest(t, "GET", url+"/?"+query.Encode(), "", "Sec-Fetch-Dest", "script")
		if got := ask(req).header.Get("Last-Modified"); got != tt.want {
			t.Errorf("modified %s, tag %s: Last-Modified %q, want %q", tt.modified, tt.tag, got, tt.want)
		}
	}
}

// TestFreshness asks an app that would have browsers keep everything.
func TestFreshness(t *testing.T) {
	t.Parallel()
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", r.URL.Query().Get("type"))
		h.Set("Etag", `"v1"`)
		h.Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		h.Set("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")
		h.Set("Vary", "Cookie")
		if policy := r.URL.Query().Get("policy"); policy != "" {
			h.Set("Cache-Control", policy)
		}
		status := 200
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		if status == 302 || status == 301 {
			h.Set("Location", "/200")
		}
		w.WriteHeader(status)
	})
	const forever = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		method, path, kind, policy, dest string
		want                             string // Cache-Control
		vary                             string
	}{
		{"GET", "/200", "text/css", forever, "style", "no-cache", "Cookie"},
		{"GET", "/200", "text/javascript", "max-age=600, stale-while-revalidate=60", "script", "no-cache", "Cookie"},
		{"GET", "/200", "font/woff2", "private, max-age=600", "font", "no-cache, private", "Cookie"},
		{"GET", "/200", "image/png", "", "image", "no-cache", "Cookie"}, // Expires alone
		{"GET", "/200", "application/octet-stream", "MAX-AGE=600", "video", "no-cache", "Cookie"},
		{"GET", "/206", "video/mp4", "max-age=600", "video", "no-cache", "Cookie"},
		{"GET", "/304", "", forever, "style", "no-cache", "Cookie"},
		{"GET", "/301", "", forever, "script", "no-cache", "Cookie"},
		{"GET", "/302", "text/html", "max-age=600", "document", "no-cache", "Cookie"},
		{"GET", "/404", "text/plain", "max-age=600", "script", "no-cache", "Cookie"},
		{"GET", "/200", "application/json", "max-age=600", "json", "no-cache", "Cookie"},
		{"GET", "/200", "text/javascript", "max-age=600", "worker", "no-cache", "Cookie"},
		{"GET", "/200", "application/pdf", "max-age=600", "iframe", "no-cache", "Cookie"},
		{"HEAD", "/200", "text/css", "max-age=600", "style", "no-cache", "Cookie"},
		{"GET", "/200", "text/css", "no-store, max-age=600", "style", "no-store, max-age=600", "Cookie"},

		// What a script fetches is a part of the page by its type: a program in
		// WebAssembly, a template, an image. The rest is data.
		{"GET", "/200", "application/wasm", forever, "empty", "no-cache", "Cookie"},
		{"GET", "/200", "text/html; charset=utf-8", "max-age=600", "empty", "no-cache", "Cookie"},
		{"GET", "/200", "application/json", "max-age=600", "empty", "max-age=600", "Cookie, Sec-Fetch-Dest"},
		{"GET", "/200", "text/event-data", "max-age=600", "empty", "max-age=600", "Cookie, Sec-Fetch-Dest"},

		// On plain HTTP off this machine browsers do not say what they ask for.
		{"GET", "/200", "text/css", forever, "", "no-cache", "Cookie"},
		{"GET", "/200", "application/json", "max-age=600", "", "max-age=600", "Cookie"},

		{"POST", "/200", "application/json", "max-age=600", "empty", "max-age=600", "Cookie"},
	} {
		r := newRequest(t, tt.method, url+tt.path, "")
		q := r.URL.Query()
		q.Set("type", tt.kind)
		q.Set("policy", tt.policy)
		r.URL.RawQuery = q.Encode()
		if tt.dest != "" {
			r.Header.Set("Sec-Fetch-Dest", tt.dest)
		}
		got := ask(r)
		if cache, vary := got.header.Get("Cache-Control"), strings.Join(got.header["Vary"], ", "); cache != tt.want || vary != tt.vary {
			t.Errorf("%+v: cache %q, vary %q", tt, cache, vary)
		}
		if expires := got.header.Get("Expires"); (expires == "") != strings.HasPrefix(tt.want, "no-cache") {
			t.Errorf("%+v: expires %q", tt, expires)
		}
		if tt.dest == "document" {
			continue // it has been changed
		}
		if got.header.Get("Etag") != `"v1"` || got.header.Get("Last-Modified") == "" {
			t.Errorf("%+v: what identifies the copy is gone: %v", tt, got.header)
		}
	}
}
