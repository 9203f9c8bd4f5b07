package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/calendsync/devtool/internal/routes"
)

// checker collects what is wrong with settings whose types are right.
type checker struct {
	*Config
	errors []*Error
}

func (c *Config) check() []*Error {
	k := &checker{Config: c}
	k.enums()
	k.server()
	k.golang()
	k.app()
	k.web()
	for i, r := range c.Rules {
		k.rule(fmt.Sprintf("rule[%d]", i), r)
	}
	for i, g := range c.Generate {
		k.generate(fmt.Sprintf("generate[%d]", i), g)
	}
	return k.errors
}

// fail reports a mistake at the key, or at the nearest thing around it that
// was written.
func (k *checker) fail(key, text, hint string) {
	at := key
	for at != "" && !k.IsSet(at) {
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	k.errors = append(k.errors, k.Origin(at).error(key+" "+text, hint))
}

// enums checks every string that may only be one of a few words. A required
// one that is missing is another mistake, reported elsewhere.
func (k *checker) enums() {
	k.walk(func(key string, v reflect.Value, decl reflect.StructField) {
		words := strings.Split(decl.Tag.Get("enum"), ",")
		if words[0] == "" || v.String() == "" || slices.Contains(words, v.String()) {
			return
		}
		k.fail(key, fmt.Sprintf("must be one of %s, not %q", strings.Join(words, ", "), v), guess(v.String(), words))
	})
}

func guess(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

func (k *checker) server() {
	s := k.Server
	if s.Port < 0 || s.Port > 65535 {
		k.fail("server.port", fmt.Sprintf("must be between 0 and 65535, not %d", s.Port), "")
	}
	if _, err := netip.ParseAddr(s.Host); err != nil && s.Host != "localhost" {
		k.fail("server.host", fmt.Sprintf("must be an IP address or localhost, not %q", s.Host),
			"names under which the server may be asked belong in server.allowed_hosts")
	}
	if (s.Cert == "") != (s.Key == "") {
		given, missing := "cert", "key"
		if s.Cert == "" {
			given, missing = missing, given
		}
		k.fail("server."+given, "needs server."+missing+" beside it", "")
	}
	if s.Mode == "direct" && (s.HTTPS || s.Cert != "") {
		k.fail("server.mode", `must not be "direct" with HTTPS`, "in direct mode the app holds the public socket, and serves TLS itself")
	}
	for i, h := range s.AllowedHosts {
		if h == "" || strings.ContainsAny(h, "/:@ ") {
			k.fail(fmt.Sprintf("server.allowed_hosts[%d]", i),
				fmt.Sprintf("must be a host name, not %q", h), "write it without scheme, port and path")
		}
	}
}

func (k *checker) golang() {
	g := k.Go
	if len(g.Command) > 0 && g.Output == "" {
		k.fail("go.command", "needs go.output, the binary that it writes", "")
	}
	if len(g.Command) == 0 && g.Output != "" {
		k.fail("go.output", "needs go.command, which writes it", "")
	}
	for i, f := range g.GOFlags {
		if !strings.HasPrefix(f, "-") {
			k.fail(fmt.Sprintf("go.goflags[%d]", i), fmt.Sprintf("must be a flag, not %q", f), "write a flag and its value as -flag=value")
		}
	}
}

func (k *checker) app() {
	a := k.App
	k.ready("app.ready", a.Ready)
	if a.Socket != nil && *a.Socket && a.Ready == "tcp" {
		k.fail("app.ready", `must not be "tcp" with a passed socket`,
			"a connection to it succeeds before the app runs; name a path, or leave it out")
	}
	for key, d := range map[string]Duration{
		"app.ready_timeout": a.ReadyTimeout,
		"app.stop_timeout":  a.StopTimeout,
		"app.drain_timeout": a.DrainTimeout,
	} {
		if d < 0 || d == 0 && key == "app.ready_timeout" {
			k.fail(key, fmt.Sprintf("must not be %s", d), "")
		}
	}
}

func (k *checker) web() {
	w := k.Web
	k.prefix("web.public_path", w.PublicPath)
	for i, e := range w.EntryPoints {
		if !isSource(e) {
			k.fail(fmt.Sprintf("web.entry_points[%d]", i), fmt.Sprintf("must be a script or a style sheet, not %q", e), "")
		}
	}
	for prefix := range w.Mounts {
		k.prefix("web.mounts."+prefix, prefix)
	}
	for ext, loader := range w.Loader {
		if !strings.HasPrefix(ext, ".") {
			k.fail("web.loader."+ext, "must be a file extension, beginning with a dot", "")
		}
		if loaders := loaders(); !slices.Contains(loaders, loader) {
			k.fail("web.loader."+ext, fmt.Sprintf("must be one of %s, not %q", strings.Join(loaders, ", "), loader), guess(loader, loaders))
		}
	}
}

// loaders are those of esbuild.
func loaders() []string {
	return []string{"base64", "binary", "copy", "css", "dataurl", "empty", "file", "global-css",
		"js", "json", "json5", "jsx", "local-css", "text", "ts", "tsx"}
}

// isSource reports whether a file can be an entry point.
func isSource(path string) bool {
	return strings.HasSuffix(path, ".css") || isScript(path)
}

func isScript(path string) bool {
	for _, ext := range []string{".ts", ".tsx", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs"} {
		if strings.HasSuffix(path, ext) {
			return true
		}
	}
	return false
}

func (k *checker) rule(key string, r Rule) {
	if len(r.Paths) == 0 {
		k.fail(key+".paths", "is missing: which files the rule is about", "")
	}
	if r.Action == "" {
		k.fail(key+".action", "is missing: reload, swap, restart, build or ignore", "")
	}
	k.globs(key+".paths", r.Paths)
}

func (k *checker) generate(key string, g Generate) {
	if len(g.Run) == 0 {
		k.fail(key+".run", "is missing: the command", "")
	}
	k.globs(key+".inputs", g.Inputs)
}

func (k *checker) ready(key, s string) {
	if s != "" && s != "tcp" && s != "started" && !strings.HasPrefix(s, "/") {
		k.fail(key, fmt.Sprintf(`must be a path such as "/healthz", or "tcp", or "started", not %q`, s), guess(s, []string{"tcp", "started"}))
	}
}

func (k *checker) globs(key string, globs []string) {
	for i, g := range globs {
		if !doublestar.ValidatePattern(strings.TrimPrefix(g, "!")) {
			k.fail(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("is not a valid glob: %q", g), "")
		}
	}
}

// prefix checks a URL prefix. Everything under it is looked up in a map, so it
// has one spelling only.
func (k *checker) prefix(key, p string) {
	switch {
	case !strings.HasPrefix(p, "/") || !strings.HasSuffix(p, "/"):
		k.fail(key, fmt.Sprintf("must begin and end with a slash, not %q", p),
			fmt.Sprintf("write %q", "/"+strings.Trim(p, "/")+"/"))
	case strings.Contains(p, "//") || strings.ContainsAny(p, "?#\\ ") || slices.Contains(strings.Split(p, "/"), ".."):
		k.fail(key, fmt.Sprintf("must be a plain URL path, not %q", p), "")
	case strings.HasPrefix(p, routes.Prefix):
		k.fail(key, "must not be under "+routes.Prefix+", which is devtool's own", "")
	}
}
