package proxy

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const plainDocument = "<!doctype html><html><head><title>t</title></head><body>b</body></html>"

var taggedDocument = strings.Replace(plainDocument, "<head>", "<head>"+testTag, 1)

// injecting serves a proxy that injects in front of app, and returns what it
// has logged.
func injecting(t *testing.T, o Options, app http.HandlerFunc) (url string, logged func() []Event) {
	t.Helper()
	var mu sync.Mutex
	var events []Event
	o.Tag = func() string { return testTag }
	o.Log = func(ev Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, ev)
	}
	p := New(o)
	srv := serve(t, p)
	if app != nil {
		p.Open(start(t, app))
	} else {
		p.Open(Target{})
	}
	return srv.URL, func() []Event {
		mu.Lock()
		defer mu.Unlock()
		return events
	}
}

func TestWhichRequestsAreDocuments(t *testing.T) {
	t.Parallel()
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, plainDocument)
	})
	tests := []struct {
		method  string
		headers []string
		want    bool
	}{
		{"GET", []string{"Sec-Fetch-Dest", "document"}, true},
		{"GET", []string{"Sec-Fetch-Dest", "iframe"}, true},
		{"POST", []string{"Sec-Fetch-Dest", "document"}, true},
		{"GET", []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}, true},
		{"GET", []string{"Accept", "TEXT/HTML"}, true},
		{"GET", []string{"Sec-Fetch-Dest", "empty", "Accept", "text/html"}, false},                                  // fetch, htmx, Turbo
		{"GET", []string{"Sec-Fetch-Dest", "empty", "Accept", "text/html", "Upgrade-Insecure-Requests", "1"}, true}, // a service worker's
		{"GET", []string{"Sec-Fetch-Dest", "script"}, false},
		{"GET", []string{"Accept", "text/html", "HX-Request", "true"}, false},
		{"POST", []string{"Accept", "text/html"}, false},
		{"GET", []string{"Accept", "*/*"}, false},
		{"GET", nil, false},
	}
	for _, tt := range tests {
		got := ask(newRequest(t, tt.method, url, "", tt.headers...))
		want := plainDocument
		if tt.want {
			want = taggedDocument
		}
		if tt.want && tt.method == "POST" { // a reload would send it again
			want = strings.Replace(want, "<script", `<script data-method="POST"`, 1)
		}
		if got.body != want {
			t.Errorf("%s %v: got %q", tt.method, tt.headers, got.body)
		}
		if (got.header.Get("Content-Length") == "") != tt.want {
			t.Errorf("%s %v: length %q", tt.method, tt.headers, got.header.Get("Content-Length"))
		}
	}
}

// TestTextErrorsBecomePages: who looks at the plain text of a failure hears when
// it is mended. Programs, and texts that are none, are left alone.
func TestTextErrorsBecomePages(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("template: <b>&amp;\n", 1000)
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fine" {
			io.WriteString(w, text)
			return
		}
		if charset := r.URL.Query().Get("charset"); charset != "" {
			w.Header().Set("Content-Type", "text/plain; charset="+charset)
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, text)
			return
		}
		http.Error(w, text, http.StatusInternalServerError)
	})
	got := ask(newRequest(t, "GET", url, "", documentHeaders...))
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text)
	if got.status != 500 || got.header.Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.Contains(got.body, "<head>"+testTag) || !strings.HasSuffix(got.body, ">\n"+escaped+"\n") {
		t.Errorf("got %d %v %.300q", got.status, got.header, got.body)
	}
	for path, headers := range map[string][]string{
		"/":                nil,
		"/fine":            documentHeaders,
		"/?charset=utf-16": documentHeaders,
	} {
		if got := ask(newRequest(t, "GET", url+path, "", headers...)); strings.TrimRight(got.body, "\n") != strings.TrimRight(text, "\n") || strings.Contains(got.header.Get("Content-Type"), "html") {
			t.Errorf("%s %v: got %v %.300q", path, headers, got.header, got.body)
		}
	}
}

func encoders() map[string]func(io.Writer) io.WriteCloser {
	return map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"x-gzip":  func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser {
			e, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			if err != nil {
				panic(err)
			}
			return e
		},
		"Deflate": func(w io.Writer) io.WriteCloser { // bare, against the standard
			f, err := flate.NewWriter(w, -1)
			if err != nil {
				panic(err)
			}
			return f
		},
	}
}

// Compressed documents are decoded and injected, and stay streams.
func TestInjectDecodes(t *testing.T) {
	t.Parallel()
	for coding, encoder := range encoders() {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			goOn := make(chan struct{})
			url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "identity" {
					t.Errorf("the app was asked for %q", got)
				}
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Content-Encoding", coding)
				e := encoder(w)
				io.WriteString(e, "<!doctype html><head>")
				e.(interface{ Flush() error }).Flush()
				http.NewResponseController(w).Flush()
				<-goOn
				io.WriteString(e, "<p>end")
				e.Close()
			})
			res, err := http.DefaultTransport.RoundTrip(newRequest(t, "GET", url, "",
				append(documentHeaders, "Accept-Encoding", "gzip, br")...))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			first := make([]byte, len("<!doctype html><head>"))
			if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "<!doctype html><head>" {
				t.Errorf("before the end: %q, %v", first, err)
			}
			close(goOn)
			rest, err := io.ReadAll(res.Body)
			if err != nil || string(rest) != testTag+"<p>end" || res.Header.Get("Content-Encoding") != "" {
				t.Errorf("rest %q, %v, %v", rest, err, res.Header)
			}
		})
	}
}

func TestInjectDecodesNested(t *testing.T) {
	t.Parallel()
	var inner, outer bytes.Buffer
	b := brotli.NewWriter(&inner)
	io.WriteString(b, plainDocument)
	b.Close()
	g := gzip.NewWriter(&outer)
	g.Write(inner.Bytes())
	g.Close()
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "br, gzip")
		w.Write(outer.Bytes())
	})
	if got := ask(newRequest(t, "GET", url, "", documentHeaders...)); got.body != taggedDocument {
		t.Errorf("got %+v", got)
	}
}

// What cannot be injected passes untouched, and the reason is told once.
func TestNotInjected(t *testing.T) {
	t.Parallel()
	gzipped := func() string {
		var b bytes.Buffer
		g := gzip.NewWriter(&b)
		io.WriteString(g, plainDocument)
		g.Close()
		return b.String()
	}()
	tests := []struct {
		name   string
		header http.Header
		body   string
		reason string // "" when there is nothing to tell
	}{
		{"utf-16", http.Header{"Content-Type": {"text/html; charset=UTF-16LE"}}, "<\x00h\x00", "charset"},
		{"utf-16 undeclared", http.Header{"Content-Type": {"text/html"}}, "<\x00h\x00", "no doctype"},
		{"unknown coding", http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"exi"}}, "data", "exi"},
		{"too many codings", http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip,gzip,gzip,gzip,gzip"}}, "data", "codings"},
		{"attachment", http.Header{"Content-Type": {"text/html"}, "Content-Disposition": {`attachment; filename="a.html"`}}, plainDocument, ""},
		{"json", http.Header{"Content-Type": {"application/json"}}, `{"html":"<head>"}`, ""},
		{"gzipped json", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, gzipped, ""},
		{"no type", http.Header{"Content-Type": nil}, plainDocument, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, logged := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				for name, values := range tt.header {
					w.Header()[name] = values
				}
				w.Header().Set("Etag", `"x"`)
				io.WriteString(w, tt.body)
			})
			for range 2 {
				got := ask(newRequest(t, "GET", url+"/page?secret", "", documentHeaders...))
				if got.body != tt.body {
					t.Errorf("got %q", got.body)
				}
				for name, values := range tt.header {
					if strings.Join(got.header[name], "|") != strings.Join(values, "|") {
						t.Errorf("%s became %q", name, got.header[name])
					}
				}
			}
			events := logged()
			if tt.reason == "" && len(events) > 0 || tt.reason != "" && (len(events) != 1 ||
				events[0].Kind != NotInjected || events[0].Request != "GET /page" || !strings.Contains(events[0].Reason, tt.reason)) {
				t.Errorf("logged %+v, want %q once", events, tt.reason)
			}
		})
	}
}

func TestXHTML(t *testing.T) {
	t.Parallel()
	const doc = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body/></html>`
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xhtml+xml; charset=utf-8")
		io.WriteString(w, doc)
	})
	want := strings.Replace(doc, "<head/>", "<head/>"+testTag, 1)
	if got := ask(newRequest(t, "GET", url, "", documentHeaders...)); got.body != want {
		t.Errorf("got %q", got.body)
	}
}

// Responses without a body of their own keep their headers; validators of the
// app's bytes never reach a browser with ours.
func TestValidatorsAndLengths(t *testing.T) {
	t.Parallel()
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"If-None-Match", "If-Modified-Since", "Range"} {
			if (r.Header.Get(name) != "") != (r.Header.Get("Sec-Fetch-Dest") == "") {
				t.Errorf("%s: the app got %s %q", r.URL.Path, name, r.Header.Get(name))
			}
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Etag", `"v1"`)
		h.Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		h.Set("Cache-Control", "max-age=600")
		h.Set("Content-Length", fmt.Sprint(len(plainDocument)))
		status := 200
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		switch status {
		case 204, 304:
			h.Del("Content-Length")
		case 206:
			h.Set("Content-Range", "bytes 0-9/100")
		}
		if r.URL.Path == "/private" {
			h.Set("Cache-Control", "no-store")
		}
		w.WriteHeader(status)
		if r.Method != "HEAD" && status != 204 && status != 304 {
			io.WriteString(w, plainDocument)
		}
	})
	conditional := []string{"If-None-Match", `"v1"`, "If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT", "Range", "bytes=0-9"}
	document := append(conditional, documentHeaders...)
	length := fmt.Sprint(len(plainDocument))
	tests := []struct {
		method, path               string
		headers                    []string
		body, length, etag, policy string
	}{
		{"GET", "/", document, taggedDocument, "", "", "no-cache"},
		{"GET", "/404", document, taggedDocument, "", "", "no-cache"},
		{"GET", "/500", document, taggedDocument, "", "", "no-cache"},
		{"GET", "/private", document, taggedDocument, "", "", "no-store"},
		{"GET", "/204", document, "", "", `"v1"`, "no-cache"},
		{"GET", "/304", document, "", "", `"v1"`, "no-cache"},
		{"GET", "/206", document, plainDocument, length, `"v1"`, "no-cache"},
		{"GET", "/", conditional, plainDocument, length, `"v1"`, "no-cache"},
		{"HEAD", "/", conditional, "", length, `"v1"`, "no-cache"},
		{"HEAD", "/", append(conditional, "Accept", "text/html"), "", "", "", "no-cache"},
	}
	for _, tt := range tests {
		got := ask(newRequest(t, tt.method, url+tt.path, "", tt.headers...))
		if got.body != tt.body || got.err != nil {
			t.Errorf("%s %s: body %q, %v", tt.method, tt.path, got.body, got.err)
		}
		h := got.header
		if h.Get("Content-Length") != tt.length || h.Get("Etag") != tt.etag || h.Get("Cache-Control") != tt.policy {
			t.Errorf("%s %s %v: length %q, etag %q, cache %q; want %q, %q, %q", tt.method, tt.path, tt.headers,
				h.Get("Content-Length"), h.Get("Etag"), h.Get("Cache-Control"), tt.length, tt.etag, tt.policy)
		}
	}
}

func TestPolicyOfDocument(t *testing.T) {
	t.Parallel()
	url, _ := injecting(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-a\"b' 'strict-dynamic'; connect-src 'none'")
		io.WriteString(w, plainDocument)
	})
	got := ask(newRequest(t, "GET", url, "", documentHeaders...))
	if !strings.Contains(got.body, `<head><script nonce="a&#34;b">TAG</script>`) {
		t.Errorf("body %q", got.body)
	}
	socket := "ws" + strings.TrimPrefix(url, "http") + "/__devtool/ws"
	if csp := got.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; connect-src "+socket) {
		t.Errorf("policy %q, want %s allowed", csp, socket)
	}
}

func TestProjectPageForUnknownRoutes(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(page, []byte(plainDocument), 0o600); err != nil {
		t.Fatal(err)
	}
	withApp, _ := injecting(t, Options{HTML: page}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, "app")
	})
	withoutApp, _ := injecting(t, Options{HTML: page}, nil)
	for _, url := range []string{withApp, withoutApp} {
		got := ask(newRequest(t, "GET", url+"/route", "", documentHeaders...))
		if got.status != 200 || got.body != taggedDocument {
			t.Errorf("document: %+v", got)
		}
		if got := ask(newRequest(t, "GET", url+"/api", "", "Accept", "*/*")); got.status != 404 {
			t.Errorf("other: %+v", got)
		}
	}
	if got := ask(newRequest(t, "GET", withApp, "", documentHeaders...)); got.body != "app" && !strings.HasSuffix(got.body, "app") {
		t.Errorf("a route of the app: %+v", got)
	}
}
