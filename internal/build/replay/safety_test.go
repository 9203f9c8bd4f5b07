package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestABuildThatIsCutOff ends a build before and after each of its commands. The
// next one is as if it had never begun.
func TestABuildThatIsCutOff(t *testing.T) {
	t.Parallel()
	p := newProject(t, greeter)
	p.record()
	run := p.plan.options.Run
	for n := 0; ; n++ {
		p.write("deep/deep.go", fmt.Sprintf("package deep\n\nconst Name = \"world %d\"\n", n))
		ctx, cancel := context.WithCancel(t.Context())
		count := 0
		p.plan.options.Run = func(ctx context.Context, cmd *exec.Cmd, idle bool) (bool, error) {
			if count++; count == n/2+1 && n%2 == 0 {
				cancel()
			}
			ok, err := run(ctx, cmd, idle)
			if count == n/2+1 {
				cancel()
			}
			return ok, err
		}
		_, err := p.plan.Build(ctx, filepath.Join(t.TempDir(), "cut"))
		cancel()
		p.plan.options.Run = run
		if err == nil {
			if n == 0 {
				t.Error("nothing was cut off")
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cut off at %d: %v", n, err)
		}
		replayed, _, err := p.replay()
		if err != nil {
			t.Fatalf("after a cut at %d: %v", n, err)
		}
		if out, err := exec.Command(replayed).CombinedOutput(); err != nil || string(out) != fmt.Sprintf("hello world %d", n) {
			t.Errorf("after a cut at %d: printed %q, %v", n, out, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(p.options.WorkDir, "*", "scratch"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestKilledTools kills each tool once, as a machine without memory does.
func TestKilledTools(t *testing.T) {
	t.Parallel()
	p := newProject(t, greeter)
	p.record()
	run := p.plan.options.Run
	p.write("deep/deep.go", "package deep\n\nconst Name = \"all\"\n")
	for _, victim := range []string{"compile", "link"} {
		p.plan.options.Run = func(ctx context.Context, cmd *exec.Cmd, idle bool) (bool, error) {
			if filepath.Base(cmd.Path) == victim {
				err := cmd.Start()
				if err == nil {
					err = cmd.Process.Kill()
					cmd.Wait()
				}
				return false, err
			}
			return run(ctx, cmd, idle)
		}
		if _, _, err := p.replay(); err == nil || !strings.Contains(err.Error(), victim) {
			t.Errorf("with a killed %s: %v", victim, err)
		}
	}
	p.plan.options.Run = run
	replayed, _, err := p.replay()
	if err != nil {
		t.Fatal(err)
	}
	built, _ := p.goBuild()
	p.same(replayed, built)
}

// TestTwoPlansOfOneProject has two plans of one tree and one build cache follow
// the same edits at the same time, beside go build.
func TestTwoPlansOfOneProject(t *testing.T) {
	t.Parallel()
	p := newProject(t, greeter)
	q := openProject(t, p.options.Dir, ".")
	p.record()
	q.record()
	for n := range 3 {
		p.write("word/word.go", fmt.Sprintf("package word\n\nimport \"example.com/greeter/deep\"\n\nfunc Hello() string { return \"%d\" + deep.Name }\n", n))
		var work sync.WaitGroup
		var first, second, built string
		var firstErr, secondErr error
		work.Go(func() { first, _, firstErr = p.replay() })
		work.Go(func() { second, _, secondErr = q.replay() })
		work.Wait()
		if err := errors.Join(firstErr, secondErr); err != nil {
			t.Fatal(err)
		}
		built, _ = p.goBuild()
		p.same(first, built)
		p.same(second, built)
	}
}

// TestAnEmptiedBuildCache runs go clean -cache between a plan and a build.
func TestAnEmptiedBuildCache(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the runtime twice")
	}
	p := newProject(t, greeter)
	p.options.Env = append(p.options.Env, "GOCACHE="+filepath.Join(t.TempDir(), "cache"))
	p.record()
	edit := func(name string) { p.write("deep/deep.go", "package deep\n\nconst Name = \""+name+"\"\n") }
	edit("one")
	if _, _, err := p.replay(); err != nil {
		t.Fatal(err)
	}
	clean := exec.CommandContext(t.Context(), p.options.Go, "clean", "-cache")
	clean.Env = p.options.Env
	if out, err := clean.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	edit("two")
	var declined Declined
	if _, _, err := p.replay(); !errors.As(err, &declined) {
		t.Errorf("without a build cache: %v", err)
	}
	p.record()
	edit("three")
	replayed, _, err := p.replay()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(replayed).CombinedOutput(); err != nil || string(out) != "hello three" {
		t.Errorf("printed %q, %v", out, err)
	}
}

// TestAnotherToolchain changes what go build would run, in the ways there are to
// choose a toolchain.
func TestAnotherToolchain(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "goenv")
	front := filepath.Join(t.TempDir(), "go")
	for _, tt := range []struct {
		name, path, text string
	}{
		{"go env -w", config, "GOAMD64=v2\n"},
		{"another go command", front, "#!/bin/sh\nexec false\n"},
		{"a version manager", ".tool-versions", "golang 1.25.0\n"},
		{"a version manager of a directory above", "../mise.toml", "[tools]\ngo = \"1.25\"\n"},
		{"a toolchain line", "go.mod", "module example.com/greeter\n\ngo 1.24\n\ntoolchain go1.26.0\n"},
	} {
		p := newProject(t, greeter)
		script := "#!/bin/sh\nexec '" + p.options.Go + "' \"$@\"\n"
		if err := os.WriteFile(front, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		p.options.Go = front
		p.options.Env = append(p.options.Env, "GOENV="+config)
		if err := os.RemoveAll(config); err != nil {
			t.Fatal(err)
		}
		p.record()
		path := tt.path
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.options.Dir, path)
		}
		if err := os.WriteFile(path, []byte(tt.text), 0o700); err != nil {
			t.Fatal(err)
		}
		p.write("deep/deep.go", "package deep\n\nconst Name = \"other\"\n")
		if _, _, err := p.replay(); err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v, want %s in it", tt.name, err, filepath.Base(path))
		}
	}
}

// TestWhatNoPlanCovers builds with flags that hide something from a plan.
func TestWhatNoPlanCovers(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-a", "-toolexec=env", "-buildvcs", "-cover", "-n=true", "-modfile=go.mod"} {
		p := newProject(t, greeter, flag)
		_, err := Record(t.Context(), p.options, "")
		var declined Declined
		if !errors.As(err, &declined) || !strings.Contains(err.Error(), "flag "+strings.Split(flag, "=")[0]) {
			t.Errorf("with %s: %v", flag, err)
		}
	}
}
