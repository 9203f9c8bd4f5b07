package crash_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/calendsync/devtool/internal/crash"
)

const source = "testdata/crasher/main.go"

// crasher builds the program that ends in many ways, once.
var crasher = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "crasher-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir, "./testdata/crasher").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return filepath.Join(dir, "crasher"), nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := crasher(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program)) // in the temporary directory anyway
	}
	os.Exit(code)
}

// end lets the program end in a way and returns its output.
func end(t *testing.T, how string, env ...string) string {
	t.Helper()
	program, err := crasher()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), program, how)
	cmd.Env = append(os.Environ(), env...)
	var exit *exec.ExitError
	out, err := cmd.CombinedOutput()
	if !errors.As(err, &exit) {
		t.Fatalf("the program did not fail: %v\n%s", err, out)
	}
	return string(out)
}

func own(file string) bool { return strings.HasSuffix(file, source) }

// lineOf finds the line that a way to end says is at fault.
func lineOf(t *testing.T, how string) int {
	t.Helper()
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if bytes.HasSuffix(line, []byte("// fails: "+how)) {
			return i + 1
		}
	}
	t.Fatalf("%s does not say where %q fails", source, how)
	return 0
}

var crashes = []struct {
	how, text, function string
	earlier             []string
	goroutine           string
}{
	{how: "nil map", text: "panic: assignment to entry in nil map", function: "main.(*entry).add"},
	{how: "index", text: "panic: runtime error: index out of range [11] with length 3"},
	{how: "nil", text: "panic: runtime error: invalid memory address or nil pointer dereference"},
	{how: "error", text: "panic: refused\nwith code 7"},
	{how: "value", text: "panic: (main.entry) "},
	{how: "goroutine", text: "panic: in the background", function: "main.inGoroutine.func1", goroutine: ", created by main.inGoroutine"},
	{how: "repanic", text: "panic: again and again", function: "main.repanic"},
	{how: "replaced", text: "panic: second", earlier: []string{"panic: first"}},
	{how: "callback", text: "panic: no order"},
	{how: "handler", text: "panic: in the end", function: "main.inHandler"},
	{how: "unlock", text: "fatal error: sync: unlock of unlocked mutex"},
	{how: "overflow", text: "fatal error: stack overflow", function: "main.overflow"},
}

// TestParse reads the reports of programs that really crashed, with each
// amount of detail that the runtime can be asked for.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range crashes {
		for _, traceback := range []string{"single", "all", "system"} {
			t.Run(c.how+" "+traceback, func(t *testing.T) {
				t.Parallel()
				output := "listening\n" + end(t, c.how, "GOTRACEBACK="+traceback) + "exit status 2\n"
				r, ok := crash.Parse(output, own)
				if !strings.HasPrefix(output[r.Begins:], c.text[:len("panic: ")]) {
					t.Errorf("begins with %.40q", output[r.Begins:])
				}
				if !ok || !strings.HasPrefix(r.Text, c.text) || !slices.Equal(r.Earlier, c.earlier) {
					t.Fatalf("got %+v, %v, want %q after %q, from:\n%s", r, ok, c.text, c.earlier, output)
				}
				if !strings.HasPrefix(r.Goroutine, "goroutine ") || !strings.HasSuffix(r.Goroutine, "]"+c.goroutine) {
					t.Errorf("goroutine %q, want one %q", r.Goroutine, c.goroutine)
				}
				at, ok := r.Place()
				if !ok || at.Line != lineOf(t, c.how) || !at.Own || !filepath.IsAbs(at.File) {
					t.Errorf("place %+v, want line %d of %s, from:\n%s", at, lineOf(t, c.how), source, output)
				}
				if c.function != "" && at.Function != c.function {
					t.Errorf("function %q, want %q", at.Function, c.function)
				}
				checkFrames(t, r.Frames)
			})
		}
	}
}

func checkFrames(t *testing.T, frames []crash.Frame) {
	t.Helper()
	if !slices.IsSortedFunc(frames, func(a, b crash.Frame) int { return rank(a) - rank(b) }) {
		t.Errorf("foreign frames before the user's: %+v", frames)
	}
	for i, f := range frames {
		if f.Line < 1 || f.File == "" || f.Function == "" || strings.HasPrefix(f.Function, "runtime.") || f.Function == "panic" {
			t.Errorf("frame %+v says nothing to a reader", f)
		}
		if slices.Contains(frames[:i], f) {
			t.Errorf("frame %+v twice", f)
		}
	}
	if len(frames) > 24 {
		t.Errorf("%d frames", len(frames))
	}
}

func rank(f crash.Frame) int {
	if f.Own {
		return 0
	}
	return 1
}

func TestParseNoReport(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"fatal", "exit", "killed"} {
		if r, ok := crash.Parse(end(t, how), own); ok {
			t.Errorf("%s: got %+v, want no report", how, r)
		}
	}
	// net/http survived this one, as the logger's words before it tell.
	handled, _, _ := strings.Cut(end(t, "handler"), "panic: in the end")
	if r, ok := crash.Parse(handled, own); ok {
		t.Errorf("a panic that was recovered from is no end: %+v", r)
	}
}

// TestParseCut cuts a report at every byte: what is left must be read for what
// it is worth.
func TestParseCut(t *testing.T) {
	t.Parallel()
	output := end(t, "goroutine")
	for n := len("panic: in the background"); n < len(output); n++ {
		r, ok := crash.Parse(output[:n], own)
		if !ok || r.Text != "panic: in the background" {
			t.Fatalf("got %+v, %v from %q", r, ok, output[:n])
		}
	}
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	fatal := crash.LastWords(end(t, "fatal"))
	if fatal.Text != "no database" || !own(fatal.File) || fatal.Line != lineOf(t, "fatal") {
		t.Errorf("got %+v, want the reason and line %d", fatal, lineOf(t, "fatal"))
	}
	if exit := crash.LastWords(end(t, "exit")); exit != (crash.Words{Text: "goodbye"}) {
		t.Errorf("got %+v", exit)
	}
	for output, want := range map[string]crash.Words{
		"": {},
		"starting\nlisten tcp :80: bind: permission denied\n\n": {Text: "listen tcp :80: bind: permission denied"},
		"2026/01/02 03:04:05 main.go:12: no such table\r\n":     {Text: "no such table", File: "main.go", Line: 12},
		"2026-01-02T03:04:05.123Z no such table":                {Text: "no such table"},
		"\x1b[31merror\x1b[0m: colours":                         {Text: "error: colours"},
		"app: template: page.html:53: unclosed action":          {Text: "app: template: page.html:53: unclosed action", File: "page.html", Line: 53},
		"html/template:a/b.tmpl:3:7: no such template":          {Text: "html/template:a/b.tmpl:3:7: no such template", File: "a/b.tmpl", Line: 3},
		"template: page:53: unclosed action":                    {Text: "template: page:53: unclosed action"},
		"main.go:99999999999999999999: far":                     {Text: "main.go:99999999999999999999: far"},
	} {
		if got := crash.LastWords(output); got != want {
			t.Errorf("LastWords(%q) = %+v, want %+v", output, got, want)
		}
	}
}

// FuzzParse feeds what no runtime wrote.
func FuzzParse(f *testing.F) {
	f.Add("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\n")
	f.Add("fatal error: y\n\nruntime stack:\n\ngoroutine 1 gp=0x1 m=0 mp=0x2 [running]:\nmain.f(...)\n\t/a/b.go:1\n...additional frames elided...\ncreated by main.main in goroutine 1\n\t/a/b.go:2 +0x3\n")
	f.Add("panic: a [recovered]\n\tpanic: b [recovered, repanicked]\n[signal SIGSEGV]\n\ngoroutine 9 [select, 3 minutes, locked to thread]:\npanic({0x1})\n\t/x.go:1\n")
	f.Add("SIGABRT: abort\nPC=0x1 m=0\n\ngoroutine 0 [idle]:\n")
	f.Add("2026/01/02 03:04:05 a.go:1: \xff\n")
	f.Fuzz(func(t *testing.T, output string) {
		r, ok := crash.Parse(output, func(file string) bool { return len(file)%2 == 0 })
		if !ok && r.Text != "" {
			t.Errorf("a report that is none: %+v", r)
		}
		for _, frame := range r.Frames {
			if frame.File == "" && !frame.Own {
				t.Errorf("frame %+v leads nowhere", frame)
			}
		}
		crash.LastWords(output)
	})
}
