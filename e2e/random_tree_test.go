//go:build unix

package e2e_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// numbered is a project in which every file carries a number of its own, so that
// what is served shows which files it was made from. The root is app; beside it
// are the versions of a module and of a store of files, reached through links.
type numbered struct {
	t     testing.TB
	dir   string
	count int               // numbers given so far
	away  map[string]string // directories that were moved away, and where to
}

var numeral = regexp.MustCompile(`num_\d+_`)

// listener serves the numbers without net/http, which takes long to link.
const listener = `package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"

	"example.test/app/reg"
	lib "example.test/lib/reg"

	_ "example.test/app/gen"
	_ "example.test/app/parts"
	_ "example.test/app/parts/sub"
	_ "example.test/lib/kit"
	_ "example.test/lib/kit/sub"
)

const own = "NUMBER"

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	page := "<!doctype html><html><head></head><body>" + own + " " + strings.Join(append(reg.Numbers, lib.Numbers...), " ")
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go serve(conn, page)
	}
}

func serve(conn net.Conn, page string) {
	defer conn.Close()
	request := bufio.NewReader(conn)
	for {
		line, err := request.ReadString('\n')
		if err != nil {
			return
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
}
`

const registry = "package reg\n\nvar Numbers = []string{\"NUMBER\"}\n\nfunc Add(number string) { Numbers = append(Numbers, number) }\n"

// embedder registers the numbers of the files that it embeds.
const embedder = `package PACKAGE

import (
	"embed"
	"io/fs"

	"MODULE/reg"
)

//go:embed one.txt PATTERN
var files embed.FS

func init() {
	reg.Add("NUMBER")
	fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, _ := files.ReadFile(path)
			reg.Add(string(text))
		}
		return err
	})
}
`

// gather writes the git-ignored package gen from the words.
const gather = `set -e
if grep -n BROKEN words/*.txt >&2; then exit 1; fi
mkdir -p gen
{
	printf 'package gen\n\nimport "example.test/app/reg"\n\nfunc init() {\n\treg.Add("")\n'
	for file in words/*.txt; do
		[ ! -e "$file" ] || printf '\treg.Add("%s")\n' "$(cat "$file")"
	done
	echo '}'
} >gen/.numbers
mv gen/.numbers gen/numbers_gen.go
`

const numberedSettings = `[web]
entry_points = ["web/main.ts", "web/main.css"]

[[generate]]
name = "gather"
run = "sh gather.sh"
inputs = ["words/*.txt"]
outputs = ["gen/numbers_gen.go"]
`

const numberedMain = `import "./util.ts"
import "@ws/one"
import "@ws/two"
import { dep } from "dep"
import "./linked/thing.ts"
import "./alias.ts"
console.log("NUMBER", dep, import.meta.glob("./pages/**/*.ts", { eager: true }))
Object.assign(globalThis, { load: (name: string) => import(` + "`./shapes/${name}.ts`" + `) })
`

// skeleton is what the project cannot do without: file → text.
var skeleton = func() map[string]string {
	all := map[string]string{
		"app/devtool.toml": numberedSettings,
		"app/.gitignore":   "node_modules\n*_gen.*\n/gen/\n",
		"app/gather.sh":    gather,
		"app/go.mod":       "module example.test/app\n\ngo 1.26.0\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../lib\n",
		"app/main.go":      listener,
		"app/reg/reg.go":   registry,

		"app/web/package.json":                    `{"private": true, "workspaces": ["packages/*"], "dependencies": {"dep": "*", "@ws/one": "*", "@ws/two": "*"}}`,
		"app/web/main.ts":                         numberedMain,
		"app/web/util.ts":                         "console.log(\"NUMBER\")\n",
		"app/web/main.css":                        "@import \"./theme.css\";\n@import \"./linked/thing.css\";\n.NUMBER { color: red }\n",
		"app/web/shapes/solid.ts":                 "console.log(\"NUMBER\")\n",
		"app/web/theme.css":                       ".NUMBER { color: red }\n",
		"app/web/packages/one/package.json":       `{"name": "@ws/one", "main": "index.ts"}`,
		"app/web/packages/one/index.ts":           "console.log(\"NUMBER\", import.meta.glob(\"./parts/*.ts\", { eager: true }))\n",
		"app/web/packages/two/package.json":       `{"name": "@ws/two", "main": "src/index.ts"}`,
		"app/web/packages/two/src/index.ts":       "import \"./more.ts\"\nconsole.log(\"NUMBER\")\n",
		"app/web/packages/two/src/more.ts":        "console.log(\"NUMBER\")\n",
		"app/web/node_modules/.package-lock.json": "{}",
	}
	for _, version := range []string{"one", "two"} {
		lib, store := "libs/"+version+"/", "store/"+version+"/"
		all[lib+"go.mod"] = "module example.test/lib\n\ngo 1.26.0\n"
		all[lib+"reg/reg.go"] = registry
		goPackage(all, lib+"kit", "example.test/lib", "data")
		goPackage(all, lib+"kit/sub", "example.test/lib", "")
		all[store+"thing.ts"] = "console.log(\"NUMBER\")\n"
		all[store+"thing.css"] = ".NUMBER { color: red }\n"
		all[store+"alias.ts"] = "console.log(\"NUMBER\")\n"
	}
	goPackage(all, "app/parts", "example.test/app", "data/*.txt")
	goPackage(all, "app/parts/sub", "example.test/app", "")
	return all
}()

// goPackage adds a package of two files, which may embed others.
func goPackage(all map[string]string, dir, module, pattern string) {
	for _, name := range []string{"a.go", "b.go"} {
		all[dir+"/"+name] = goFile(filepath.Base(dir), module)
	}
	if pattern != "" {
		all[dir+"/embed.go"] = strings.NewReplacer("PACKAGE", filepath.Base(dir), "MODULE", module, "PATTERN", pattern).Replace(embedder)
		all[dir+"/one.txt"] = "NUMBER"
		all[dir+"/data/a.txt"] = "NUMBER"
	}
}

func goFile(pkg, module string) string {
	return fmt.Sprintf("package %s\n\nimport \"%s/reg\"\n\nfunc init() { reg.Add(\"NUMBER\") }\n", pkg, module)
}

// bones are the links of the skeleton: place → target.
var bones = map[string]string{
	"lib":                           "libs/one",
	"app/web/linked":                "../../store/one",
	"app/web/alias.ts":              "../../store/one/alias.ts",
	"app/web/node_modules/@ws/one":  "../../packages/one",
	"app/web/node_modules/@ws/two":  "../../packages/two",
	"app/web/node_modules/dep-left": "dep",
}

// sets are directories whose every file is read, and the text of a new one.
var sets = map[string]string{
	"app/parts/*.go":                  goFile("parts", "example.test/app"),
	"app/parts/sub/*.go":              goFile("sub", "example.test/app"),
	"app/parts/data/*.txt":            "NUMBER",
	"app/words/*.txt":                 "NUMBER",
	"lib/kit/*.go":                    goFile("kit", "example.test/lib"),
	"lib/kit/sub/*.go":                goFile("sub", "example.test/lib"),
	"lib/kit/data/*.txt":              "NUMBER",
	"app/web/pages/*.ts":              "console.log(\"NUMBER\")\n",
	"app/web/pages/deep/*.ts":         "console.log(\"NUMBER\")\n",
	"app/web/shapes/*.ts":             "console.log(\"NUMBER\")\n",
	"app/web/packages/one/parts/*.ts": "console.log(\"NUMBER\")\n",
}

func newNumbered(t testing.TB) *numbered {
	t.Helper()
	n := &numbered{t: t, dir: t.TempDir(), away: map[string]string{}}
	for _, file := range slices.Sorted(maps.Keys(skeleton)) {
		n.write(file, n.numbering(skeleton[file]))
	}
	for place, target := range bones {
		n.link(target, place)
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		for _, name := range []string{"first", "second"} {
			n.write(strings.Replace(set, "*", name, 1), n.numbering(sets[set]))
		}
	}
	n.installDep("", false)
	n.git("init", "-q", "-b", "main")
	n.git("add", "-A")
	n.git("commit", "-q", "-m", "one")
	n.git("branch", "other")
	return n
}

// numbering fills in the next number.
func (n *numbered) numbering(text string) string {
	n.count++
	return strings.ReplaceAll(text, "NUMBER", fmt.Sprintf("num_%d_", n.count))
}

// renumber gives a text the next number instead of its own.
func (n *numbered) renumber(text string) string {
	n.count++
	return numeral.ReplaceAllString(text, fmt.Sprintf("num_%d_", n.count))
}

func (n *numbered) path(name string) string { return filepath.Join(n.dir, filepath.FromSlash(name)) }

// must fails the test: the steps are chosen from what is there.
func (n *numbered) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *numbered) read(name string) string {
	n.t.Helper()
	text, err := os.ReadFile(n.path(name))
	n.must(err)
	return string(text)
}

func (n *numbered) write(name, text string) {
	n.t.Helper()
	n.must(os.MkdirAll(filepath.Dir(n.path(name)), 0o755))
	n.must(os.WriteFile(n.path(name), []byte(text), 0o644))
}

// link points a link elsewhere at once, as `ln -sfn` and package managers do.
func (n *numbered) link(target, place string) {
	n.t.Helper()
	n.must(os.MkdirAll(filepath.Dir(n.path(place)), 0o755))
	n.must(os.Symlink(target, n.path(place)+"~"))
	n.must(os.Rename(n.path(place)+"~", n.path(place)))
}

func (n *numbered) exists(name string) bool {
	_, err := os.Stat(n.path(name))
	return err == nil
}

func (n *numbered) git(args ...string) string {
	n.t.Helper()
	cmd := exec.CommandContext(n.t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "gc.auto=0"}, args...)...)
	cmd.Dir = n.path("app")
	out, err := cmd.CombinedOutput()
	if err != nil {
		n.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// installDep replaces the package dep by another version, as npm does with a
// directory and as pnpm does with a link into its store; then it writes the marker
// that comes last.
func (n *numbered) installDep(old string, linked bool) {
	n.t.Helper()
	n.count++
	modules := "app/web/node_modules/"
	version := fmt.Sprintf("v%d", n.count)
	fresh := modules + ".dep-" + version
	if linked {
		fresh = modules + ".pnpm/dep@" + version + "/node_modules/dep"
	}
	n.write(fresh+"/package.json", fmt.Sprintf(`{"name": "dep", "version": "0.0.%d", "main": "./%s.js"}`, n.count, version))
	n.write(fresh+"/"+version+".js", n.numbering("exports.dep = \"NUMBER\"\n"))
	if old != "" {
		n.must(os.Rename(n.path(modules+"dep"), n.path(modules+".old")))
	}
	marker := ".package-lock.json"
	if linked {
		n.must(os.Symlink(".pnpm/dep@"+version+"/node_modules/dep", n.path(modules+"dep")))
		marker = ".modules.yaml"
	} else {
		n.must(os.Rename(n.path(fresh), n.path(modules+"dep")))
	}
	n.must(os.RemoveAll(n.path(modules + ".old")))
	n.write(modules+marker, fmt.Sprintf("%q\n", version))
	n.write("app/web/package-lock.json", fmt.Sprintf("{%q: 1}\n", version))
}

// files returns the files with a number that a person might edit, whether or not
// they are in use, in an order that depends on nothing else.
func (n *numbered) files() (names []string) {
	n.t.Helper()
	n.must(filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "gen" || strings.HasPrefix(d.Name(), "away-")) {
			return filepath.SkipDir
		}
		if rel, err := filepath.Rel(n.dir, path); err == nil && d.Type().IsRegular() && numeral.MatchString(n.read(rel)) {
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	}))
	return names
}

// save writes a file in one of the ways of editors.
func (n *numbered) save(name, text, how string) {
	n.t.Helper()
	switch how {
	case "in place":
		n.write(name, text)
	case "by rename":
		n.write(name+"~", text)
		n.must(os.Rename(n.path(name)+"~", n.path(name)))
	case "truncating":
		n.write(name, "")
		<-time.NewTimer(30 * time.Millisecond).C // an editor that is in no hurry
		n.write(name, text)
	}
}
