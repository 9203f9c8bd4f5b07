//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// served is what a project shows: the numbers of the app, of the scripts and of
// the sheets, sorted, or what is wrong with each side.
type served struct {
	app, scripts, sheets []string
	appFault, webFault   string // empty if it builds
	webWaits             bool   // for a generator that fails
}

// model says what must be served, from the tree alone.
func (n *numbered) model() (s served) {
	app := reading{n: n}
	app.files("app/main.go", "app/reg/reg.go", "lib/go.mod", "lib/reg/reg.go", "app/go.mod")
	for _, dir := range []string{"app/parts", "app/parts/sub", "lib/kit", "lib/kit/sub"} {
		app.goPackage(dir)
	}
	words := reading{n: n}
	words.set("app/words/*.txt")
	app.numbers = append(app.numbers, words.numbers...)
	if words.fault != "" {
		app.fail("%s", words.fault)
	}

	scripts := reading{n: n}
	web := "app/web/"
	modules := web + "node_modules/"
	scripts.files(web+"main.ts", web+"util.ts", web+"linked/thing.ts", web+"alias.ts",
		modules+"@ws/one/index.ts",
		modules+"@ws/two/package.json", modules+"@ws/two/src/index.ts", modules+"@ws/two/src/more.ts")
	for _, set := range []string{web + "pages/*.ts", web + "pages/*/*.ts", web + "shapes/*.ts", modules + "@ws/one/parts/*.ts"} {
		scripts.set(set)
	}
	scripts.dep(modules + "dep")
	if !n.exists(web + "shapes") { // a template needs its directory, though it may be empty
		scripts.fail("shapes is missing")
	}

	sheets := reading{n: n}
	sheets.files(web+"main.css", web+"theme.css", web+"linked/thing.css")
	return served{
		app: app.sorted(), scripts: scripts.sorted(), sheets: sheets.sorted(),
		appFault: app.fault, webFault: scripts.fault + sheets.fault, webWaits: words.fault != "",
	}
}

// reading collects numbers, and the first reason why there is no build.
type reading struct {
	n       *numbered
	numbers []string
	fault   string
}

func (r *reading) sorted() []string {
	slices.Sort(r.numbers)
	return slices.Compact(r.numbers)
}

func (r *reading) fail(format string, args ...any) {
	if r.fault == "" {
		r.fault = fmt.Sprintf(format, args...)
	}
}

func (r *reading) files(names ...string) {
	for _, name := range names {
		text, err := os.ReadFile(r.n.path(name))
		switch {
		case err != nil:
			r.fail("%s is missing", name)
		case strings.Contains(string(text), "BROKEN"):
			r.fail("%s is broken", name)
		}
		r.numbers = append(r.numbers, numeral.FindAllString(string(text), -1)...)
	}
}

// set reads the files of a pattern and returns how many there are.
func (r *reading) set(pattern string) int {
	names, err := filepath.Glob(r.n.path(pattern))
	r.n.must(err)
	for _, name := range names {
		rel, err := filepath.Rel(r.n.dir, name)
		r.n.must(err)
		r.files(rel)
	}
	return len(names)
}

var embeds = regexp.MustCompile(`//go:embed one.txt (\S+)`)

func (r *reading) goPackage(dir string) {
	if r.set(dir+"/*.go") == 0 {
		r.fail("%s has no Go files", dir)
	}
	names, err := filepath.Glob(r.n.path(dir + "/*.go"))
	r.n.must(err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		r.n.must(err)
		if found := embeds.FindStringSubmatch(string(text)); found != nil {
			r.files(dir + "/one.txt")
			pattern := found[1]
			if !strings.Contains(pattern, "*") {
				pattern += "/*"
			}
			if r.set(dir+"/"+pattern) == 0 {
				r.fail("%s/%s matches nothing", dir, pattern)
			}
		}
	}
}

var mainOf = regexp.MustCompile(`"main": "(.+?)"`)

func (r *reading) dep(dir string) {
	text, err := os.ReadFile(r.n.path(dir + "/package.json"))
	if err != nil {
		r.fail("dep is not installed")
		return
	}
	r.files(path.Join(dir, mainOf.FindStringSubmatch(string(text))[1]))
}
