package templ

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestTemplatesOf looks for templates in files that hold their paths as executables do.
func TestTemplatesOf(t *testing.T) {
	t.Parallel()
	const read = 1 << 20 // at a time
	for _, c := range []struct {
		what, data string
		want       []string
		fails      bool
	}{
		{what: "nothing"},
		{what: "two files, one twice", data: "\x00/p/a_templ.go\x00/p/a.go\x00/p/b c_templ.go\x00\x00/p/a_templ.go\x00", want: []string{"/p/a_templ.go", "/p/b c_templ.go"}},
		{what: "the bare suffix within other text", data: "\x00no _templ.go file\x00"},
		{what: "a trimmed path", data: "\x00example.com/p/a_templ.go\x00", fails: true},
		{what: "a path across two reads", data: string(make([]byte, read-8)) + "/p/month/a_templ.go\x00", want: []string{"/p/month/a_templ.go"}},
		{what: "a path that ends a read", data: string(make([]byte, read-13)) + "/p/a_templ.go" + "\x00", want: []string{"/p/a_templ.go"}},
		{what: "a path that begins one", data: string(make([]byte, read)) + "/p/a_templ.go\x00", want: []string{"/p/a_templ.go"}},
	} {
		file := filepath.Join(t.TempDir(), "app")
		if err := os.WriteFile(file, []byte(c.data), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := templatesOf(file)
		if !slices.Equal(got, c.want) || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v, want %q", c.what, got, err, c.want)
		}
	}
}

// TestBuiltWithoutTempl has no text files for a program that does not use templ: this
// test.
func TestBuiltWithoutTempl(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	texts := New(dir)
	if err := texts.Built(self, timeOf(t, self)); err != nil {
		t.Fatal(err)
	}
	if env := texts.Env(self, nil); env != nil {
		t.Errorf("it is given %q", env)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it has %v", left)
	}
	if err := texts.Built(filepath.Join(dir, "none"), timeOf(t, self)); err == nil {
		t.Error("a program that is not there was read")
	}
}

// TestProgram changes a template while it is built, in text, in code, and back.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "page_templ.go")
	write := func(src []byte) {
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte(page))
	began := timeOf(t, path)
	if err := (&program{dir: dir, files: map[string]*text{}}).add(path, began.Add(-1)); err == nil {
		t.Error("a file that changed during the build was taken as built")
	}
	p := &program{dir: dir, files: map[string]*text{}, reads: true}
	if err := p.add(path, began); err != nil {
		t.Fatal(err)
	}
	texts := &Texts{programs: map[string]*program{"app": p}}
	file := filepath.Join(dir, textName(path))
	older := timeOf(t, file)
	for _, step := range []struct {
		what, old, new string
		shown          string // empty: it is to be built
	}{
		{"text", "</h1>", "!</h1>", "<h1 class=\\\"big\\\">\n!</h1>"},
		{"code", "title string", "title any", ""},
		{"code and text", "</h1>", "?</h1>", ""},
		{"code undone", "title any", "title string", "<h1 class=\\\"big\\\">\n!?</h1>"},
	} {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(bytes.Replace(src, []byte(step.old), []byte(step.new), 1))
		if differs := texts.Differs("app", path); differs != (step.shown != "") {
			t.Errorf("%s: in text alone: %t", step.what, differs)
		}
		err = texts.Show("app")
		if (err == nil) != (step.shown != "") {
			t.Errorf("%s: shown: %v", step.what, err)
		}
		if err != nil {
			continue
		}
		if got, _ := os.ReadFile(file); string(got) != step.shown {
			t.Errorf("%s: the text is %q, want %q", step.what, got, step.shown)
		}
		if now := timeOf(t, file); !now.After(older) || now.After(began) {
			t.Errorf("%s: the file is of %v, want it after %v and in the past", step.what, now, older)
		} else {
			older = now
		}
	}
	if texts.Differs("other", path) || texts.Differs("app", filepath.Join(dir, "other_templ.go")) {
		t.Error("a program or template that is not known is said to differ in text alone")
	}
	if env := texts.Env("app", []string{"A=1", Variable + "="}); env != nil || texts.Differs("app", path) {
		t.Errorf("a variable that is set already is set again: %q", env)
	}
}

func timeOf(t *testing.T, file string) time.Time {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}
