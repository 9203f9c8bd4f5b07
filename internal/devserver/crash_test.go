package devserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/reload"
)

// inProject returns a server of a project with some files. The server runs
// nothing.
func inProject(t *testing.T, files map[string]string) *server {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &server{project: &project{locator: locator{dir, dir, ""}}}
}

const panicking = "listening\npanic: no days\n\ngoroutine 7 [running]:\nDEP/dep.Call()\n\tDEP/dep/call.go:3 +0x1\nexample.com/app/api.days(...)\n\tMOD/api/days.go:2\nnet/http.(*conn).serve()\n\t/usr/local/go/src/net/http/server.go:9 +0x2\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:8 +0x3\n"

// TestCrashProblem explains exits of an app built with and without -trimpath.
func TestCrashProblem(t *testing.T) {
	t.Parallel()
	s := inProject(t, map[string]string{
		"go.mod":               "module example.com/app\n",
		"api/days.go":          "package api\nfunc days() { panic(\"no days\") }\n",
		"main.go":              "package main\n",
		"vendor/dep/call.go":   "package dep\n\n// here\n",
		"pkg/mod/dep/other.go": "package dep\n",
	})
	for _, module := range []string{s.root, "example.com/app"} {
		tail := strings.NewReplacer("MOD", module, "DEP", module+"/vendor").Replace(panicking)
		p := s.crashProblem(&process.ExitError{Code: 2, Tail: tail})
		if p.Source != problem.Crash || p.Text != "panic: no days" || p.File != "api/days.go" || p.Line != 2 || len(p.Excerpt) != 2 || p.Output != "listening" {
			t.Errorf("module %s: got %+v", module, p)
		}
		if len(p.Frames) != 3 || p.Frames[0].Function != "api.days" || p.Frames[1].File != "vendor/dep/call.go" {
			t.Errorf("module %s: frames %+v", module, p.Frames)
		}
		if want := "app exited with code 2 in goroutine 7 [running], created by http.(*Server).Serve"; len(p.Notes) != 1 || p.Notes[0] != want {
			t.Errorf("notes %q, want %q", p.Notes, want)
		}
		shown := p.Public()
		if shown.Path != filepath.Join(s.root, "api", "days.go") || shown.Frames[2].File != "net/http/server.go" {
			t.Errorf("browsers are shown %+v", shown)
		}
	}
	setting := &config.Error{File: filepath.Join(s.root, ".env"), Line: 2, Column: 1, Text: "a quoted value has no end"}
	if p := s.crashProblem(fmt.Errorf("start: %w", setting)); p.Source != problem.App || p.Text != setting.Text || p.File != ".env" || p.Line != 2 || p.Column != 1 {
		t.Errorf("a broken env file: got %+v", p)
	}
	for want, exit := range map[string]*process.ExitError{
		"app was ended by a signal: killed":      {Code: -1, Signal: "killed", Tail: "busy\n"},
		"app exited with code 1: no database":    {Code: 1, Tail: "2026/01/02 03:04:05 main.go:1: no database\n"},
		"app exited with code 3":                 {Code: 3},
		"app exited with code 1: //host/x.go: x": {Code: 1, Tail: "//host/x.go: x\n"},
	} {
		p := s.crashProblem(exit)
		if p.Text != want || (p.File == "main.go") != strings.Contains(exit.Tail, "main.go") {
			t.Errorf("got %+v, want %q", p, want)
		}
		if memory := strings.Contains(strings.Join(p.Notes, ""), "memory runs out"); memory != (exit.Signal == "killed") {
			t.Errorf("%s: notes %q", want, p.Notes)
		}
	}
}

// TestTemplateProblem finds the template that an app could not parse.
func TestTemplateProblem(t *testing.T) {
	t.Parallel()
	s := inProject(t, map[string]string{
		"templates/page.html": "<p>\n{{ .Nope\n", "a/twice.html": "", "b/twice.html": "<p>\n{{ wit }}\n", "node_modules/x/page.html": "", ".git/page.html": "",
	})
	for name, want := range map[string]string{
		"page.html": "templates/page.html", "templates/page.html": "templates/page.html",
		"twice.html": "", "gone.html": "", "ge.html": "", "../page.html": "", "/etc/page.html": "",
	} {
		text := "app: template: " + name + ":2: unclosed action"
		p := s.crashProblem(&process.ExitError{Code: 1, Tail: text + "\n"})
		if p.File != want || want != "" && (p.Line != 2 || len(p.Excerpt) != 2) || p.Text != "app exited with code 1: "+text || p.Output != "" {
			t.Errorf("%s: got %+v, want a place in %q, and the words once", name, p, want)
		}
	}
	s.appDir = filepath.Join(s.root, "b") // as of an example in the repository of a library
	for name, want := range map[string]string{"twice.html": "b/twice.html", "page.html": "templates/page.html", "gone.html": ""} {
		said := "template: " + name + ":2: function \"wit\" not defined"
		for how, tail := range map[string]string{
			"an error":         "app: " + said,
			"a log":            "2026/01/02 03:04:05 parse: " + said,
			"a structured log": `time=2026-01-02T03:04:05Z level=ERROR msg=start err="` + strings.ReplaceAll(said, `"`, `\"`) + `"`,
			"JSON":             `{"level":"ERROR","err":"` + strings.ReplaceAll(said, `"`, `\"`) + `"}`,
			"while executing":  "app: template: " + name + `:2:7: executing "x" at <.Nope>: no such field`,
			"a panic":          "panic: " + said + "\n\ngoroutine 1 [running]:\nhtml/template.Must(...)\n\t/nowhere/template.go:3\nmain.main()\n\t/elsewhere/main.go:3 +0x1\n",
		} {
			if p := s.crashProblem(&process.ExitError{Code: 1, Tail: tail + "\n"}); p.File != want || want != "" && p.Line != 2 {
				t.Errorf("%s of %s: place %s:%d, want %q", how, name, p.File, p.Line, want)
			}
		}
	}
	if p := s.crashProblem(&process.ExitError{Code: 1, Tail: "connecting\nno database\n"}); p.Output != "connecting\nno database" {
		t.Errorf("output %q, want all of it", p.Output)
	}
}

func TestOwn(t *testing.T) {
	t.Parallel()
	s := inProject(t, map[string]string{"a.go": "", "vendor/x/a.go": "", "node_modules/x/a.js": "", "cache/pkg/mod/x@v1/a.go": "", "dir/a.go": "", ".env": "", ".git/config": ""})
	for name, want := range map[string]bool{
		"a.go": true, "dir/a.go": true, "vendor/x/a.go": false, "node_modules/x/a.js": false,
		"cache/pkg/mod/x@v1/a.go": false, "gone.go": false, "dir": false, ".env": false, ".git/config": false, "../outside.go": false, "": false,
	} {
		file := name
		if name != "" {
			file = filepath.Join(s.root, filepath.FromSlash(name))
		}
		if got := s.own(file); got != want {
			t.Errorf("own(%q) = %v, want %v", name, got, want)
		}
	}
}

// TestRuntimeProblem maps a page error through the source map of its script.
func TestRuntimeProblem(t *testing.T) {
	t.Parallel()
	s := inProject(t, map[string]string{"web/main.ts": "let a;\nlet 🗓 = a.b.c;\n", "web/other.ts": "\n", "secrets.ts": "password\n"})
	script := bundle.Outputs{
		// Line 1 of the script is line 2, column 9 of the source in UTF-16: 🗓 counts twice.
		"/assets/main.js.map": {Contents: []byte(`{"version":3,"sources":["../web/main.ts","../../elsewhere.ts","../secrets.ts"],"mappings":"AACA,QAAQ;ACAR;ACAA"}`)},
	}
	r := reload.Runtime{
		Name: "TypeError", Message: "no b",
		Stack: "TypeError: no b\n    at dead (http://localhost/assets/main.js:2:1)\n    at f (http://localhost/assets/main.js?v=1:1:9)\n    at g (http://localhost/assets/other.js:1:1)\n    at h (http://localhost/assets/main.js:99:1)",
	}
	if p := s.runtimeProblem(r); p.Text != "TypeError: no b" || p.File != "" || len(p.Frames) != 0 {
		t.Errorf("before anything is served: %+v", p)
	}
	s.views.published.Store(&script)
	inputs := set([]string{filepath.Join(s.root, "web", "main.ts")})
	s.views.webFiles.Store(&inputs)
	p := s.runtimeProblem(r)
	if p.Source != problem.Runtime || p.File != "web/main.ts" || p.Line != 2 || p.Column != 8 || len(p.Excerpt) == 0 {
		t.Errorf("got %+v, want web/main.ts:2:8", p)
	}
	if len(p.Frames) != 2 || p.Frames[0].Function != "f" || p.Frames[1].Function != "dead" {
		t.Errorf("frames %+v, want the project's own first", p.Frames)
	}
	r.Stack = "TypeError: no b\n    at stray (http://localhost/assets/main.js:3:1)"
	if p := s.runtimeProblem(r); p.File != "" || len(p.Excerpt) > 0 || len(p.Frames) != 1 {
		t.Errorf("a file that only a source map names is shown: %+v", p)
	}
	if page := p.Public(); strings.Contains(page.Frames[1].File, s.root) {
		t.Errorf("a page is told %+v", page.Frames)
	}
}
