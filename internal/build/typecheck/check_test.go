package typecheck

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/google/go-cmp/cmp"
)

func TestTypeOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{"a.ts": "const x: number = 'a';\n/* 𝒳ä */ const y: string = 1;\n"})
	var got [][]problem.Problem
	out := &output{report: func(found []problem.Problem) {
		found = locate(dir, found)
		for i := range found {
			found[i].Excerpt = nil
		}
		got = append(got, found)
	}}
	const text = `
9:15:16 PM - Starting compilation in watch mode...

a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.
a.ts(2,17): error TS2322: Type '{ a: 1; }' is not assignable to type 'T'.
  Types of property 'a' are incompatible.
error TS18003: No inputs were found.
9:15:17 PM - Found 3 errors. Watching for file changes.

9:15:18 PM - File change detected. Starting incremental compilation...

9:15:19 PM - Found 0 errors. Watching for file changes.
`
	for _, piece := range strings.SplitAfter(text, "e") { // in arbitrary pieces
		if _, err := out.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "a.ts")
	want := [][]problem.Problem{{
		{Source: problem.TSC, Severity: problem.Warning, File: file, Line: 1, Column: 7, Text: "Type 'string' is not assignable to type 'number'. (TS2322)"},
		{Source: problem.TSC, Severity: problem.Warning, File: file, Line: 2, Column: 16, Text: "Type '{ a: 1; }' is not assignable to type 'T'. (TS2322)", Notes: []string{"Types of property 'a' are incompatible."}},
		{Source: problem.TSC, Severity: problem.Warning, Text: "No inputs were found. (TS18003)"},
	}, nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewTypeCheck(t *testing.T) {
	t.Parallel()
	const tsc = "node_modules/.bin/tsc"
	for name, tt := range map[string]struct {
		files         string // names
		dir, tsc, cwd string // tsc empty: not found
		project       bool
	}{
		"beside":             {files: "web/tsconfig.json web/" + tsc, dir: "web", tsc: "web/" + tsc, cwd: "web"},
		"above":              {files: "tsconfig.json " + tsc, dir: "web/src", tsc: tsc, cwd: "."},
		"a workspace":        {files: "web/tsconfig.json " + tsc, dir: "web/src", tsc: tsc, cwd: "web"},
		"not installed":      {files: "tsconfig.json", dir: "."},
		"not configured":     {files: tsc, dir: "."},
		"above the root":     {files: "../tsconfig.json ../" + tsc, dir: "."},
		"references of Vite": {files: "tsconfig.json tsconfig.app.json " + tsc, dir: ".", tsc: tsc, cwd: ".", project: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "project")
			files := map[string]string{}
			for file := range strings.FieldsSeq(tt.files) {
				files[file] = `{"references": []}`
			}
			writeAll(t, root, files)
			got, ok := New(Options{Root: root, Dir: filepath.Join(root, tt.dir)})
			if ok != (tt.tsc != "") {
				t.Fatalf("ok = %v, found %+v", ok, got)
			}
			if !ok {
				return
			}
			if want := filepath.Join(root, tt.tsc); got.program != want || got.dir != filepath.Join(root, tt.cwd) {
				t.Errorf("runs %s in %s, want %s in %s", got.program, got.dir, want, tt.cwd)
			}
			if project := strings.Contains(strings.Join(got.args, " "), "--project"); project != tt.project {
				t.Errorf("arguments %q, want a project: %v", got.args, tt.project)
			}
		})
	}
}

// TestTypeCheckEnds: a compiler that ends by itself is an error that says what
// it said; one that is cancelled is not, and one that missed a save starts anew.
func TestTypeCheckEnds(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	run := func(ctx context.Context, script string, report func([]problem.Problem)) error {
		writeAll(t, dir, map[string]string{"tsconfig.json": "{}", "node_modules/.bin/tsc": "#!/bin/sh\n" + script + "\n"})
		check, ok := New(Options{Root: dir, Dir: dir})
		if !ok {
			t.Fatal("no compiler found")
		}
		return check.Run(ctx, report)
	}
	if err := run(t.Context(), "echo out of memory; exit 1", nil); err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("Run = %v, want an error with the last words", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := run(ctx, "echo 'Found 0 errors. Watching for file changes.'; sleep 1000", func([]problem.Problem) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want context canceled", err)
	}
	// Saved while it began: it looks again.
	ctx, cancel = context.WithCancel(t.Context())
	var found []problem.Problem
	err = run(ctx, "if [ -e ran ]; then echo 'a.ts(1,1): error TS1: late'; else touch ran a.ts; fi\necho 'Found 1 error. Watching for file changes.'; sleep 1000", func(all []problem.Problem) {
		if found = all; len(all) > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(found) != 1 || !strings.HasPrefix(found[0].Text, "late") {
		t.Errorf("Run = %v, found %+v, want what was saved meanwhile", err, found)
	}
}

func FuzzTypeOutput(f *testing.F) {
	f.Add([]byte("a.ts(1,7): error TS2322: x\n  y\nFound 1 error. Watching for file changes.\n"))
	f.Add([]byte("(99999999999999999999,1): error TS1: \n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		out := &output{report: func(found []problem.Problem) {
			for _, d := range locate(dir, found) {
				if d.Severity != problem.Warning || d.Line < 0 || d.Column < 0 {
					t.Errorf("%q reads as %+v", data, d)
				}
			}
		}}
		if n, err := out.Write(data); n != len(data) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	})
}
