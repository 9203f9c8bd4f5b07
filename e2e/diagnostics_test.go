//go:build unix

package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// lineOf finds the line of a file that holds a text.
func (p *project) lineOf(name, text string) int {
	p.t.Helper()
	for i, line := range strings.Split(p.read(name), "\n") {
		if strings.Contains(line, text) {
			return i + 1
		}
	}
	p.t.Fatalf("%s has no %q", name, text)
	return 0
}

// at checks where a problem is said to be, and that its excerpt shows the line.
func (p *project) at(got devtooltest.Problem, source, file, text string) {
	p.t.Helper()
	line := p.lineOf(file, text)
	if got.Source != source || got.File != file || got.Line != line {
		p.t.Errorf("problem %+v, want source %s at %s:%d", got, source, file, line)
	}
	for _, shown := range got.Excerpt {
		if shown.Number == line && strings.Contains(shown.Text, text) {
			return
		}
	}
	p.t.Errorf("the excerpt does not show %q: %+v", text, got.Excerpt)
}

// says waits until the panel of the overlay says all of some texts.
func says(tab *browsertest.Tab, texts ...string) {
	tab.Until(browsertest.PanelShown)
	for _, text := range texts {
		tab.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, text))
	}
}

// page asks for the front page as a browser does.
func (s *server) page() (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

const nilMap = "\n\tvar days map[string]int\n\tdays[\"monday\"] = 1 // the culprit\n"

// TestBrowserCrashAtStart starts with an app that panics: terminal, stream,
// page and overlay say where. The fix brings the app.
func TestBrowserCrashAtStart(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.edit("app.go", "*app, error) {\n", "*app, error) {\n"+nilMap)
	browser := browsertest.Start(t)
	s := p.startOnly()
	s.url = s.Await("the address", func(m devtooltest.Message) bool { return m.Type == "listening" }).URLs[0]
	got := s.Await("the outcome", devtooltest.Finished(1))
	if got.Result != "crashed" || len(got.Problems) != 1 {
		t.Fatalf("outcome %+v, want a crash", got)
	}
	crash := got.Problems[0]
	p.at(crash, "crash", "app.go", "the culprit")
	if crash.Message != "panic: assignment to entry in nil map" || len(crash.Frames) < 3 || crash.Frames[0].Function != "main.newApp" || crash.Frames[1].File != "main.go" {
		t.Errorf("problem %+v", crash)
	}
	place := fmt.Sprintf("app.go:%d", crash.Line)

	status, text := s.page()
	if status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{place, crash.Message, "main.newApp", "the culprit"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, p.dir) {
		t.Errorf("the page tells where the project is:\n%s", text)
	}
	tab := browser.Open(s.url)
	says(tab, place, crash.Message, "main.newApp", "main.go:", "goroutine 1")
	s.Outcome(func() { p.edit("app.go", nilMap, "") })
	tab.Until(`document.getElementById("calendar") !== null`)

	s.Stop()
	if said := s.Stderr(); !strings.Contains(said, place+": error: "+crash.Message) {
		t.Errorf("the terminal does not say %s:\n%s", place, said)
	}
}

const boom = `
	mux.HandleFunc("POST /boom", func(http.ResponseWriter, *http.Request) {
		go func() { panic("<img src=x onerror=alert(1)> <b>boom</b>") }() // the culprit
		select {}
	})
`

// TestBrowserPanic lets a goroutine of the app panic, twice.
func TestBrowserPanic(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	w.Outcome(func() { w.edit("app.go", "mux := http.NewServeMux()\n", "mux := http.NewServeMux()\n"+boom) })
	for times := 1; times <= 2; times++ {
		from := w.Mark()
		res, err := http.Post(w.url+"/boom", "", nil) // which nobody repeats by themselves
		if err == nil {
			res.Body.Close()
		}
		crash := w.AwaitAfter(from, "the crash", func(m devtooltest.Message) bool { return m.Type == "app-crashed" })
		if len(crash.Problems) != 1 {
			t.Fatalf("told %+v, want one problem", crash)
		}
		got := crash.Problems[0]
		w.at(got, "crash", "app.go", "the culprit")
		if got.Message != "panic: <img src=x onerror=alert(1)> <b>boom</b>" || times == 2 && got.Repeated != 2 {
			t.Errorf("crash %d: %+v", times, got)
		}
		w.AwaitAfter(from, "the restart", func(m devtooltest.Message) bool { return m.Type == "app-ready" })
		// The app is back: the page is left usable, and the crash told of.
		w.tab.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "crashed and was started again.\n"+got.Message))
		if browsertest.Eval[bool](w.tab, browsertest.PanelShown) {
			t.Error("a crash that is over opened the panel")
		}
	}
	late := w.browser.Open(w.url)
	late.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "1 warning"))
	for _, tab := range []*browsertest.Tab{w.tab, late} {
		tab.Press(".toast .act")
		says(tab, fmt.Sprintf("app.go:%d", w.lineOf("app.go", "the culprit")), "main.(*app).handler.func1", "created by main.(*app).handler", "repeated 2 times", "The app keeps running.")
	}
	// Who has read it is not told again.
	late.Do(chromedp.Reload())
	late.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "1 warning"))
	if browsertest.Eval[bool](late, `document.querySelector("devtool-overlay").shadowRoot.querySelector(".toast") !== null`) {
		t.Error("a crash that was read about is told of again")
	}
	late.Press(".dot")
	says(late, "repeated 2 times")
	if browsertest.Eval[bool](late, `document.querySelector("devtool-overlay").shadowRoot.querySelector("img, b") !== null`) {
		t.Error("a message became markup")
	}
	w.Outcome(func() { w.edit("app.go", boom, "") })
	w.tab.Until("!(" + browsertest.PanelShown + ")")
	late.Until("!(" + browsertest.PanelShown + ")")
}

const throws = `
interface Day { readonly name: string }
function explode(day?: Day): string {
  return "🗓" + day!.name; // the culprit
}
addEventListener("explode", () => explode());
addEventListener("reject", () => void Promise.reject(new RangeError("<b>no such day</b>"))); // rejected here
`

// TestBrowserRuntimeError throws in a page: the terminal hears once, and is led
// to the TypeScript; the page stays usable under a dot, until it is mended.
func TestBrowserRuntimeError(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	w.Outcome(func() { w.append("web/main.ts", throws) })
	w.tab.Until(`window.__mark === undefined && document.readyState === "complete"`)
	threw := func(what string) devtooltest.Problem {
		t.Helper()
		from := w.Mark()
		browsertest.Eval[bool](w.tab, fmt.Sprintf(`(setTimeout(() => dispatchEvent(new Event(%q))), true)`, what))
		return w.AwaitAfter(from, "the error", func(m devtooltest.Message) bool { return m.Type == "page-threw" }).Problem
	}
	got := threw("explode")
	w.at(got, "runtime", "web/main.ts", "the culprit")
	if !strings.HasPrefix(got.Message, "TypeError: Cannot read properties of undefined (reading 'name')") {
		t.Errorf("message %q", got.Message)
	}
	// Chromium points at the property. A code point counts once.
	if column := 1 + len([]rune(`  return "🗓" + day!.`)); got.Column != column {
		t.Errorf("column %d, want %d", got.Column, column)
	}
	if len(got.Frames) < 2 || got.Frames[0].Function != "explode" || got.Frames[1].Line != w.lineOf("web/main.ts", `"explode"`) {
		t.Errorf("frames %+v", got.Frames)
	}
	rejected := threw("reject")
	w.at(rejected, "runtime", "web/main.ts", "rejected here")
	if rejected.Message != "RangeError: <b>no such day</b>" {
		t.Errorf("message %q", rejected.Message)
	}

	late := w.browser.Open(w.url)
	late.Until(fmt.Sprintf("(%s).includes(%q)", browsertest.OverlayText, "2 errors"))
	if browsertest.Eval[bool](late, browsertest.PanelShown) {
		t.Error("an error of a page opened the panel by itself")
	}
	late.Press(".dot")
	says(late, fmt.Sprintf("web/main.ts:%d:%d", got.Line, got.Column), "TypeError", "explode")

	// The error lives as long as its document: a reload by hand ends it.
	from := w.Mark()
	w.Outcome(func() { w.edit("web/main.ts", throws, "") })
	late.Until(`!(` + browsertest.OverlayText + `).includes("error")`)
	for _, m := range w.Since(from) {
		if m.Type == "page-threw" {
			t.Errorf("told of an error of a page that was to be reloaded: %+v", m)
		}
	}
}

// TestBrowserGenerator breaks what a generator reads.
func TestBrowserGenerator(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"gen.sh": wordsGenerator, "words.txt": "one", ".git/info/exclude": "",
		"devtool.toml": "[[generate]]\nname = \"words\"\nrun = \"sh gen.sh\"\ninputs = [\"words.txt\"]\n",
	})
	p.edit("main.go", "io.WriteString(w, page())", `w.Header().Set("Content-Type", "text/html"); io.WriteString(w, "<!doctype html>"+page())`)
	browser := browsertest.Start(t)
	s := p.start()
	tab := browser.Open(s.url)
	s.Outcome(func() { p.write("words.txt", "one\nBAD <b>") })
	late := browser.Open(s.url)
	late.Do(chromedp.Reload())
	for _, tab := range []*browsertest.Tab{tab, late} {
		says(tab, "Generator", "words.txt:2:2", "words: a bad word", "BAD <b>", "Output of the generator", "The app keeps running.")
	}
	s.Outcome(func() { p.write("words.txt", "mended") })
	for _, tab := range []*browsertest.Tab{tab, late} {
		tab.Until(`document.body.innerText.includes("mended")`)
		tab.Until("!(" + browsertest.PanelShown + ") && !(" + browsertest.DotShown + ")")
	}
}

// TestBrowserTextError lets a template fail while it is shown: the app's answer
// is a plain text, and yet the tab hears when that is mended.
func TestBrowserTextError(t *testing.T) {
	t.Parallel()
	w := startSession(t)
	whole := w.read("templates/page.html")
	w.Outcome(func() { w.write("templates/page.html", whole+"{{ .Nope }}") })
	w.tab.Until(`document.body.innerText.includes("cannot be shown")`)
	w.Outcome(func() { w.write("templates/page.html", whole) })
	w.tab.Until(`document.getElementById("calendar") !== null`)
}

// TestBrowserOpenInEditor clicks on a place in the overlay, and reads what the
// editor was told.
func TestBrowserOpenInEditor(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	tools := t.TempDir()
	record, program := filepath.Join(tools, "record"), filepath.Join(tools, "code")
	if err := syscall.Mkfifo(record, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(record, os.O_RDWR, 0) // for writing too, or to open it would wait
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s|' \"$@\" >'"+record+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.write("devtool.toml", fmt.Sprintf("[overlay]\neditor = %q\n", program+" --wait"))
	w := session{project: p, browser: browsertest.Start(t)}
	w.server = w.start()
	w.tab = w.browser.Open(w.url)
	got := w.Outcome(func() { w.append("page.go", "\nfunc broken() { undefinedThing() }\n") })
	says(w.tab, "undefined: undefinedThing")
	w.tab.Press(".head .place")
	want := fmt.Sprintf("-g|%s:%d:%d|", filepath.Join(p.dir, "page.go"), got.Problems[0].Line, got.Problems[0].Column)
	if told := readFIFO(t, pipe, len(want)); told != want {
		t.Errorf("the editor was told %q, want %q", told, want)
	}
	shown := browsertest.Eval[string](w.tab, browsertest.OverlayText)
	if strings.Contains(shown, p.dir) || strings.Contains(shown, "could not") {
		t.Errorf("the overlay says\n%s", shown)
	}

	// Without the token, or from a page of somebody else, nothing opens.
	for name, header := range map[string]http.Header{
		"no token":       {"Content-Type": {"application/json"}},
		"foreign origin": {"Content-Type": {"application/json"}, "Origin": {"http://evil.test"}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/__devtool/open", strings.NewReader(`{"id":"/etc/passwd"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", name, res.StatusCode)
		}
	}
}

// readFIFO reads what a program is expected to write.
func readFIFO(t *testing.T, pipe *os.File, n int) string {
	t.Helper()
	if err := pipe.SetReadDeadline(time.Now().Add(devtooltest.Patience)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, n)
	if read, err := io.ReadFull(pipe, text); err != nil {
		t.Fatalf("read %q: %v", text[:read], err)
	}
	return string(text)
}
