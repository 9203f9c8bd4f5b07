package devserver

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/policy"
)

// outsideApp serves a text from the module next to it.
const outsideApp = `package main

import (
	"fmt"
	"net/http"
	"os"

	"example.test/lib"
)

func main() {
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, lib.V())
	}))
}
`

func lib(v string) string {
	return "package lib\n\nimport \"example.test/lib/sub\"\n\nfunc V() string { return \"" + v + "\" + sub.V() }\n"
}

func outsideFiles() map[string]string {
	return map[string]string{
		"main.go":         outsideApp,
		"go.mod":          "module example.test/app\n\ngo 1.26\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../lib\n",
		"../lib/go.mod":   "module example.test/lib\n\ngo 1.26\n",
		"../lib/v.go":     lib("1"),
		"../lib/sub/v.go": "package sub\n\nfunc V() string { return \"a\" }\n",
	}
}

func (s *session) get() string {
	s.t.Helper()
	res, err := http.Get(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// finished awaits the next outcome with a result.
func (s *session) finished(result policy.Result) policy.BuildFinished {
	s.t.Helper()
	return await(s, func(m policy.BuildFinished) bool { return m.Result == result })
}

// exists waits until something has made a file.
func (s *session) exists(name string) {
	s.t.Helper()
	deadline := time.After(longest)
	for {
		if _, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			return
		}
		select {
		case <-deadline:
			s.t.Fatalf("waited %v in vain for %s", longest, name)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestOutsideEditedDuringFirstBuild checks that an edit of a file outside the
// project during the first build is not lost, although it is only known
// afterwards that the build reads it.
func TestOutsideEditedDuringFirstBuild(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]struct{ file, text, want string }{
		"a file of the module":    {"../lib/v.go", lib("2"), "2a"},
		"a package below it":      {"../lib/sub/v.go", "package sub\n\nfunc V() string { return \"b\" }\n", "1b"},
		"a new file of a package": {"../lib/new.go", "package lib\n\nimport \"os\"\n\nfunc init() { os.Stdout.WriteString(\"new\") }\n", "1a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := outsideFiles()
			files["devtool.toml"] = "[go]\ncommand = [\"sh\", \"-c\", \"go build -o .bin/app . && touch .bin/built && until [ -e .bin/go ]; do sleep 0.01; done\"]\noutput = \".bin/app\"\n"
			s := serveProject(t, files)
			s.exists(".bin/built")
			s.write(edit.file, edit.text)
			s.write(".bin/go", "")
			s.finished(policy.Reloaded)
			s.finished(policy.Reloaded)
			if got := s.get(); got != edit.want {
				t.Errorf("%q is served, want %q", got, edit.want)
			}
		})
	}
}

// TestOutsideComesBack removes a module or a package outside the project for a
// while, as a checkout does. Its return fixes the build, and edits of its files
// count again.
func TestOutsideComesBack(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"the module": "../lib", "a package of it": "../lib/sub"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProject(t, outsideFiles())
			s.finished(policy.Reloaded)
			s.known("../lib/v.go", lib("2"), "2a")

			from, away := filepath.Join(s.dir, dir), filepath.Join(s.dir, "../away")
			if err := os.Rename(from, away); err != nil {
				t.Fatal(err)
			}
			s.finished(policy.Broken)
			s.write("main.go", outsideApp+"\n") // so that the graph of the broken tree is loaded
			s.finished(policy.Broken)
			if err := os.Rename(away, from); err != nil {
				t.Fatal(err)
			}
			await(s, func(m policy.BuildFinished) bool { return m.Result != policy.Broken })
			s.known("../lib/sub/v.go", "package sub\n\nfunc V() string { return \"c\" }\n", "2c")
		})
	}
}

// known edits a file of the program and waits until the result is served.
func (s *session) known(name, text, want string) {
	s.t.Helper()
	s.write(name, text)
	for s.finished(policy.Reloaded); s.get() != want; s.finished(policy.Reloaded) {
	}
}

// TestIgnoredSourceMends checks that a source which git ignores belongs to the
// build if it is in the directory of a package, even if it is what the build was
// missing.
func TestIgnoredSourceMends(t *testing.T) {
	t.Parallel()
	s := serveProject(t, map[string]string{
		".gitignore": "*_templ.go\n",
		"main.go":    "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, fresh()) }))\n}\n",
	})
	s.finished(policy.Broken)
	s.graphKnown()
	s.write("b_templ.go", "package main\n\nfunc fresh() string { return \"fresh\" }\n")
	s.finished(policy.Reloaded)
	if got := s.get(); got != "fresh" {
		t.Errorf("%q is served, want %q", got, "fresh")
	}
}

// TestIgnoredInputOfGenerator checks that what a generator reads counts although
// git ignores the file or its directory.
func TestIgnoredInputOfGenerator(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ ignored, inputs, file string }{
		"a file":      {"*_local.txt", "words/*.txt", "words/b_local.txt"},
		"a directory": {"words/", "words/*.txt", "words/b.txt"},
		"by its name": {"b.words", "*.words", "b.words"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProject(t, map[string]string{
				".gitignore":   test.ignored + "\n",
				"words/a.txt":  "one",
				"gen.sh":       "{ echo package main; echo; echo const words = '`'; cat words/*.txt *.words; echo '`'; } >words_gen.go; true\n",
				"devtool.toml": "[[generate]]\nrun = \"sh gen.sh\"\ninputs = [\"" + test.inputs + "\"]\noutputs = [\"words_gen.go\"]\n",
				"main.go":      "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, words) }))\n}\n",
			})
			s.finished(policy.Reloaded)
			s.write(test.file, "two")
			s.finished(policy.Reloaded)
			if got := s.get(); !strings.Contains(got, "two") {
				t.Errorf("%q is served, which lacks the new input", got)
			}
		})
	}
}

// TestGeneratedFileMeddledWith: an output that others remove is made again, and
// one that they edit is built, there and back.
func TestGeneratedFileMeddledWith(t *testing.T) {
	t.Parallel()
	const generated = "package words\n\nconst Words = `one`\n"
	for name, outputs := range map[string]string{
		"a file is declared": `outputs = ["words/words_gen.go"]`, "a directory is declared": `outputs = ["words"]`, "none is declared": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProject(t, map[string]string{
				".gitignore":   "/words/\n",
				"words.txt":    "one",
				"gen.sh":       "mkdir -p words; printf 'package words\\n\\nconst Words = `%s`\\n' $(cat words.txt) >words/words_gen.go\n",
				"devtool.toml": "[[generate]]\nrun = \"sh gen.sh\"\ninputs = [\"words.txt\"]\n" + outputs + "\n",
				"go.mod":       "module example.test/app\n\ngo 1.26\n",
				"main.go":      "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n\n\t\"example.test/app/words\"\n)\n\nfunc main() {\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, words.Words) }))\n}\n",
			})
			s.finished(policy.Reloaded)
			s.graphKnown()
			s.known("words/words_gen.go", strings.Replace(generated, "one", "two", 1), "two")
			s.known("words/words_gen.go", generated, "one")
			for _, gone := range []string{"words/words_gen.go", "words"} {
				if err := os.RemoveAll(filepath.Join(s.dir, gone)); err != nil {
					t.Fatal(err)
				}
				await(s, func(m policy.BuildFinished) bool { return m.Result != policy.Broken })
				s.exists("words/words_gen.go")
			}
			s.known("words.txt", "three", "three")
		})
	}
}

// graphKnown waits until the graph of the last build is loaded: only then is a
// new test file reported as one.
func (s *session) graphKnown() {
	s.t.Helper()
	s.write("nobody_test.go", "package main\n")
	await(s, func(m policy.Verbose) bool { return m.Text == "nobody_test.go is in no build: a test" })
}

// TestAppWritesWhatRestartsIt checks that an app which writes a page when it
// starts is reported and stops restarting, and that other edits take effect.
func TestAppWritesWhatRestartsIt(t *testing.T) {
	t.Parallel()
	s := serveProject(t, map[string]string{
		"out/.keep": "", "devtool.toml": "[[rule]]\npaths = [\"out/**\", \"*.tmpl\"]\naction = \"restart\"\n",
		"main.go":   "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n\t\"time\"\n)\n\nfunc main() {\n\tos.WriteFile(\"out/index.html\", []byte(time.Now().String()), 0o644)\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), http.NotFoundHandler())\n}\n",
		"page.tmpl": "one",
	})
	told := await(s, func(m policy.Remark) bool { return m.Hint != "" })
	if want := "the app writes out/index.html, which restarts it: held back from now on"; told.Text != want {
		t.Errorf("told %q, want %q", told.Text, want)
	}
	await(s, func(m policy.BuildFinished) bool { return true })
	s.write("page.tmpl", "two")
	m := await(s, func(m policy.BuildFinished) bool { return len(m.Files) > 0 && m.Files[len(m.Files)-1] == "page.tmpl" })
	if m.Result != policy.Reloaded {
		t.Errorf("an edit of something else: %+v, want the app replaced", m)
	}
}
