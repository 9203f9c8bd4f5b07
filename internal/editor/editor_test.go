package editor

import (
	"slices"
	"strings"
	"testing"
)

var here = Place{File: "/src/api/month.go", Path: "api/month.go", Line: 41, Column: 7}

func TestCommand(t *testing.T) {
	t.Parallel()
	for chosen, want := range map[string]string{
		"code":                               "code -g /src/api/month.go:41:7",
		"code --wait":                        "code -g /src/api/month.go:41:7",
		"code -r":                            "code -r -g /src/api/month.go:41:7",
		"/usr/bin/code-insiders":             "/usr/bin/code-insiders -g /src/api/month.go:41:7",
		"cursor":                             "cursor -g /src/api/month.go:41:7",
		"windsurf":                           "windsurf -g /src/api/month.go:41:7",
		"'/Applications/My Editor/bin/code'": "/Applications/My Editor/bin/code -g /src/api/month.go:41:7",
		"zed":                                "zed /src/api/month.go:41:7",
		"subl -w":                            "subl /src/api/month.go:41:7",
		"goland":                             "goland --line 41 --column 7 /src/api/month.go",
		"/opt/goland/bin/goland64":           "/opt/goland/bin/goland64 --line 41 --column 7 /src/api/month.go",
		"webstorm.sh":                        "webstorm.sh --line 41 --column 7 /src/api/month.go",
		"idea.cmd":                           "idea.cmd --line 41 --column 7 /src/api/month.go",
		"kate --block":                       "kate -l 41 -c 7 /src/api/month.go",
		"gedit":                              "gedit +41:7 /src/api/month.go",
		"gvim":                               "gvim --remote-silent +call cursor(41,7) /src/api/month.go",
		"emacsclient":                        "emacsclient -n +41:7 /src/api/month.go",
		"emacsclient -a ''":                  "emacsclient -a  -n +41:7 /src/api/month.go",
		"emacs":                              "emacs +41:7 /src/api/month.go",
		"mate":                               "mate -l 41:7 /src/api/month.go",
		"my-own-script --new":                "my-own-script --new /src/api/month.go",
	} {
		e, err := Choose(Options{Setting: chosen})
		if err != nil {
			t.Errorf("%s: %v", chosen, err)
			continue
		}
		got, err := e.Command(here)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, %v, want %q", chosen, got, err, want)
		}
	}
}

// TestTable holds every entry to what it is there for.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range table {
		for _, name := range s.names {
			if seen[name] || base(name) != name {
				t.Errorf("%s is named twice, or not as it would be found", name)
			}
			seen[name] = true
			e, err := Choose(Options{LaunchEditor: name})
			if s.terminal {
				if err == nil || !strings.Contains(err.Error(), name+" needs a terminal") || !strings.Contains(err.Error(), "overlay.editor") {
					t.Errorf("%s: got %v, want to hear that it needs a terminal, and what to do", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			argv, err := e.Command(here)
			all := strings.Join(argv, " ")
			if err != nil || argv[0] != name || strings.Count(all, here.File) != 1 || !strings.Contains(all, "41") || strings.Contains(all, "{") {
				t.Errorf("%s: got %q, %v", name, argv, err)
			}
			// Nothing of a place that says little may become a line 0.
			if argv, _ = e.Command(Place{File: "/a"}); strings.Contains(strings.Join(argv, " "), "0") {
				t.Errorf("%s: got %q for a file alone", name, argv)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	runs := func(programs ...string) func() []string { return func() []string { return programs } }
	for name, c := range map[string]struct {
		options Options
		want    string // first word, or a part of the error
	}{
		"the strongest":                {Options{"zed", "code", "subl", "kate", runs("/usr/bin/gedit")}, "zed"},
		"then the setting":             {Options{"", "code", "subl", "kate", runs("/usr/bin/gedit")}, "code"},
		"then VISUAL":                  {Options{"", " ", "subl", "kate", runs("/usr/bin/gedit")}, "subl"},
		"then EDITOR":                  {Options{"", "", "", "kate", runs("/usr/bin/gedit")}, "kate"},
		"then what runs":               {Options{"", "", "", "", runs("/bin/sh", "/usr/bin/gedit")}, "gedit"},
		"EDITOR after a terminal one":  {Options{"", "", "vim", "kate", nil}, "kate"},
		"what runs after terminals":    {Options{"", "", "vim", "nano", runs("/usr/share/code/code")}, "code"},
		"under another name":           {Options{"", "", "", "", runs("/opt/sublime_text/sublime_text")}, "subl"},
		"the better of two that run":   {Options{"", "", "", "", runs("/usr/bin/gedit", "/usr/libexec/zed-editor")}, "zed"},
		"only terminals run":           {Options{"", "", "", "", runs("/usr/bin/vim", "/usr/bin/emacs")}, "no editor is known"},
		"only a terminal one":          {Options{"", "", "", "vim", runs("/bin/sh")}, "vim needs a terminal"},
		"asked for a terminal":         {Options{"", "nvim", "code", "", nil}, "nvim needs a terminal"},
		"emacs without a window":       {Options{"", "", "", "emacs -nw", nil}, "emacs needs a terminal"},
		"nothing":                      {Options{}, "no editor is known"},
		"no words":                     {Options{"", "''", "", "", nil}, ""},
		"no shell":                     {Options{"", "code $(id)", "", "", nil}, "is no command"},
		"a broken quote":               {Options{"", "code '", "", "", nil}, "is no command"},
		"a page, not an editor":        {Options{"", "https://evil.test/{file}", "", "", nil}, "no URL that opens an editor"},
		"a script, not an editor":      {Options{"", "JavaScript://{file}", "", "", nil}, "no URL that opens an editor"},
		"a template without the place": {Options{"", "vscode://file/", "", "", nil}, "neither {file} nor {path}"},
	} {
		e, err := Choose(c.options)
		switch {
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: got error %q, want one with %q", name, err, c.want)
		case err == nil && e.words[0] != c.want:
			t.Errorf("%s: got %q, want %q", name, e.words, c.want)
		case err != nil && !strings.Contains(err.Error(), "overlay.editor"):
			t.Errorf("%s: the error %q does not say what to do", name, err)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, file, want string }{
		{"vscode://file/{file}:{line}:{column}", "/src/a.go", "vscode://file/src/a.go:41:7"},
		{"vscode://file{file}:{line}", "/src/a.go", "vscode://file/src/a.go:41"},
		{"vscode://file/{file}:{line}", "/src/ü b.go", "vscode://file/src/%C3%BC%20b.go:41"},
		{"vscode://vscode-remote/wsl+Debian/{file}:{line}", "/a.go", "vscode://vscode-remote/wsl+Debian/a.go:41"},
		{"idea://open?file={file}&line={line}", "/a&line=1?x#y+z.go", "idea://open?file=/a%26line%3D1%3Fx%23y%2Bz.go&line=41"},
		{"vscode://file/Users/me/project/{path}:{line}", "/app/x/a.go", "vscode://file/Users/me/project/x/a.go:41"},
		{"zed://file/{file}", "/%7B{line}", "zed://file/%257B%7Bline%7D"},
	} {
		e, err := Choose(Options{Setting: c.template})
		if err != nil {
			t.Errorf("%s: %v", c.template, err)
			continue
		}
		got, err := e.URL(Place{File: c.file, Path: "x/a.go", Line: 41, Column: 7})
		if err != nil || got != c.want {
			t.Errorf("%s with %s: got %q, %v, want %q", c.template, c.file, got, err, c.want)
		}
		if argv, err := e.Command(here); err == nil {
			t.Errorf("%s is also the command %q", c.template, argv)
		}
	}
}

// TestHostilePlaces gives what nobody should open.
func TestHostilePlaces(t *testing.T) {
	t.Parallel()
	for _, chosen := range []string{"code", "goland", "my-own-script", "vscode://file/{file}"} {
		e, err := Choose(Options{Setting: chosen})
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{
			"", "main.go", "-x", "--install-extension=evil", "../../etc/passwd", `\\host\share\x.go`, "//host/share/x.go",
			`\\?\C:\x`, `\\.\pipe\x`, "/a\nb.go", "/a\x00b.go", "/a\x1b[31m.go", "/a\x7f",
		} {
			argv, commandErr := e.Command(Place{File: file})
			url, urlErr := e.URL(Place{File: file})
			if len(argv) > 0 || strings.Contains(url, "file/") {
				t.Errorf("%s opens %q: %q, %q (%v, %v)", chosen, file, argv, url, commandErr, urlErr)
			}
		}
	}
}

// TestStrangeNames gives names that are allowed, and must stay one argument.
func TestStrangeNames(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"/a b.go", "/-x.go", "/a;touch pwned;.go", "/$(id).go", "/`id`.go", "/%CD%.go", "/a & calc.go", "/'\".go", "/{line}.go", "/a:12:3.go"} {
		e, err := Choose(Options{Setting: "goland"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Command(Place{File: file, Line: 2, Column: 3})
		if want := []string{"goland", "--line", "2", "--column", "3", file}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestBatchFiles(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{`C:\a & calc.go`, "%CD%", "^", `a"b`, "a|b", "a;b", "a,b", "(a)"} {
		if checkBatch(`C:\code\bin\code.cmd`, []string{"-g", arg}) == nil || checkBatch("code.BAT", []string{arg}) == nil {
			t.Errorf("%q was given to a batch file", arg)
		}
		if err := checkBatch(`C:\code\code.exe`, []string{arg}); err != nil {
			t.Errorf("%q: %v", arg, err)
		}
	}
	if err := checkBatch("code.cmd", []string{"-g", `C:\src\über uns\month.go:41:7`}); err != nil {
		t.Error(err)
	}
}

// FuzzPlace gives what a person never chose: the names of files.
func FuzzPlace(f *testing.F) {
	f.Add("/a.go", 1, 2)
	f.Add("/ü&.go", -1, 0)
	f.Add(`\\host\a.go`, 1<<40, 1)
	var editors []Editor
	for _, chosen := range []string{"code", "goland", "gvim", "emacs", "own-script", "vscode://file/{file}:{line}"} {
		e, err := Choose(Options{LaunchEditor: chosen})
		if err != nil {
			f.Fatal(err)
		}
		editors = append(editors, e)
	}
	f.Fuzz(func(t *testing.T, file string, line, column int) {
		for _, e := range editors {
			place := Place{File: file, Line: line, Column: column}
			argv, err := e.Command(place)
			if err == nil && (!strings.HasPrefix(file, "/") || strings.HasPrefix(file, "//")) {
				t.Errorf("%q opens %q", argv, file)
			}
			if err == nil && !slices.ContainsFunc(argv[1:], func(arg string) bool { return strings.HasPrefix(arg, file) }) {
				t.Errorf("%q does not open %q", argv, file)
			}
			url, err := e.URL(place)
			if err == nil && strings.ContainsAny(url, " \n\"<>&?#") {
				t.Errorf("%q ends or splits its URL: %s", file, url)
			}
		}
	})
}
