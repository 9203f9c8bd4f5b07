package proxy

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, saying("app")))
	js := Asset{Contents: []byte("let x = 1"), Type: "text/javascript; charset=utf-8", Hash: "h1"}
	p.SetAssets(map[string]Asset{"/assets/main.js": js, "/src/main.tsx": js})

	for _, path := range []string{"/assets/main.js", "/src/main.tsx"} {
		got := ask(newRequest(t, "GET", srv.URL+path, "", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "script"))
		if got.status != 200 || got.body != "let x = 1" {
			t.Errorf("%s: %+v", path, got)
		}
		for name, want := range map[string]string{
			"Content-Type": js.Type, "Etag": `"h1"`, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got.header.Get(name), want)
			}
		}
	}
	tests := []struct {
		method, path string
		headers      []string
		status       int
		body, cache  string
	}{
		{"GET", "/assets/main.js?v=h1", nil, 200, "let x = 1", "public, max-age=31536000, immutable"},
		{"GET", "/assets/main.js?v=h0", nil, 200, "let x = 1", "no-cache"},
		{"GET", "/assets/main.js", []string{"If-None-Match", `"h1"`}, 304, "", "no-cache"},
		{"GET", "/assets/main.js", []string{"Range", "bytes=0-2"}, 206, "let", "no-cache"},
		{"HEAD", "/assets/main.js", nil, 200, "", "no-cache"},
		{"POST", "/assets/main.js", nil, 200, "app", ""},
		{"GET", "/assets/main.js", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403, "", ""},
		// No other spelling names it.
		{"GET", "/assets//main.js", nil, 200, "app", ""},
		{"GET", "/assets/MAIN.js", nil, 200, "app", ""},
		{"GET", "/assets/x/../main.js", nil, 200, "app", ""},
		{"GET", "/assets/main.js/", nil, 200, "app", ""},
	}
	for _, tt := range tests {
		got := ask(newRequest(t, tt.method, srv.URL+tt.path, "", tt.headers...))
		if got.status != tt.status || got.header.Get("Cache-Control") != tt.cache || got.body != tt.body && tt.status != 403 {
			t.Errorf("%s %s %v: %+v", tt.method, tt.path, tt.headers, got)
		}
	}
}

// A page that was loaded before a build may still import the chunks of its own.
func TestHashedAssetsStay(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	srv := serve(t, p)
	p.Open(start(t, http.NotFound))
	asset := func(s string) Asset { return Asset{Contents: []byte(s), Type: "text/javascript", Hash: s} }
	p.SetAssets(map[string]Asset{"/chunk-ABCD2345.js": asset("old"), "/plain.js": asset("old"), "/main.js": asset("old")})
	status := func(path string) int { return ask(newRequest(t, "GET", srv.URL+path, "")).status }
	if got := status("/main.js"); got != 200 { // a page was loaded
		t.Errorf("main.js: status %d", got)
	}
	for build := range keptBuilds {
		for range 3 * keptBuilds { // hot updates: nobody loads these
			p.SetAssets(map[string]Asset{"/main.js": asset("unseen"), "/chunk-UNSEEN22.js": asset("unseen")})
		}
		if got := status("/main.js"); got != 200 {
			t.Errorf("main.js: status %d", got)
		}
		p.SetAssets(map[string]Asset{"/main.js": asset("new")})
		want := 200
		if build == keptBuilds-1 {
			want = 404
		}
		if got := status("/chunk-ABCD2345.js"); got != want {
			t.Errorf("%d builds later: status %d, want %d", build+1, got, want)
		}
		if got := status("/plain.js"); got != 404 {
			t.Errorf("an asset without a hash stays: status %d", got)
		}
	}
	if got := ask(newRequest(t, "GET", srv.URL+"/main.js", "")); got.body != "new" {
		t.Errorf("got %+v", got)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret.txt", "secret")
	write("static/app.css", "css")
	write("static/deep/x.txt", "deep")
	write("static/docs/index.html", plainDocument)
	write("static/.env", "secret")
	write("static/.git/config", "secret")
	write("static/.well-known/x", "known")
	write("public/robots.txt", "robots")
	for link, target := range map[string]string{"static/out": "../secret.txt", "static/in": "app.css", "static/up": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	url, _ := injecting(t, Options{
		Mounts:    map[string]string{"/static/": filepath.Join(dir, "static"), "/gone": filepath.Join(dir, "gone")},
		PublicDir: filepath.Join(dir, "public"),
	}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write([]byte("app"))
	})
	for path, want := range map[string]string{
		"/static/app.css":                   "css",
		"/static/deep/x.txt":                "deep",
		"/static/in":                        "css",
		"/static/.well-known/x":             "known",
		"/static/docs/":                     taggedDocument,
		"/static/docs":                      "app",
		"/static/none":                      "app",
		"/static/":                          "app",
		"/statics/app.css":                  "app",
		"/robots.txt":                       "robots",
		"/gone/x":                           "app",
		"/":                                 "app",
		"/static/.env":                      "app",
		"/static/.git/config":               "app",
		"/static/out":                       "app",
		"/static/up/secret.txt":             "app",
		"/static//app.css":                  "app",
		"/static/%2e%2e/x":                  "app",
		"/static/..%2fsecret.txt":           "app",
		"/static/..%5csecret.txt":           "app",
		"/static/app.css%00":                "app",
		"/static/app.css::$DATA":            "app",
		"/static/%252e%252e%252fsecret.txt": "app",
	} {
		got := ask(newRequest(t, "GET", url+path, "", documentHeaders...))
		if got.body != want {
			t.Errorf("%s: %d %q, want %q", path, got.status, got.body, want)
		}
		if strings.Contains(got.body, "secret") {
			t.Errorf("%s leaks", path)
		}
	}
	write("static/app.css", "new")
	if got := ask(newRequest(t, "GET", url+"/static/app.css", "")); got.body != "new" || got.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("after a change: %+v", got)
	}
}
