package typecheck

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/calendsync/devtool/internal/npmtest"
	"github.com/calendsync/devtool/internal/problem"
)

// deadline bounds every wait. It may only fail a test.
const deadline = 2 * time.Minute

// install puts npm packages, each with its version, below dir.
func install(t *testing.T, dir string, packages ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs and runs compilers; run without -short")
	}
	npmtest.Install(t, dir, packages...)
}

// checked is a checker that runs.
type checked struct {
	t       *testing.T
	dir     string
	starts  atomic.Int64
	reports chan []problem.Problem
}

func run(t *testing.T, dir string) *checked {
	t.Helper()
	c := &checked{t: t, dir: dir, reports: make(chan []problem.Problem, 1000)}
	checker, ok := New(Options{Root: dir, Dir: dir, Spawn: func(cmd *exec.Cmd) (func() error, error) {
		c.starts.Add(1)
		return group.Start(cmd)
	}})
	if !ok {
		t.Fatal("no checker found")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- checker.Run(ctx, func(found []problem.Problem) { c.reports <- found })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("the checker ended with %v", err)
		}
	})
	return c
}

func (c *checked) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// await waits for a report whose problems are in these files, each at its line.
func (c *checked) await(want ...string) {
	c.t.Helper()
	timeout := time.After(deadline)
	last := "nothing"
	for {
		select {
		case found := <-c.reports:
			var places []string
			for _, p := range found {
				name, _ := filepath.Rel(c.dir, p.File)
				places = append(places, fmt.Sprintf("%s:%d", filepath.ToSlash(name), p.Line))
			}
			if last = strings.Join(places, " "); last == strings.Join(want, " ") {
				return
			}
		case <-timeout:
			c.t.Fatalf("waited in vain for problems at %q; the last report had %q", want, last)
		}
	}
}

// TestTypeScriptVersions saves during the first check of each version, and after
// it: nothing that was saved stays unchecked.
func TestTypeScriptVersions(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"7.0.2", "6.0.3", "5.9.3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			install(t, dir, "typescript@"+version)
			files := map[string]string{
				"tsconfig.json": `{"compilerOptions": {"strict": true, "module": "esnext", "moduleResolution": "bundler", "types": []}, "include": ["*.ts"]}`,
				"a.ts":          "export const a: number = 1;\n",
				"b.ts":          "export const b: number = 1;\n",
			}
			writeAll(t, dir, files)
			c := run(t, dir)
			// The first check may be under way, or not yet: either way it has to see this.
			c.write("a.ts", "\nexport const a: number = 'a';\n")
			c.await("a.ts:2")
			c.write("b.ts", "\n\nexport const b: number = 'b';\n")
			c.await("a.ts:2", "b.ts:3")
			c.write("a.ts", files["a.ts"])
			c.await("b.ts:3")
			if err := os.Remove(filepath.Join(dir, "b.ts")); err != nil {
				t.Fatal(err)
			}
			c.await()
			t.Logf("%d compilers were started", c.starts.Load())
		})
	}
}

// TestComponents checks what plain tsc cannot read.
func TestComponents(t *testing.T) {
	t.Parallel()
	const config = `{"compilerOptions": {"strict": true, "module": "esnext", "moduleResolution": "bundler", "skipLibCheck": true, "types": []}, "include": ["*"]}`
	for _, test := range []struct {
		name, file, wrong, right string
		packages                 []string
	}{
		{
			"Vue", "App.vue", "<script setup lang=\"ts\">\nconst n: number = 'x'\n</script>\n<template>{{ n }}</template>\n",
			"<script setup lang=\"ts\">\nconst n: number = 1\n</script>\n<template>{{ n }}</template>\n",
			[]string{"typescript@6.0.3", "vue@3.5.45", "vue-tsc@3.3.14"},
		},
		{
			"Svelte", "App.svelte", "<script lang=\"ts\">\nlet n: number = 'x';\n</script>\n<p>{n}</p>\n",
			"<script lang=\"ts\">\nlet n: number = 1;\n</script>\n<p>{n}</p>\n",
			[]string{"typescript@6.0.3", "svelte@5.57.3", "svelte-check@4.7.8"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			install(t, dir, test.packages...)
			writeAll(t, dir, map[string]string{
				"tsconfig.json": config, test.file: test.wrong,
				"package.json": `{"devDependencies": {"vue-tsc": "*", "svelte-check": "*"}}`,
			})
			c := run(t, dir)
			c.await(test.file + ":2")
			c.write(test.file, test.right)
			c.await()
			c.write(test.file, test.wrong)
			c.await(test.file + ":2")
		})
	}
}
