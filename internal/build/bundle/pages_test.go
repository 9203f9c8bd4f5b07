package bundle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/calendsync/devtool/internal/problem"
)

// frontEnd has pages of every form.
func frontEnd() map[string]string {
	return map[string]string{
		"web/index.html": `<!doctype html><html><head><title>%VITE_TITLE% %MODE% %VITE_NONE% 100%</title>
<base href="/deep/er/">
<link rel="icon" href="/src/assets/logo.svg"><link rel=icon href=/served.svg>
<script type="module" src="./src/main.ts"></script></head>
<body><img src="./src/assets/logo.svg?v=1#a" srcset="src/assets/logo.svg 1x, /src/assets/big.png 2x,https://x.test/a,b.png 3x" alt="a &amp; b">
<video poster=src/assets/big.png></video><svg viewBox="0 0 1 1"><use href="/src/assets/logo.svg#part"/></svg>
<p style="background: url('./src/assets/big.png')">x</p><style>p { background: url(/src/assets/logo.svg), url(/served.svg) }</style>
<script type="module">import { greet } from "/src/greet.ts"
greet("inline")</script><script src="/src/classic.js"></script><script>"<img src='./src/assets/logo.svg'>"</script>
<img vite-ignore src="./src/assets/logo.svg"><meta property="og:image" content="/src/assets/big.png"><meta name="x" content="/src/assets/big.png">
</body></html>`,
		"web/about.html":          `<!doctype html><title>ABOUT</title><script type="module" src="/src/about.ts"></script>`,
		"web/nested/index.html":   `<title>NESTED</title><link rel="stylesheet" href="./n.css"><script type="module" src="n.ts"></script>`,
		"web/mails/welcome.html":  `<img src="/src/assets/logo.svg">`,
		"web/dist/index.html":     `<script type="module" src="/src/main.ts"></script>`,
		"web/src/main.ts":         `import "./main.css"; console.log("main", import.meta.env.VITE_TITLE)`,
		"web/src/main.css":        `b { color: red }`,
		"web/src/about.ts":        `import { greet } from "./greet"; greet("about")`,
		"web/src/greet.ts":        `export const greet = (name: string) => console.log("greet " + name)`,
		"web/src/classic.js":      `var classic = 1`,
		"web/nested/n.ts":         `console.log("nested")`,
		"web/nested/n.css":        `i { color: blue }`,
		"web/src/assets/logo.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"web/src/assets/big.png":  "PNG",
		"web/public/served.svg":   "<svg/>",
		"web/public/index.html":   "not the page",
		"web/package.json":        `{}`,
	}
}

func pagesOf(dir string) Options {
	return Options{
		Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Page: filepath.Join(dir, "web/index.html"),
		Root: filepath.Join(dir, "web"), PublicDir: filepath.Join(dir, "web/public"),
		Env: func() map[string]string { return map[string]string{"VITE_TITLE": "<T>"} },
	}
}

// attributes returns those of the elements of a page that name files, in its order.
func attributes(text []byte) (found []string) {
	for z := html.NewTokenizer(strings.NewReader(string(text))); z.Next() != html.ErrorToken; {
		for _, a := range z.Token().Attr {
			if slices.Contains([]string{"src", "href", "srcset", "poster", "style", "content"}, a.Key) {
				found = append(found, a.Val)
			}
		}
	}
	return found
}

// In development pages name their sources from the root, and get all that they name.
func TestPagesInDevelopment(t *testing.T) {
	t.Parallel()
	dir := tree(t, frontEnd())
	web := newBundler(t, pagesOf(dir))
	result := mustBuild(t, web)
	pages := map[string]string{}
	for _, p := range result.Pages {
		pages[p.Path] = string(p.Text)
	}
	want := []string{
		"/deep/er/", "/src/assets/logo.svg", "/served.svg", "/assets/main.css", "/assets/main.js", "/src/assets/logo.svg?v=1#a",
		"/src/assets/logo.svg 1x, /src/assets/big.png 2x,https://x.test/a,b.png 3x",
		"/src/assets/big.png", "/src/assets/logo.svg#part", "background: url('/src/assets/big.png')",
		"/assets/index.inline-0.js", "/src/classic.js", "./src/assets/logo.svg", "/src/assets/big.png", "/src/assets/big.png",
	}
	if diff := cmp.Diff(want, attributes([]byte(pages["index.html"]))); diff != "" {
		t.Errorf("index.html (-want +got):\n%s", diff)
	}
	for _, part := range []string{"<title><T> development %VITE_NONE% 100%</title>", "url(/src/assets/logo.svg), url(/served.svg)", `alt="a &amp; b"`, `<script src="/src/classic.js">`} {
		if !strings.Contains(pages["index.html"], part) {
			t.Errorf("index.html lacks %s:\n%s", part, pages["index.html"])
		}
	}
	if want := `<title>NESTED</title><link rel="stylesheet" href="/assets/n.css"><script type="module" src="/assets/n.js"></script>`; pages["nested/index.html"] != want {
		t.Errorf("nested page:\n got %s\nwant %s", pages["nested/index.html"], want)
	}
	if len(pages) != 3 || !strings.Contains(pages["about.html"], `<title>ABOUT</title><script type="module" src="/assets/about.js">`) {
		t.Errorf("pages %q", pages)
	}
	if got, want := urls(result.Beside), []string{"/src/assets/big.png", "/src/assets/logo.svg", "/src/classic.js"}; !slices.Equal(got, want) {
		t.Errorf("beside the bundles: %q, want %q", got, want)
	}
	var sources []string
	for _, e := range result.Entries {
		sources = append(sources, e.Source)
	}
	slices.Sort(sources)
	if want := []string{"web/index.inline-0.js", "web/nested/n.css", "web/nested/n.ts", "web/src/about.ts", "web/src/main.ts"}; !slices.Equal(sources, want) {
		t.Errorf("entry points %q, want %q", sources, want)
	}
	for _, name := range []string{"web/index.html", "web/about.html", "web/nested/index.html", "web/src/assets/big.png"} {
		if !slices.Contains(result.Inputs, filepath.Join(dir, name)) {
			t.Errorf("inputs lack %s", name)
		}
	}
	fresh, err := web.DevelopmentPage(filepath.Join(dir, "web/index.html"))
	for _, source := range []string{`src="/src/main.ts"`, `src="/index.inline-0.js"`, `src="/src/assets/logo.svg?v=1#a"`} {
		if err != nil || !strings.Contains(string(fresh), source) {
			t.Errorf("for the app: %v; no %s in\n%s", err, source, fresh)
		}
	}
}

// In a release pages name what was built.
func TestPagesOfARelease(t *testing.T) {
	t.Parallel()
	dir := tree(t, frontEnd())
	options := pagesOf(dir)
	options.Release = true
	result := mustBuild(t, newBundler(t, options))
	for _, p := range result.Pages {
		for _, url := range attributes(p.Text) {
			url, _, _ := strings.Cut(strings.Fields(url)[0], "?")
			url, _, _ = strings.Cut(url, "#")
			_, built := result.Outputs[url]
			if strings.HasPrefix(url, "/") && !built && url != "/served.svg" && url != "/deep/er/" && url != "/src/assets/big.png" {
				t.Errorf("%s names %s, which is not built", p.Path, url)
			}
		}
	}
	index := string(result.Pages[0].Text)
	for _, part := range []string{"<title><T> production", "/assets/logo-", "/assets/big-", "/assets/index.inline-0-", `rel="stylesheet" href="/assets/main-`, "/assets/logo-"} {
		if !strings.Contains(index, part) {
			t.Errorf("index.html lacks %s:\n%s", part, index)
		}
	}
	if strings.Contains(index, "greet(") || strings.Contains(index, "/src/main") {
		t.Errorf("sources are left:\n%s", index)
	}
}

// What pages load follows their edits, and what is missing is named where the page
// names it.
func TestPagesAreEdited(t *testing.T) {
	t.Parallel()
	files := frontEnd()
	files["web/index.html"] = "<title>x</title>\n <p>ü</p> <script type=\"module\" src=\"/src/late.ts\"></script>"
	delete(files, "web/about.html")
	delete(files, "web/nested/index.html")
	dir := tree(t, files)
	options := pagesOf(dir)
	options.EntryPoints = []string{"web/src/late.ts"}
	web := newBundler(t, options)
	missing := func(result Result, file string, line, column int) {
		t.Helper()
		if len(result.Diagnostics) != 1 {
			t.Fatalf("%+v, want one problem", result.Diagnostics)
		}
		d := result.Diagnostics[0]
		if d.File != filepath.Join(dir, "web/index.html") || d.Line != line || d.Column != column || d.Text != "there is no file "+file || d.Severity != problem.Error {
			t.Errorf("%+v, want one at %d:%d", d, line, column)
		}
		if !slices.Contains(result.Sought, filepath.Join(dir, file)) {
			t.Errorf("sought %q lacks %s", result.Sought, file)
		}
	}
	missing(web.Build(t.Context(), nil), "web/src/late.ts", 2, 38)
	mustBuild(t, web, write(t, dir, "web/src/late.ts", "console.log(1)"))
	index := write(t, dir, "web/index.html", `<script type="module" src="./src/other.tsx"></script>`)
	missing(web.Build(t.Context(), []string{index}), "web/src/other.tsx", 1, 28)
	result := mustBuild(t, web, write(t, dir, "web/src/other.tsx", "console.log(2)"))
	if _, built := result.Outputs["/assets/other.js"]; !built {
		t.Errorf("built %q", urls(result.Outputs))
	}
	result = mustBuild(t, web, write(t, dir, "web/index.html", `<script type="module">
  const x = 1; console.log(x)</script><link rel="stylesheet" href="/nested/n.css">`))
	if _, built := result.Outputs["/assets/n.css"]; !built || !strings.Contains(string(result.Outputs["/assets/index.inline-0.js"].Contents), "x = 1") {
		t.Errorf("built %q", urls(result.Outputs))
	}
	result = web.Build(t.Context(), []string{write(t, dir, "web/index.html", "<script type=\"module\">const x = 1\n  const =</script>")})
	if d := result.Diagnostics; len(d) != 1 || d[0].File != index || d[0].Line != 2 || d[0].Column != 9 {
		t.Errorf("a mistake in an inline script: %+v", d)
	}
	result = mustBuild(t, web, write(t, dir, "web/index.html", `<script type="module">console.log("mended")</script><img src="/src/new.png">`))
	if _, there := result.Beside["/src/new.png"]; there || !slices.Contains(result.Awaited, filepath.Join(dir, "web/src/new.png")) {
		t.Errorf("awaited %q", result.Awaited)
	}
	result = mustBuild(t, web, write(t, dir, "web/src/new.png", "PNG"))
	if _, there := result.Beside["/src/new.png"]; !there {
		t.Errorf("beside the bundles: %q", urls(result.Beside))
	}
	result = mustBuild(t, web, write(t, dir, "web/new/index.html", `<script type="module" src="../src/main.ts"></script>`))
	if len(result.Pages) != 2 || !strings.Contains(string(result.Pages[1].Text), `src="/assets/main.js"`) {
		t.Errorf("pages %q", result.Pages)
	}
}

func FuzzPages(f *testing.F) {
	f.Add(`<script type="module">a</script><style>url(x</style><img srcset=",, a 1x,b" style="url('x')">`)
	f.Add("<script type=module></script><script type=module>")
	f.Fuzz(func(t *testing.T, text string) {
		dir := string(filepath.Separator) + "none"
		p := page{file: filepath.Join(dir, "index.html"), dir: dir, text: []byte(text)}
		got := p.walk(func(string) bool { return false }, func(ref *reference) {
			if ref.tag < 0 || ref.tag > len(text) || !inside(dir, ref.file) {
				t.Errorf("%+v", ref)
			}
		})
		if string(got) != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
