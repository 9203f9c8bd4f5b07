//go:build unix

package e2e_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestTemplText edits templates of templ, whose text a running app shows without a build.
func TestTemplText(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v0.3.977", "v0.3.1118"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newTempl(t, version)
			w.begin()
			w.shows("<h1>Notes</h1>")
			w.text("<h1>", "<h1 class=\"big\">&amp;\n\t\t\t", `<h1 class="big">&amp; Notes</h1>`)
			w.text("<body>", "<body>\n\t\t\t<p>\"first\"</p>", `<p>"first"</p>`)

			w.code("{ title }</h1>", `{ title + "!" }</h1>`, "Notes!</h1>")
			w.text("first", "last", `<p>"last"</p>`)
			w.code("<p>", "<p>{ title }, ", `<p>Notes, "last"</p>`)
			w.text("last", "least", `<p>Notes, "least"</p>`)

			// Text that came with an edit of code, and the way back to what runs.
			whole := w.read("page.templ")
			w.brokenAt("page.templ", 8, func() { w.edit("page.templ", "least\"</p>", "least\"</q>") })
			w.mended(func() { w.write("page.templ", strings.Replace(whole, "least", "best", 1)) })
			w.shows(`<p>Notes, "best"</p>`)
			w.brokenAt("page_templ.go", 0, func() { w.edit("page.templ", "{ title },", "{ tilte },") })
			w.mended(func() { w.edit("page.templ", "{ tilte },", "{ title },") })
			w.shows(`<p>Notes, "best"</p>`)
			w.text("best", "good", `<p>Notes, "good"</p>`)

			// A crash and a restart start the program that lacks the text.
			w.text("good", "fine", `<p>Notes, "fine"</p>`)
			mark := w.Mark()
			_, _ = http.Get(w.url + "/exit") // it may end before it answers
			w.AwaitAfter(mark, "the restart", func(m devtooltest.Message) bool { return m.Result == "restarted" })
			w.app = w.pid()
			w.shows(`<p>Notes, "fine"</p>`)
			w.text("fine", "well", `<p>Notes, "well"</p>`)
		})
	}
}

// TestTemplTextWatch leaves the templates to templ's own watch mode.
func TestTemplTextWatch(t *testing.T) {
	t.Parallel()
	w := newTempl(t, "v0.3.1118")
	w.write("devtool.toml", "[[generate]]\nrun = \"go tool templ generate --watch\"\ninputs = [\"*.templ\"]\nwatch = true\n")
	w.begin()
	w.shows("<h1>Notes</h1>")
	w.text("<h1>", "<h1>Good ", "<h1>Good Notes</h1>")
	w.code("{ title }</h1>", `{ title + "!" }</h1>`, "Good Notes!</h1>")
	w.text("Good", "Best", "<h1>Best Notes!</h1>")
}

// TestTemplTextWithout edits text that the app cannot or shall not read anew.
func TestTemplTextWithout(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"TEMPL_DEV_MODE=false", "GOFLAGS=-trimpath"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			w := newTempl(t, "v0.3.977", variable)
			w.begin()
			w.code("<h1>", "<h1>Good ", "<h1>Good Notes</h1>")
		})
	}
}

type templ struct {
	*project
	*server
}

// newTempl makes an app with one template and no settings.
func newTempl(t *testing.T, version string, env ...string) *templ {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	w := &templ{project: &project{t: t, dir: t.TempDir()}}
	w.prepare = func(cmd *exec.Cmd) { cmd.Env = append(append(cmd.Env, "GOFLAGS="), env...) }
	for _, name := range []string{"go.mod", "go.sum", ".gitignore"} {
		data, err := os.ReadFile(filepath.Join("testdata", "shapes", "templ", name))
		if err != nil {
			t.Fatal(err)
		}
		w.write(name, string(data))
	}
	w.write("page.templ", `package main

templ page(title string) {
	<!DOCTYPE html>
	<html>
		<head><title>{ title }</title></head>
		<body>
			<h1>{ title }</h1>
		</body>
	</html>
}
`)
	w.write("main.go", `package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/a-h/templ"
)

func main() {
	http.Handle("/", templ.Handler(page("Notes")))
	http.HandleFunc("/pid", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getpid()) })
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) { go os.Exit(3) })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
`)
	for _, args := range [][]string{
		{"get", "-tool", "github.com/a-h/templ/cmd/templ@" + version},
		{"tool", "templ", "version"}, // it takes long to build
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v\n%s", args, err, out)
		}
	}
	return w
}

func (w *templ) begin() {
	w.project.t.Helper()
	w.server = w.start()
	w.app = w.pid()
}

func (w *templ) pid() int {
	w.project.t.Helper()
	pid, err := strconv.Atoi(devtooltest.Get(w.project.t, w.url+"/pid"))
	if err != nil {
		w.project.t.Fatal(err)
	}
	return pid
}

func (w *templ) shows(want string) {
	w.project.t.Helper()
	if got := devtooltest.Get(w.project.t, w.url+"/"); !strings.Contains(got, want) {
		w.project.t.Errorf("the page is %q, want %q in it", got, want)
	}
}

// text makes an edit that the running app shows.
func (w *templ) text(old, new, want string) {
	w.project.t.Helper()
	got := w.Outcome(func() { w.edit("page.templ", old, new) })
	if stages := got.StageNames(); got.Result != "reloaded" || slices.Contains(stages, "go") || !slices.Contains(stages, "text") {
		w.project.t.Errorf("an edit of text came to %q by %q", got.Result, stages)
	}
	if pid := w.pid(); pid != w.app {
		w.project.t.Errorf("an edit of text replaced app %d by %d", w.app, pid)
	}
	w.shows(want)
}

// code makes an edit that has to be built.
func (w *templ) code(old, new, want string) {
	w.project.t.Helper()
	before := w.app
	w.mended(func() { w.edit("page.templ", old, new) })
	if w.app == before {
		w.project.t.Error("an edit of code did not replace the app")
	}
	w.shows(want)
}

func (w *templ) mended(act func()) {
	w.project.t.Helper()
	got := w.Outcome(act)
	if got.Result == "broken" || len(got.Problems) > 0 {
		w.project.t.Errorf("an edit of code came to %q: %+v", got.Result, got.Problems)
	}
	w.app = w.pid()
}

// brokenAt makes an edit that breaks the build at a line; 0 is any.
func (w *templ) brokenAt(file string, line int, act func()) {
	w.project.t.Helper()
	got := w.Outcome(act)
	if got.Result != "broken" || len(got.Problems) == 0 || got.Problems[0].File != file || line != 0 && got.Problems[0].Line != line {
		w.project.t.Errorf("a mistake at %s:%d came to %q: %+v", file, line, got.Result, got.Problems)
	}
}
