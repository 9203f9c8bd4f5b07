//go:build unix

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// Where the example invites to edits.
const (
	greetingFile = "page.go"
	accentFile   = "web/app.css"
)

// knock asks the address without pause from now on, each time over a new
// connection, and counts what a visitor would notice.
type knock struct {
	asked, failed atomic.Int64
	firstFailure  atomic.Pointer[string]
	stop          context.CancelFunc
	done          sync.WaitGroup
}

func startKnocking(t testing.TB, url string) *knock {
	ctx, cancel := context.WithCancel(context.Background())
	k := &knock{stop: cancel}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	k.done.Go(func() {
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-pace.C:
			}
			k.asked.Add(1)
			res, err := client.Get(url)
			switch {
			case err != nil:
				k.fail(err.Error())
			case res.StatusCode != http.StatusOK:
				k.fail(res.Status)
			}
			if err == nil {
				res.Body.Close()
			}
		}
	})
	t.Cleanup(k.end)
	return k
}

func (k *knock) fail(text string) {
	k.failed.Add(1)
	k.firstFailure.CompareAndSwap(nil, &text)
}

func (k *knock) end() {
	k.stop()
	k.done.Wait()
}

const mark = `window.__mark = (window.__mark ?? 0) + 1`

// TestBrowserGoEdit edits a handler while visitors keep asking: the page shows
// the change by itself, and no visitor notices.
func TestBrowserGoEdit(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	visitors := startKnocking(t, w.url)
	got := w.Outcome(func() { w.edit(greetingFile, greetingText(w.project), `"Edited greeting"`) })
	w.tab.Until(`document.body.innerText.includes("Edited greeting")`)
	if got.Result != "reloaded" || !slices.Equal(got.Files, []string{greetingFile}) || !slices.Contains(got.StageNames(), "go") {
		t.Errorf("outcome %+v, want a reload after a Go build of %s", got, greetingFile)
	}
	visitors.end()
	if visitors.failed.Load() > 0 {
		t.Errorf("%d of %d requests failed, the first with %s", visitors.failed.Load(), visitors.asked.Load(), *visitors.firstFailure.Load())
	}
	if alive(w.app) {
		t.Errorf("the old app, pid %d, still runs", w.app)
	}
	if c := w.tab.Complaints(); len(c) > 0 {
		t.Errorf("on the console: %q", c)
	}
}

// greetingText is the Go string, in its quotes, that the example invites to
// edit.
func greetingText(p *project) string {
	p.t.Helper()
	found := regexp.MustCompile(`edit me: greeting\n[^"]*("[^"]*")`).FindStringSubmatch(p.read(greetingFile))
	if found == nil {
		p.t.Fatalf("%s invites to no edit", greetingFile)
	}
	return found[1]
}

// session is a running server with a page open.
type session struct {
	*project
	*server
	browser *browsertest.Browser
	tab     *browsertest.Tab
}

func startSession(t testing.TB) session {
	t.Helper()
	w := session{project: newProject(t), browser: browsertest.Start(t)}
	w.server = w.start()
	w.tab = w.browser.Open(w.url)
	browsertest.Eval[int](w.tab, mark)
	return w
}

// marked reports whether the page is still the one that was marked.
func (w session) marked() bool {
	return browsertest.Eval[int](w.tab, `window.__mark ?? 0`) > 0
}

func (w session) append(name, text string) { w.write(name, w.read(name)+text) }

// TestBrowserWebEdits edits each kind of file of the web side, and a template,
// in one session.
func TestBrowserWebEdits(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	for _, edit := range []struct {
		what, file, adds, shows string
		result                  string
		keepsPage               bool
		stages                  []string
	}{
		{
			what: "a sheet", file: accentFile, adds: "\nbody { outline: 3px solid rgb(1, 2, 3) }\n",
			shows:  `getComputedStyle(document.body).outlineColor === "rgb(1, 2, 3)"`,
			result: "swapped", keepsPage: true, stages: []string{"css"},
		},
		{
			what: "an imported sheet", file: "web/calendar.css", adds: "\nbody { scroll-margin-top: 7px }\n",
			shows:  `getComputedStyle(document.body).scrollMarginTop === "7px"`,
			result: "swapped", keepsPage: true, stages: []string{"css"},
		},
		{
			what: "a script", file: "web/main.ts", adds: "\ndocument.title = \"from TypeScript\";\n",
			shows:  `document.title === "from TypeScript"`,
			result: "reloaded", stages: []string{"web"},
		},
	} {
		got := w.Outcome(func() { w.append(edit.file, edit.adds) })
		w.tab.Until(edit.shows)
		if got.Result != edit.result || !slices.Equal(got.StageNames(), edit.stages) || !slices.Equal(got.Files, []string{edit.file}) {
			t.Errorf("%s: outcome %+v, want %s after %v", edit.what, got, edit.result, edit.stages)
		}
		if w.marked() != edit.keepsPage {
			t.Errorf("%s: page kept: %v, want %v", edit.what, w.marked(), edit.keepsPage)
		}
		if !alive(w.app) {
			t.Errorf("%s: the app was replaced", edit.what)
		}
	}
	if c := w.tab.Complaints(); len(c) > 0 {
		t.Errorf("on the console: %q", c)
	}
}

// TestBrowserTemplateEdit edits what the app parses when it starts: it is
// replaced without a build.
func TestBrowserTemplateEdit(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	got := w.Outcome(func() { w.edit(w.layout(), "</body>", `<i id="new">new</i></body>`) })
	w.tab.Until(`document.getElementById("new") !== null`)
	if want := []string{"drain", "stop", "boot"}; !slices.Equal(got.StageNames(), want) {
		t.Errorf("stages %v, want %v", got.StageNames(), want)
	}
	if alive(w.app) {
		t.Error("the old app still runs")
	}
}

// layout is the template that holds the whole page.
func (p *project) layout() string {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "templates", "*"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Join("templates", filepath.Base(file))
		if strings.Contains(p.read(name), "</body>") {
			return name
		}
	}
	p.t.Fatal("no template has a body")
	return ""
}

// TestBrowserOverlay breaks a file of each language: the overlay shows where
// and why, in open tabs and late ones, the page stays usable, and mending
// clears it.
func TestBrowserOverlay(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	for _, broken := range []struct {
		file, adds, source string
		says               []string
	}{
		{"page.go", "\nfunc broken() { undefinedThing() }\n", "go", []string{"undefined: undefinedThing", "page.go"}},
		{"web/main.ts", "\nconst = 1;\n", "esbuild", []string{"Expected identifier", "main.ts"}},
		{"web/app.css", "\nbody { background: url(./nowhere.png) }\n", "esbuild", []string{"nowhere.png", "app.css"}},
	} {
		whole := w.read(broken.file)
		got := w.Outcome(func() { w.write(broken.file, whole+broken.adds) })
		if got.Result != "broken" || len(got.Problems) == 0 {
			t.Fatalf("%s: outcome %+v, want problems", broken.file, got)
		}
		problem := got.Problems[0]
		if problem.File != broken.file || problem.Line == 0 || problem.Column == 0 || len(problem.Excerpt) == 0 || problem.Source != broken.source {
			t.Errorf("problem %+v, want a place in %s with an excerpt", problem, broken.file)
		}
		late := w.browser.Open(w.url)
		for _, tab := range []*browsertest.Tab{w.tab, late} {
			tab.Until(browsertest.PanelShown)
			text := browsertest.Eval[string](tab, browsertest.OverlayText)
			for _, want := range append(broken.says, fmt.Sprint(problem.Line), fmt.Sprint(problem.Column)) {
				if !strings.Contains(text, want) {
					t.Errorf("the overlay does not say %q:\n%s", want, text)
				}
			}
		}
		if !w.marked() || !alive(w.app) {
			t.Errorf("%s: the page or the app did not stay as it was", broken.file)
		}
		w.Outcome(func() { w.write(broken.file, whole) })
		w.tab.Until("!(" + browsertest.PanelShown + ")")
		late.Until("!(" + browsertest.PanelShown + ")")
	}
}

// TestNothingToDo touches what changes nothing, then makes an edit that does:
// only that may have had an outcome.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	s := p.start()
	// An outcome of both lanes: from now on all inputs are known by content.
	s.Outcome(func() { p.edit(greetingFile, greetingText(p), `"hello"`) })
	from := s.Mark()

	now := time.Now()
	for _, name := range []string{"main.go", "web/main.ts", "web/app.css"} {
		if err := os.Chtimes(filepath.Join(p.dir, name), now, now); err != nil {
			t.Fatal(err)
		}
		p.write(name, p.read(name))
	}
	p.write("late_test.go", "package main\n\n// a comment\n")
	p.write("README.md", "words\n")
	p.write("web/app.css", p.read("web/app.css")+"\nbody { outline: 1px solid }\n")
	s.AwaitAfter(from, "the swap", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Result == "swapped" })

	for _, m := range s.Since(from) {
		if m.Type == "build-finished" && m.Result != "swapped" {
			t.Errorf("an outcome without a change: %+v", m)
		}
	}
}

// TestSaveDuringBuild saves again and again while a build runs: the last
// content wins.
func TestSaveDuringBuild(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	s := p.start()
	old := greetingText(p)
	const saves = 6
	from := s.Mark()
	for n := range saves {
		started := s.Mark()
		next := fmt.Sprintf(`"save %d"`, n)
		p.edit(greetingFile, old, next)
		old = next
		s.AwaitAfter(started, "a build", func(m devtooltest.Message) bool { return m.Type == "build-started" || m.Type == "build-finished" })
	}
	want := fmt.Sprintf("save %d", saves-1)
	s.AwaitAfter(from, "the last content", func(devtooltest.Message) bool {
		res, err := http.Get(s.url)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body := new(strings.Builder)
		_ = res.Write(body)
		return strings.Contains(body.String(), want)
	})
	s.AwaitAfter(from, "the end of the last build", func(m devtooltest.Message) bool {
		return m.Type == "build-finished" && m.Build == s.lastBuild()
	})
	outcomes := 0
	for _, m := range s.Since(from) {
		if m.Type == "build-finished" {
			outcomes++
		}
	}
	if outcomes >= saves {
		t.Errorf("%d outcomes of %d saves: nothing was cancelled", outcomes, saves)
	}
	if kept := binaries(t, s); len(kept) > 3 {
		t.Errorf("%d binaries kept after %d saves, want those that run, ran well, or are being built: %v", len(kept), saves, kept)
	}
}

// lastBuild is the number of the newest build that was begun.
func (s *server) lastBuild() int {
	last := 0
	for _, m := range s.Since(0) {
		if m.Type == "build-started" {
			last = max(last, m.Build)
		}
	}
	return last
}

// binaries lists the compiled apps beside the one that runs.
func binaries(t *testing.T, s *server) []string {
	t.Helper()
	running := s.app
	for _, m := range s.Since(0) {
		if m.Type == "app-ready" {
			running = m.PID
		}
	}
	binary, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", running))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(binary), "app-*"))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}
