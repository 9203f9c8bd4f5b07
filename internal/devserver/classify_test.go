package devserver

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	in := inputs{
		Root:     "/p",
		Rules:    []config.Rule{{Paths: []string{"locales/**"}, Action: "restart"}, {Paths: []string{"*.gen.css"}, Action: "ignore"}},
		Defaults: []config.Rule{{Paths: []string{"*.{html,tmpl}"}, Action: "restart"}, {Paths: []string{"*.db"}, Action: "ignore"}},
		Env:      map[string]bool{"/p/.env": true},
		Statics:  []static{{Dir: "/p/public", Prefix: "/"}, {Dir: "/p/static", Prefix: "/static/"}},
		Go:       func(p string, _ bool) bool { return strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") },
		Web:      map[string]bool{"/p/web/main.ts": true, "/p/web/app.css": true},
		WebDirs:  []string{"/p/web"},

		Generators: func(p string) bool {
			return strings.HasSuffix(p, ".templ") || p == "/p/mocked.go" || p == "/p/page.html"
		},
		Text:    func(p string) bool { return p == "/p/month_templ.go" || p == "/p/mocks_test.go" },
		Written: func(p string) bool { return p == "/p/dist/main.js" },
		Page:    "/p/web/index.html",
	}
	type want struct {
		changed policy.Changed
		ignored []string
	}
	for file, want := range map[string]want{
		"main.go":         {changed: policy.Changed{Go: true}},
		"mocked.go":       {changed: policy.Changed{Go: true, Generate: true}},
		"month.templ":     {changed: policy.Changed{Generate: true}},
		"month_templ.go":  {changed: policy.Changed{Text: true}},
		"day_templ.go":    {changed: policy.Changed{Go: true}},
		"mocks_test.go":   {ignored: []string{"/p/mocks_test.go"}},
		"dist/main.js":    {},
		"main_test.go":    {ignored: []string{"/p/main_test.go"}},
		"README.md":       {ignored: []string{"/p/README.md"}},
		"web/main.ts":     {changed: policy.Changed{Web: []string{"/p/web/main.ts"}}},
		"web/unused.ts":   {ignored: []string{"/p/web/unused.ts"}},
		"web/page.html":   {changed: policy.Changed{Restart: true}},
		"web/index.html":  {changed: policy.Changed{Go: true, Restart: true}},
		"page.html":       {changed: policy.Changed{Restart: true, Generate: true}},
		".env":            {changed: policy.Changed{Restart: true}},
		"locales/de.toml": {changed: policy.Changed{Restart: true}},
		"web/x.gen.css":   {},
		"data/app.db":     {},
		"static/a.css":    {changed: policy.Changed{Swap: []string{"/static/a.css"}}},
		"static/a.js":     {changed: policy.Changed{Reload: true}},
		"public/logo.svg": {changed: policy.Changed{Reload: true}},
		"public/page.css": {changed: policy.Changed{Swap: []string{"/page.css"}}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			got, ignored := classify([]fileChange{{Path: "/p/" + file}}, in)
			if cmp.Diff(want.changed, policy.Changed{}) != "" {
				want.changed.Files = []string{file}
			}
			if diff := cmp.Diff(want.changed, got); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.ignored, ignored); diff != "" {
				t.Errorf("ignored (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClassifyText has the app built where a template is gone, or changed beside code.
func TestClassifyText(t *testing.T) {
	t.Parallel()
	in := inputs{Root: "/p", Text: func(p string) bool { return strings.HasSuffix(p, "_templ.go") }}
	gone, _ := classify([]fileChange{{Path: "/p/a_templ.go", Removed: true}}, in)
	if !gone.Go || gone.Text {
		t.Errorf("a template that is gone: %+v, want a build", gone)
	}
	both, _ := classify([]fileChange{{Path: "/p/a_templ.go"}, {Path: "/p/main.go"}, {Path: "/p/b_templ.go"}}, in)
	if !both.Go || !both.Text {
		t.Errorf("text beside code: %+v, want both", both)
	}
	in.Rules = []config.Rule{{Paths: []string{"*_templ.go"}, Action: "build"}}
	if ruled, _ := classify([]fileChange{{Path: "/p/a_templ.go"}}, in); !ruled.Go || ruled.Text {
		t.Errorf("a rule for templates: %+v, want a build", ruled)
	}
}

func TestClassifyNewFileMendsImport(t *testing.T) {
	t.Parallel()
	in := inputs{Root: "/p", Web: map[string]bool{"/p/web/main.ts": true}, WebDirs: []string{"/p/web"}}
	change := []fileChange{{Path: "/p/web/late.ts", Created: true}}
	if ev, _ := classify(change, in); len(ev.Web) != 0 {
		t.Errorf("all imports resolved: got %v, want no web change", ev.Web)
	}
	in.Unresolved = true
	if ev, _ := classify(change, in); len(ev.Web) != 1 {
		t.Errorf("an import missing: got %v, want the new file", ev.Web)
	}
}

func TestClassifyFilesOfGlob(t *testing.T) {
	t.Parallel()
	in := inputs{
		Root: "/p", Web: map[string]bool{"/p/web/main.ts": true}, WebDirs: []string{"/p/web"},
		Globs: []bundle.Glob{{Dir: "/p/texts", Pattern: "**/*.md"}},
	}
	for _, c := range []fileChange{
		{Path: "/p/texts/deep/new.md", Created: true},
		{Path: "/p/texts/deep/gone.md", Removed: true},
		{Path: "/p/texts/known.md"},
		{Path: "/p/web/new.md", Created: true},
	} {
		if ev, _ := classify([]fileChange{c}, in); (len(ev.Web) == 1) != strings.Contains(c.Path, "/deep/") {
			t.Errorf("%+v: web changes %q", c, ev.Web)
		}
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	in := inputs{
		Root: "/p", WebDirs: []string{"/p/web"},
		Rules: []config.Rule{{Paths: []string{"*.log"}, Action: "ignore"}, {Paths: []string{"*.toml"}, Action: "reload"}},
	}
	for file, want := range map[string]string{
		"a.log":         "is left out by a [[rule]]",
		"main_test.go":  "is in no build: a test",
		"x_windows.go":  "is in no build: of a package that the program does not import, or for another operating system",
		"web/unused.ts": "is in no build: no entry point imports it",
		"unused.ts":     "is in no build, and no [[rule]] names it",
		"README.md":     "is in no build, and no [[rule]] names it",
	} {
		if got, wanted := in.outside("/p/" + file); got != want || wanted != (file == "a.log") {
			t.Errorf("%s %s, wanted %v; want %q", file, got, wanted, want)
		}
	}
}

func TestRuleGlobs(t *testing.T) {
	t.Parallel()
	rules := []config.Rule{
		{Paths: []string{"dist/*.html", "/gen/**", "./a/b.css", "*.css", "**/x.js", "!dist/no.html", "one/"}, Action: "reload"},
		{Paths: []string{"tmp/**"}, Action: "ignore"},
	}
	var got []string
	for _, g := range ruleGlobs("/p", rules) {
		got = append(got, g.Dir+" "+g.Pattern)
	}
	want := []string{"/p dist/*.html", "/p gen/**", "/p a/b.css", "/p one/"}
	if !slices.Equal(got, want) {
		t.Errorf("ruleGlobs: %q, want %q", got, want)
	}
	in := inputs{
		Root: "/p", Rules: append([]config.Rule{{Paths: []string{"secret.css"}, Action: "ignore"}}, rules...),
		Generators: func(file string) bool {
			return strings.HasPrefix(file, "/p/words/") || strings.HasPrefix(file, "/p/tmp/")
		},
	}
	for file, want := range map[string]bool{"/p/x.css": true, "/p/secret.css": false, "/p/tmp/x": false, "/p/y.txt": false, "/p/words/a.txt": true} {
		if got := in.consented(file); got != want {
			t.Errorf("consented(%s) = %v, want %v", file, got, want)
		}
	}
}

// TestPassing checks which files outside every build are not worth a line.
func TestPassing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"README.md": true, "notes.rst": true, "LICENSE": true, "LICENSE.txt": true, "CHANGELOG.md": true,
		"package-lock.json": true, "pnpm-lock.yaml": true, "yarn.lock": true, "bun.lockb": true, "go.sum": true,
		"npm-shrinkwrap.json": true, "main_test.go": true, "a.swp": true, ".hidden.py": true, "x~": true,
		"data.json": false, "locks.json": false, "schema.sql": false, "lib.py": false, "unlicensed.yaml": false,
	} {
		if got := passing(name); got != want {
			t.Errorf("passing(%s) = %v, want %v", name, got, want)
		}
	}
}
