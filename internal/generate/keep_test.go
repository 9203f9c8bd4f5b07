//go:build unix

package generate

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// quick lets tests of what a Set waits for be short.
func quick(s *Set) *Set {
	s.pauses = pauses{
		burst: 20 * time.Millisecond, idle: 100 * time.Millisecond, overdue: 200 * time.Millisecond,
		still: 100 * time.Millisecond, retry: 10 * time.Millisecond, sound: time.Hour,
	}
	return s
}

// grouped starts commands as devtool does: in groups that are killed whole.
func grouped(cmd *exec.Cmd) (func() error, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd.Wait, cmd.Start()
}

// keeping is a kept generator that obeys what is written to a pipe.
type keeping struct {
	*project
	set  *Set
	news chan struct{}
	pipe string
}

func keep(t *testing.T, script string, outputs ...string) *keeping {
	t.Helper()
	p := newProject(t, map[string]string{"a.in": "", "page.templ": ""})
	k := &keeping{project: p, news: make(chan struct{}, 100), pipe: filepath.Join(t.TempDir(), "pipe")}
	if err := syscall.Mkfifo(k.pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p.generator("kept", strings.ReplaceAll(script, "PIPE", k.pipe), "*.in", outputs...)
	p.generators[0].Watch = true
	k.set = quick(New(Options{Dir: p.dir, Generators: p.generators, Memory: p.memory, Spawn: grouped, Keeps: true}))
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		k.set.Keep(ctx, func() { k.news <- struct{}{} })
	}()
	t.Cleanup(func() { cancel(); <-gone })
	return k
}

// say has the generator do something.
func (k *keeping) say(word string) {
	k.t.Helper()
	if err := os.WriteFile(k.pipe, []byte(word+"\n"), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// until waits for news that make Run return failures as wanted.
func (k *keeping) until(what string, want func([]Failure) bool) []Failure {
	k.t.Helper()
	for {
		result, err := k.set.Run(k.t.Context())
		if err != nil {
			k.t.Fatal(err)
		}
		if want(result.Failures) {
			return result.Failures
		}
		select {
		case <-k.news:
		case <-time.After(20 * time.Second):
			k.t.Fatalf("%s: failures remain %+v", what, result.Failures)
		}
	}
}

func none(f []Failure) bool { return len(f) == 0 }
func one(f []Failure) bool  { return len(f) == 1 }

// TestKeep tells the life of a generator that keeps running. It ends when its input
// does, as some do.
func TestKeep(t *testing.T) {
	t.Parallel()
	k := keep(t, `exec 3<&0; (cat <&3; kill $$) & echo x >a.out; while :; do
		read word <PIPE || continue # the writer of before had not gone
		case $word in
		bad) echo "(✗) Error [ error=expected a tag: page.templ:9:5 ]" >&2 ;;
		note) echo "generated from page.templ:1:1" ;;
		die) echo "out of memory"; exit 3 ;;
		esac
	done`, "a.out")
	k.until("at the start", none)
	if _, err := os.Stat(filepath.Join(k.dir, "a.out")); err != nil {
		t.Errorf("ready without its output: %v", err)
	}
	k.say("bad")
	if f := k.until("after a mistake", one)[0]; f.Generator != "kept" || filepath.Base(f.File) != "page.templ" || f.Line != 9 || f.Column != 5 || !strings.Contains(f.Text, "expected a tag") {
		t.Errorf("failure %+v, want that of page.templ:9:5", f)
	}
	k.say("note")
	k.until("after it is mended", none)
	k.remove("a.out")
	k.say("die")
	if f := k.until("after its death", one)[0]; !strings.Contains(f.Text, "exit status 3") || !strings.Contains(f.Output, "out of memory") {
		t.Errorf("failure %+v, want exit status 3", f)
	}
	k.until("after a new start", none)
	if _, ran := k.run(k.set); ran != "" {
		t.Errorf("Run started %q, which is kept", ran)
	}
	in := filepath.Join(k.dir, "a.in")
	if !k.set.Watches(in) || k.set.Reads(in) || !k.set.Owns(filepath.Join(k.dir, "a.out")) {
		t.Errorf("Watches %v, Reads %v; want true, false", k.set.Watches(in), k.set.Reads(in))
	}
}

func TestKeepWhatEnds(t *testing.T) {
	t.Parallel()
	k := keep(t, "echo x >a.out", "a.out")
	f := k.until("after its end", one)[0]
	if notes := strings.Join(f.Notes, "\n"); !strings.Contains(f.Text, "exit status 0") || !strings.Contains(notes, "keep running") || !strings.Contains(notes, "started again after") {
		t.Errorf("failure %+v, want advice about watch", f)
	}
}

func TestKeepWithoutOutput(t *testing.T) {
	t.Parallel()
	k := keep(t, "read word <PIPE; echo x >a.out; read word <PIPE", "a.out")
	if f := k.until("while the output is missing", one)[0]; f.Text != "has not written a.out" {
		t.Errorf("failure %+v, want that a.out is missing", f)
	}
	k.say("go on")
	k.until("when it is written", none)
}

// TestKeepUndeclared: one that has nothing to write, and one whose outputs nobody
// declared.
func TestKeepUndeclared(t *testing.T) {
	t.Parallel()
	keep(t, "read word <PIPE").until("idle", none)
	k := keep(t, "echo x >b.out; read word <PIPE")
	k.until("written", none)
	if _, err := os.Stat(filepath.Join(k.dir, "b.out")); err != nil {
		t.Errorf("ready too early: %v", err)
	}
}

// TestRunKeepsForAMoment is what a production build does.
func TestRunKeepsForAMoment(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a.in": ""})
	p.generator("kept", "echo x >a.mid; exec sleep 1000", "*.in", "a.mid")
	p.generators[0].Watch = true
	p.generator("next", "cp a.mid a.out", "*.mid", "a.out")
	s := quick(New(Options{Dir: p.dir, Generators: p.generators, Memory: p.memory, Spawn: grouped}))
	if result, ran := p.run(s); len(result.Failures) > 0 || ran != "kept next" {
		t.Errorf("ran %q, failures %+v; want both", ran, result.Failures)
	}
}

// TestStillRuns: one that never ends would keep everything waiting without a word.
func TestStillRuns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ script, want string }{
		"written":     {"echo x >a.out; exec sleep 1000", "gen still runs, and its outputs are written"},
		"not written": {"exec sleep 1000", "gen still runs, and nothing is built before it ends"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{"a.in": ""})
			p.generator("gen", tt.script, "*.in", "a.out")
			notes := make(chan Note, 10)
			spawn := func(cmd *exec.Cmd) (func() error, error) {
				wait, err := grouped(cmd)
				for written := name != "written"; !written && err == nil; { // however slow the shell is
					_, missing := os.Stat(filepath.Join(p.dir, "a.out"))
					written = missing == nil
				}
				return wait, err
			}
			s := quick(New(Options{Dir: p.dir, Generators: p.generators, Spawn: spawn, Note: func(n Note) { notes <- n }}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				select {
				case n := <-notes:
					if n.Text != tt.want || !strings.Contains(n.Hint, "watch = true") {
						t.Errorf("note %+v, want %q", n, tt.want)
					}
				case <-time.After(20 * time.Second):
					t.Error("no word")
				}
				cancel()
			}()
			if result, err := s.Run(ctx); err != nil || !result.Canceled {
				t.Errorf("Run = %+v, %v; want canceled", result, err)
			}
			if len(notes) > 0 {
				t.Errorf("told again: %+v", <-notes)
			}
		})
	}
}
