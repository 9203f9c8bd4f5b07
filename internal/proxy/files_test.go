package proxy

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree writes files and links ("name": "-> target") below a directory of its own.
func tree(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			if err := os.Symlink(target, name); err != nil {
				t.Skip(err)
			}
		} else if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLinksOutOfMounts follows links within the project, and tells of others once.
func TestLinksOutOfMounts(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"outside/secret.txt":         "secret",
		"app/shared/a.txt":           "a",
		"app/shared/deep/b.css":      "b",
		"app/shared/page/index.html": plainDocument,
		"app/.env":                   "secret",
		"app/.git/config":            "secret",
		"app/public/shared":          "-> ../shared",
		"app/public/one.txt":         "-> ../shared/a.txt",
		"app/public/twice":           "-> shared",
		"app/public/env":             "-> ../.env",
		"app/public/git":             "-> ../.git",
		"app/public/out":             "-> ../../outside",
		"app/public/out.txt":         "-> ../../outside/secret.txt",
		"app/public/abs.txt":         "-> /etc/hostname",
		"app/public/loop":            "-> loop",
		"app/public/dangling":        "-> nowhere",
		"app/static/shared":          "-> ../shared",
		"link":                       "-> app",
	})
	for _, project := range []string{"app", "link"} { // the project itself may be reached by a link
		at := func(name string) string { return filepath.Join(dir, project, name) }
		url, logged := injecting(t, Options{
			PublicDir: at("public"), Mounts: map[string]string{"/static/": at("static")}, Project: filepath.Join(dir, project),
		}, saying("app"))
		for path, want := range map[string]string{
			"/shared/a.txt": "a", "/shared/deep/b.css": "b", "/one.txt": "a", "/twice/a.txt": "a", "/static/shared/a.txt": "a",
			"/shared/page/": taggedDocument,
			"/env":          "app", "/git/config": "app", "/out/secret.txt": "app", "/out.txt": "app", "/abs.txt": "app", "/loop": "app",
			"/dangling": "app", "/shared": "app", "/shared/none.txt": "app",
		} {
			for range 2 {
				headers := documentHeaders
				if want == "app" {
					headers = nil
				}
				if got := ask(newRequest(t, "GET", url+path, "", headers...)); got.body != want {
					t.Errorf("%s of %s: %d %q, want %q", path, project, got.status, got.body, want)
				}
			}
		}
		told := map[string]int{}
		for _, ev := range logged() {
			if ev.Kind == NotServed {
				told[strings.TrimPrefix(ev.Request, "GET ")]++
			}
		}
		for _, path := range []string{"/env", "/git/config", "/out/secret.txt", "/out.txt", "/abs.txt"} {
			if told[path] != 1 {
				t.Errorf("that %s is not served is told %d times, want once: %v", path, told[path], told)
			}
		}
	}
}

// TestLinksToPackages follows links to packages as package managers lay them out.
func TestLinksToPackages(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"node_modules/.env":                "secret",
		"node_modules/.cache/.env":         "secret",
		"node_modules/plain/a.js":          "plain",
		"node_modules/plain/.env":          "secret",
		"node_modules/@scope/a.js":         "scope",
		"node_modules/.prisma/client/a.js": "prisma",
		".hidden/a.js":                     "secret",
		".hidden/node_modules/lib/a.js":    "secret",
		"public/plain":                     "-> ../node_modules/plain",
		"public/scope":                     "-> ../node_modules/@scope",
		"public/prisma.js":                 "-> ../node_modules/.prisma/client/a.js",
		"public/env":                       "-> ../node_modules/.env",
		"public/cached":                    "-> ../node_modules/.cache/.env",
		"public/plainenv":                  "-> ../node_modules/plain/.env",
		"public/hidden":                    "-> ../.hidden",
	}
	want := map[string]string{
		"/plain/a.js": "plain", "/scope/a.js": "scope", "/prisma.js": "prisma",
		"/env": "app", "/cached": "app", "/plainenv": "app", "/hidden/a.js": "app", "/hidden/node_modules/lib/a.js": "app",
		"/plain/.env": "app",
	}
	for lib, stored := range map[string]string{
		"pnpm": ".pnpm/lib@1.0.0/node_modules/lib", "bun": ".bun/lib@1.0.0/node_modules/lib", "yarn": ".store/lib-npm-1.0.0/package",
	} {
		files["node_modules/"+stored+"/dist/a.js"] = lib
		files["node_modules/"+stored+"/.env"] = "secret"
		files["node_modules/"+lib] = "-> " + stored
		files["public/"+lib] = "-> ../node_modules/" + lib
		files["public/"+lib+".js"] = "-> ../node_modules/" + lib + "/dist/a.js"
		files["public/"+lib+".env"] = "-> ../node_modules/" + lib + "/.env"
		want["/"+lib+"/dist/a.js"], want["/"+lib+".js"], want["/"+lib+".env"] = lib, lib, "app"
	}
	dir := tree(t, files)
	url, logged := injecting(t, Options{PublicDir: filepath.Join(dir, "public"), Project: dir}, saying("app"))
	for path, want := range want {
		if got := ask(newRequest(t, "GET", url+path, "")); got.body != want {
			t.Errorf("%s: %d %q, want %q", path, got.status, got.body, want)
		}
	}
	reasons := map[string]string{}
	for _, ev := range logged() {
		reasons[ev.Request] = ev.Reason
	}
	for path, want := range map[string]string{
		"/env":            "the hidden file node_modules/.env; link to",
		"/pnpm.env":       "the hidden file node_modules/.pnpm/lib@1.0.0/node_modules/lib/.env; link to",
		"/hidden/a.js":    "the hidden directory .hidden; web.mounts in devtool.toml can name the directory of .hidden/a.js",
		"/pnpm/dist/a.js": "",
	} {
		if got := reasons["GET "+path]; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: told %q, want %q", path, got, want)
		}
	}
}

// TestRootIsNotPublic has an index.html in the public directory beside what
// answers at the root.
func TestRootIsNotPublic(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"index.html": "<!doctype html><html><head></head>project", "public/index.html": "<!doctype html><html><head></head>public",
		"public/docs/index.html": "<!doctype html><html><head></head>docs", "bare/robots.txt": "robots",
	})
	app := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			io.WriteString(w, "<!doctype html><html><head></head>app")
		}
	}
	page, public := filepath.Join(dir, "index.html"), filepath.Join(dir, "public")
	for _, tt := range []struct {
		name    string
		options Options
		app     http.HandlerFunc
		path    string
		want    string
	}{
		{"the app's", Options{PublicDir: public}, app(200), "/", "app"},
		{"the app's, with a page", Options{PublicDir: public, HTML: page}, app(200), "/", "app"},
		{"the project's page", Options{PublicDir: public, HTML: page}, app(404), "/", "project"},
		{"the project's page, no app", Options{PublicDir: public, HTML: page}, nil, "/", "project"},
		{"the public one, if nobody answers", Options{PublicDir: public}, app(404), "/", "public"},
		{"the public one, no app", Options{PublicDir: public}, nil, "/", "public"},
		{"nobody's", Options{PublicDir: filepath.Join(dir, "bare")}, app(404), "/", "app"},
		{"by its name", Options{PublicDir: public, HTML: page}, app(404), "/index.html", "public"},
		{"below", Options{PublicDir: public, HTML: page}, app(200), "/docs/", "docs"},
		{"a mount at the root", Options{Mounts: map[string]string{"/": public}}, app(200), "/", "public"},
	} {
		url, logged := injecting(t, tt.options, tt.app)
		if got := ask(newRequest(t, "GET", url+tt.path, "", documentHeaders...)); !strings.HasSuffix(got.body, "</head>"+tt.want) {
			t.Errorf("%s: %d %q, want %s", tt.name, got.status, got.body, tt.want)
		}
		if events := logged(); len(events) > 0 {
			t.Errorf("%s: told %v", tt.name, events)
		}
	}
}
