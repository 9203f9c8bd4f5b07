//go:build unix

package generate

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRunsWhatIsStale tells the life of a project, in this process and in one
// that is started later.
func TestRunsWhatIsStale(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.sql": "one", "b.tmpl": "one", "go.mod": "module x", "node_modules/c.sql": "x"})
	p.generator("sql", "cat a.sql >sql.go", "*.sql", "sql.go")
	p.generator("tmpl", "cat b.tmpl >b_tmpl.go", "*.tmpl") // outputs unknown
	s := p.set()
	for _, step := range []struct {
		what         string
		do           func()
		ran, written string
	}{
		{what: "the first run", ran: "sql tmpl", written: "b_tmpl.go sql.go"},
		{what: "no change"},
		{what: "a new process", do: func() { s = p.set() }},
		{what: "an input", do: func() { p.write("a.sql", "two") }, ran: "sql", written: "sql.go"},
		{what: "an input of the other", do: func() { p.write("b.tmpl", "two") }, ran: "tmpl", written: "b_tmpl.go"},
		{what: "a touch", do: func() { p.write("a.sql", "two") }},
		{what: "a file of nobody", do: func() { p.write("go.mod", "module y") }},
		{what: "a file among packages", do: func() { p.write("node_modules/c.sql", "y") }},
		{what: "a new input without effect", do: func() { p.write("new.sql", "") }, ran: "sql"},
		{what: "a declared output is gone", do: func() { p.remove("sql.go") }, ran: "sql", written: "sql.go"},
		{what: "a found output is gone, and we are new", do: func() { p.remove("b_tmpl.go"); s = p.set() }, ran: "tmpl", written: "b_tmpl.go"},
		{what: "the memory is damaged", do: func() { p.damage(); s = p.set() }, ran: "sql tmpl", written: "b_tmpl.go"},
	} {
		if step.do != nil {
			step.do()
		}
		result, ran := p.run(s)
		if ran != step.ran || len(result.Failures) > 0 {
			t.Errorf("%s: ran %q, failures %+v; want %q", step.what, ran, result.Failures, step.ran)
		}
		if got := p.written(result); got != step.written {
			t.Errorf("%s: written %q, want %q", step.what, got, step.written)
		}
	}
}

// TestWrote: what a generator wrote is old news until somebody changes it.
func TestWrote(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.in": "one"})
	p.generator("gen", "cp a.in a.out", "*.in")
	s := p.set()
	if out := filepath.Join(p.dir, "a.out"); s.Wrote(out) {
		t.Error("wrote a file before it ran")
	}
	p.run(s)
	out, in := filepath.Join(p.dir, "a.out"), filepath.Join(p.dir, "a.in")
	if !s.Wrote(out) || s.Wrote(in) {
		t.Errorf("Wrote(a.out) = %v, Wrote(a.in) = %v; want true, false", s.Wrote(out), s.Wrote(in))
	}
	p.write("a.out", "edited")
	if s.Wrote(out) {
		t.Error("an edited output still counts as written")
	}
	p.write("a.out", "one")
	if s.Wrote(out) {
		t.Error("an output that was edited there and back counts as written: the way back is news")
	}
	if s.Lacks(out) || s.Lacks(in) {
		t.Error("lacks a file that is there")
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(in); err != nil {
		t.Fatal(err)
	}
	if next := p.set(); !s.Lacks(out) || !next.Lacks(out) || s.Lacks(in) {
		t.Errorf("Lacks(a.out) = %v, after a new start %v; Lacks(a.in) = %v; want true, true, false", s.Lacks(out), next.Lacks(out), s.Lacks(in))
	}
}

// TestChain: what one writes the next one reads, in whichever order they are
// declared; a generator that tidies its own input runs until it is tidy.
func TestChain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		add  func(*project)
		ran  string
		want map[string]string
	}{
		"in order": {
			add: func(p *project) {
				p.generator("first", "cat a.in >a.mid", "*.in", "a.mid")
				p.generator("second", "cat a.mid >a.out", "*.mid", "a.out")
			},
			ran: "first second", want: map[string]string{"a.out": "x"},
		},
		"in the wrong order": {
			add: func(p *project) {
				p.generator("second", "cat a.mid >a.out", "*.mid", "a.out")
				p.generator("first", "cat a.in >a.mid", "*.in", "a.mid")
				p.write("a.mid", "stale")
			},
			ran: "first second second", want: map[string]string{"a.out": "x"},
		},
		"tidying": {
			add: func(p *project) { p.generator("tidy", "echo tidied >a.in", "*.in") },
			ran: "tidy tidy", want: map[string]string{"a.in": "tidied\n"},
		},
		"own output among the inputs": {
			add: func(p *project) { p.generator("own", "echo $$ >zz.in", "*.in", "zz.in") },
			ran: "own",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{"a.in": "x"})
			tt.add(p)
			s := p.set()
			result, ran := p.run(s)
			if ran != tt.ran || len(result.Failures) > 0 {
				t.Errorf("ran %q, failures %+v; want %q", ran, result.Failures, tt.ran)
			}
			for file, want := range tt.want {
				if got, _ := os.ReadFile(filepath.Join(p.dir, file)); string(got) != want {
					t.Errorf("%s = %q, want %q", file, got, want)
				}
			}
			if _, again := p.run(s); again != "" {
				t.Errorf("ran again: %q", again)
			}
		})
	}
}

// TestLoop: who writes what is named.
func TestLoop(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.one": "x", "a.two": "x"})
	p.generator("ping", "echo x >>a.two", "*.one", "a.two")
	p.generator("pong", "echo x >>a.one", "*.two", "a.one")
	result, ran := p.run(p.set())
	if len(result.Failures) != 1 {
		t.Fatalf("failures %+v after %q, want one", result.Failures, ran)
	}
	got := result.Failures[0]
	if want := []string{"pong writes a.one, which ping reads", "narrow its inputs, or declare its outputs"}; got.Generator != "ping" || !cmp.Equal(got.Notes, want) {
		t.Errorf("failure %+v, want that of ping with the notes %q", got, want)
	}

	p = newProject(t, map[string]string{"a.three": ""})
	p.generator("self", "echo x >>a.three", "*.three")
	result, _ = p.run(p.set())
	if len(result.Failures) != 1 || result.Failures[0].Notes[0] != "self writes a.three, which it reads" {
		t.Errorf("failures %+v, want self", result.Failures)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script string
		want   Failure
	}{
		"a place": {
			script: "echo reading; echo 'query/a.in:3:7: no such table' >&2; exit 1",
			want:   Failure{Text: "no such table", File: "query/a.in", Line: 3, Column: 7, Output: "reading\nquery/a.in:3:7: no such table\n"},
		},
		"a place that is not there": {
			script: "echo 'time.in:3: x'; exit 3",
			want:   Failure{Text: "exit status 3", Output: "time.in:3: x\n"},
		},
		"an output that is not written": {
			script: "true",
			want:   Failure{Text: "succeeded without writing a.out", Notes: []string{""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{"query/a.in": ""})
			p.generator("gen", tt.script, "*.in", "a.out")
			p.generator("next", "true", "*.out", "b.out")
			s := p.set()
			result, ran := p.run(s)
			if ran != "gen" || len(result.Failures) != 1 {
				t.Fatalf("ran %q, failures %+v; want one, and next not to run", ran, result.Failures)
			}
			got := result.Failures[0]
			tt.want.Generator, got.File = "gen", strings.TrimPrefix(got.File, p.dir+"/")
			if len(tt.want.Notes) > 0 {
				got.Notes = []string{""}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
			if _, again := p.run(s); again != "gen" {
				t.Errorf("after a failure ran %q, want the failed one again", again)
			}
		})
	}

	p := newProject(t, nil)
	p.generators = []Generator{{Name: "none", Run: []string{"devtool-no-such-program"}, Reads: func(string) bool { return false }}}
	if result, _ := p.run(p.set()); len(result.Failures) != 1 || !strings.Contains(result.Failures[0].Text, "not found") {
		t.Errorf("failures %+v, want a program that is not found", result.Failures)
	}
}

// TestSideBySide runs two that wait for one another.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.in": "", "b.in": ""})
	pipe := filepath.Join(p.t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p.generator("a", "echo x >"+pipe+"; touch a.out", "a.in", "a.out")
	p.generator("b", "cat "+pipe+" >b.out", "b.in", "b.out")
	if result, _ := p.run(p.set()); len(result.Failures) > 0 || len(result.Ran) != 2 {
		t.Errorf("result %+v, want both to run", result)
	}
}

// TestCancel cancels a generator under way: it is gone, and runs again.
func TestCancel(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.in": ""})
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p.generator("slow", "echo started >"+pipe+"; test -e "+pipe+".go || exec sleep 1000; touch a.out", "*.in", "a.out")
	s := New(Options{Dir: p.dir, Generators: p.generators, Memory: p.memory, Spawn: func(cmd *exec.Cmd) (func() error, error) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		return cmd.Wait, cmd.Start()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(pipe) // returns when the generator has said its word
		cancel()
	}()
	if result, err := s.Run(ctx); !result.Canceled || err != nil || len(result.Failures) > 0 {
		t.Fatalf("Run = %+v, %v; want canceled", result, err)
	}
	p.write("../"+filepath.Base(filepath.Dir(pipe))+"/pipe.go", "")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = os.ReadFile(pipe)
	}()
	if result, _ := p.run(s); len(result.Ran) != 1 || len(result.Failures) > 0 {
		t.Errorf("result %+v, want it to run again", result)
	}
	<-done
}

func TestOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &project{t: t, dir: dir}
	p.generator("0 sql", "", "*.sql", "sql.go")
	p.generator("1 css", "", "*.css", "out/app.css")
	p.generator("2 unknown", "", "*.x")
	p.generator("3 reads sql.go", "", "*.go", "mock.txt")
	p.generator("4 writes what 1 reads", "", "*.none", "in.css")
	p.generator("5 same output as 0", "", "*.none", "sql.go")
	want := [][]int{nil, nil, {0, 1}, {0, 2}, {1, 2}, {0, 2, 3}}
	if diff := cmp.Diff(want, order(dir, p.generators)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// FuzzLocate reads foreign output.
func FuzzLocate(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.in"), nil, 0o600); err != nil {
		f.Fatal(err)
	}
	f.Add("a.in:1:2: x")
	f.Add("a.in:99999999999999999999:: x\n:::\na.in:0:")
	f.Fuzz(func(t *testing.T, output string) {
		failure := Failure{Text: "exit status 1", Output: output}
		failure.locate(dir)
		if failure.Line < 0 || failure.Column < 0 || failure.Text == "" {
			t.Errorf("locate(%q) = %+v", output, failure)
		}
	})
}

func TestTail(t *testing.T) {
	t.Parallel()
	var out tail
	for range 10_000 {
		_, _ = out.Write([]byte("a line of words\n"))
	}
	_, _ = out.Write([]byte("the end\n"))
	got := out.String()
	if len(got) > 2*tailSize || !strings.HasPrefix(got, "a line") || !strings.HasSuffix(got, "the end\n") {
		t.Errorf("tail of %d bytes begins %q", len(got), got[:min(20, len(got))])
	}
}

func TestMemoryIsPerCommand(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.in": ""})
	p.generator("gen", "touch a.out", "*.in", "a.out")
	p.run(p.set())
	p.generators = nil
	p.generator("gen", "touch a.out # otherwise", "*.in", "a.out")
	if _, ran := p.run(p.set()); ran != "gen" {
		t.Errorf("ran %q, want gen: its command changed", ran)
	}
	if kept := readMemory(p.memory).past; len(kept) != 2 {
		t.Errorf("remembers %q", slices.Collect(maps.Keys(kept)))
	}
}
