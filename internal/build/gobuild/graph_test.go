package gobuild

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// graphOf loads the graph of a project in dir.
func graphOf(t *testing.T, dir string, options Options) Graph {
	t.Helper()
	graph, err := newTestGo(t, dir, options).Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

// relative lists paths below root, one a line.
func relative(t *testing.T, root string, paths []string) string {
	t.Helper()
	var b strings.Builder
	for _, path := range paths {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(filepath.ToSlash(rel) + "\n")
	}
	return b.String()
}

const workspace = `
-- go.work --
go 1.24

use (
	./app
	./shared
)
-- app/go.mod --
module example.com/app

go 1.24

require example.com/local v0.0.0

replace example.com/local => ../local
-- app/main.go --
package main

import (
	"embed"
	"fmt"

	"example.com/app/internal/page"
	"example.com/local"
	"example.com/shared"
)

//go:embed templates all:static
//go:embed notes/*.md
var files embed.FS

func main() { fmt.Println(files, page.Name, local.Name, shared.Name) }
-- app/main_test.go --
package main
-- app/fancy.go --
//go:build fancy

package main
-- app/main_windows.go --
package main
-- app/main_linux.s --
-- app/templates/base.html --
-- app/templates/part/nav.html --
-- app/templates/.hidden --
-- app/static/.well-known --
-- app/notes/one.md --
-- app/notes/ignored.txt --
-- app/internal/page/page.go --
package page

const Name = "page"
-- app/internal/unused/unused.go --
package unused
-- shared/go.mod --
module example.com/shared

go 1.24
-- shared/shared.go --
package shared

const Name = "shared"
-- local/go.mod --
module example.com/local

go 1.24
-- local/local.go --
package local

const Name = "local"
`

func TestGraphFiles(t *testing.T) {
	t.Parallel()
	root := writeTree(t, workspace)
	graph := graphOf(t, filepath.Join(root, "app"), Options{})
	want := `app/go.mod
app/go.sum
app/internal/page/page.go
app/main.go
app/notes/one.md
app/static/.well-known
app/templates/base.html
app/templates/part/nav.html
go.work
go.work.sum
local/go.mod
local/go.sum
local/local.go
shared/go.mod
shared/go.sum
shared/shared.go
`
	if goos(t) == "linux" {
		want = strings.Replace(want, "app/main.go\n", "app/main.go\napp/main_linux.s\n", 1)
	}
	if diff := cmp.Diff(want, relative(t, root, graph.Files())); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	wantDirs := ".\napp\napp/internal/page\napp/notes\napp/static\napp/templates\napp/templates/part\nlocal\nshared\n"
	if diff := cmp.Diff(wantDirs, relative(t, root, graph.Dirs())); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
	if graph.Incomplete || graph.ReadsSocket {
		t.Errorf("incomplete %v, reads socket %v; want neither", graph.Incomplete, graph.ReadsSocket)
	}

	tagged := graphOf(t, filepath.Join(root, "app"), Options{Tags: []string{"fancy"}})
	if !slices.Contains(tagged.Files(), filepath.Join(root, "app", "fancy.go")) {
		t.Errorf("with its tag, fancy.go is not in %s", relative(t, root, tagged.Files()))
	}
}

func goos(t *testing.T) string {
	t.Helper()
	env, err := newTestGo(t, t.TempDir(), Options{}).environment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return env.GOOS
}

func TestGraphRelevant(t *testing.T) {
	t.Parallel()
	root := writeTree(t, workspace)
	graph := graphOf(t, filepath.Join(root, "app"), Options{})
	tests := []struct {
		path    string
		removed bool
		want    bool
	}{
		{path: "app/main.go", want: true},
		{path: "app/main.go", removed: true, want: true},
		{path: "app/new.go", want: true},
		{path: "app/new.go", removed: true, want: true}, // made and deleted while the graph was loading
		{path: "app/new.h", want: true},
		{path: "app/fancy.go", want: true}, // the edit may lift its constraint
		{path: "app/new_test.go"},
		{path: "app/main_test.go"},
		{path: "app/new_plan9.go"},
		{path: "app/.#new.go"},
		{path: "app/_new.go"},
		{path: "app/README.md"},
		{path: "app/internal/unused/unused.go"},
		{path: "app/internal/page", removed: true, want: true},
		{path: "app/internal/unused", removed: true},
		{path: "app/internal/pag", removed: true},
		{path: "app/go.sum", want: true}, // did not exist
		{path: "go.work", want: true},
		{path: "go.work.sum", want: true},
		{path: "local/go.mod", want: true},
		{path: "local/new.go", want: true},
		{path: "shared/shared.go", want: true},
		{path: "app/templates/base.html", want: true},
		{path: "app/templates/part/new.html", want: true},
		{path: "app/templates/.new", want: false},
		{path: "app/templates/_part/new.html", want: false},
		{path: "app/static/.new", want: true},
		{path: "app/static/deep/_x/new", want: true},
		{path: "app/notes/two.md", want: true},
		{path: "app/notes/two.txt"},
		{path: "app/notes/deep/two.md"},
		{path: "app/templates", removed: true, want: true},
		{path: "app/templates/part/built.html", removed: true, want: true}, // gone while the graph was loading
		{path: "app/notes/built.md", removed: true, want: true},
		{path: "app/notes/built.txt", removed: true},
		{path: "elsewhere/templates/base.html"},
	}
	for _, tt := range tests {
		if got := graph.Relevant(filepath.Join(root, filepath.FromSlash(tt.path)), tt.removed); got != tt.want {
			t.Errorf("Relevant(%s, removed %v) = %v, want %v", tt.path, tt.removed, got, tt.want)
		}
	}
}

func TestGraphEmbeds(t *testing.T) {
	t.Parallel()
	root := writeTree(t, workspace)
	graph := graphOf(t, filepath.Join(root, "app"), Options{})
	tests := []struct {
		path string
		want bool
	}{
		{"app/templates/base.html", true},
		{"app/templates/new.html", true},
		{"app/templates/part", true},
		{"app/templates", true},
		{"app/notes", true},
		{"app", true},
		{"app/notes/two.md", true},
		{"app/notes/two.txt", false},
		{"app/main.go", false},
		{"app/internal/page", false},
		{"local", false},
	}
	for _, tt := range tests {
		if got := graph.Embeds(filepath.Join(root, filepath.FromSlash(tt.path))); got != tt.want {
			t.Errorf("Embeds(%s) = %v, want %v", tt.path, got, tt.want)
		}
	}
}

func TestGraphOfBrokenProjects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, tree string
		relevant   []string
		irrelevant []string
	}{
		{
			name: "unresolved import",
			tree: "-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- main.go --\npackage main\n\nimport _ \"example.com/m/gen\"\n\nfunc main() {}\n",
			// The generator may write it anywhere.
			relevant:   []string{"main.go", "gen/gen.go", "other/other.go"},
			irrelevant: []string{"gen/gen_test.go", "gen/gen.txt", "../outside.go"},
		},
		{
			name:       "syntax error",
			tree:       "-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- main.go --\npakage main\n",
			relevant:   []string{"main.go", "go.mod"},
			irrelevant: []string{"README.md"},
		},
		{
			name:       "broken go.mod",
			tree:       "-- go.mod --\nmodule\n-- main.go --\npackage main\n",
			relevant:   []string{"go.mod", "main.go"},
			irrelevant: []string{"README.md"},
		},
		{
			name:       "no go.mod",
			tree:       "-- main.go --\npackage main\n",
			relevant:   []string{"go.mod", "main.go", "go.work"},
			irrelevant: []string{"README.md"},
		},
		{
			name:       "nothing to embed yet",
			tree:       "-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- main.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed web/dist/app.js\nvar app string\n\nfunc main() {}\n",
			relevant:   []string{"main.go", "web/dist/app.js"},
			irrelevant: []string{"web/dist/app.css"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := writeTree(t, tt.tree)
			graph := graphOf(t, dir, Options{})
			if !graph.Incomplete {
				t.Error("the graph claims to be complete")
			}
			for _, path := range tt.relevant {
				if !graph.Relevant(filepath.Join(dir, path), false) {
					t.Errorf("%s is not relevant", path)
				}
			}
			for _, path := range tt.irrelevant {
				if graph.Relevant(filepath.Join(dir, path), false) {
					t.Errorf("%s is relevant", path)
				}
			}
		})
	}
}

func TestGraphEmbedsWhatIsNotWrittenYet(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, "-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- main.go --\npackage main\n\nimport \"embed\"\n\n//go:embed web/dist/*.js\nvar app embed.FS\n\nfunc main() {}\n")
	graph := graphOf(t, dir, Options{})
	for path, want := range map[string]bool{"web/dist": true, "web/src": false, "web/dist/app.js": true} {
		if got := graph.Embeds(filepath.Join(dir, path)); got != want {
			t.Errorf("Embeds(%s) = %v, want %v", path, got, want)
		}
	}
}

func TestGraphOfCgoAndVendor(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, `
-- go.mod --
module example.com/m

go 1.24

require example.com/dep v1.0.0
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep
-- main.go --
package main

import _ "example.com/dep"

func main() {}
-- c.go --
package main

// #include "c.h"
import "C"
-- c.c --
-- c.h --
`)
	g := newTestGo(t, dir, Options{})
	g.options.Env = append(g.options.Env, "CGO_ENABLED=1")
	graph, err := g.Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "c.c\nc.go\nc.h\ngo.mod\ngo.sum\ngo.work\ngo.work.sum\nmain.go\nvendor/example.com/dep/dep.go\nvendor/modules.txt\n"
	if diff := cmp.Diff(want, relative(t, dir, graph.Files())); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestGraphThroughASymbolicLink(t *testing.T) {
	t.Parallel()
	target := writeTree(t, greeter)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	graph := graphOf(t, link, Options{})
	if path := filepath.Join(link, "word", "word.go"); !graph.Relevant(path, false) {
		t.Errorf("%s is not in %v", path, graph.Files())
	}
}

func TestReadsSocket(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"github.com/calendsync/devtool/listenfd":         true,
		"github.com/coreos/go-systemd/activation":        true,
		"github.com/coreos/go-systemd/v22/activation":    true,
		"github.com/coreos/go-systemd/v22/daemon":        false,
		"github.com/calendsync/devtool/internal/process": false,
		"example.com/listenfd":                           false,
	}
	for path, want := range tests {
		if got := readsSocket(path); got != want {
			t.Errorf("readsSocket(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestGraphNeedsTheGoCommand(t *testing.T) {
	t.Parallel()
	g := newTestGo(t, t.TempDir(), Options{})
	g.options.Env = append(g.options.Env, "PATH=")
	if _, err := g.Graph(t.Context()); !errors.Is(err, ErrNoToolchain) {
		t.Errorf("got %v, want %v", err, ErrNoToolchain)
	}
}

// TestGraphOfABrokenTree: what could not be found still belongs to the program.
func TestGraphOfABrokenTree(t *testing.T) {
	t.Parallel()
	good := Graph{files: map[string]bool{"/lib/v.go": true, "/p/main.go": true}, packages: map[string]embed{"/lib": {patterns: []string{"*.sql", "all:web/dist"}}, "/p": {}}}
	poor := Graph{Incomplete: true, files: map[string]bool{"/p/main.go": true, "/p/new.go": true}, packages: map[string]embed{"/p": {}}}
	both := poor.With(good)
	for _, file := range []string{"/lib/v.go", "/p/main.go", "/p/new.go", "/lib/a.sql"} {
		if !both.Relevant(file, false) {
			t.Errorf("%s is not relevant any more", file)
		}
	}
	if len(good.files) != 2 || len(poor.files) != 2 {
		t.Error("a graph was changed")
	}
	whole := Graph{files: map[string]bool{"/p/main.go": true}, packages: map[string]embed{"/p": {}}}
	if whole.With(both).Relevant("/lib/v.go", false) {
		t.Error("a complete graph does not stand alone")
	}
	want := []Glob{{"/lib", sources}, {"/lib", "*.sql"}, {"/lib", "web/dist"}, {"/lib", "web/dist/**"}, {"/p", sources}}
	if got := both.Globs(); !slices.Equal(got, want) {
		t.Errorf("globs %v, want %v", got, want)
	}
}
