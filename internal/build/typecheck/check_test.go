package typecheck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/calendsync/devtool/internal/problem"
)

func TestTypeOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{"a.ts": "const x: number = 'a';\n/* 𝒳ä */ const y: string = 1;\n"})
	var got [][]problem.Problem
	out := &output{begin: func() {}, report: func(found []problem.Problem) {
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

func TestSvelteOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{"src/App.svelte": "<script lang=\"ts\">\n/* 𝒳ä */ let n: number = \"x\";\n</script>\n"})
	var got [][]problem.Problem
	begun := 0
	out := &output{begin: func() { begun++ }, report: func(found []problem.Problem) { got = append(got, locate(dir, found)) }}
	const text = `1795947593324 START "/p"
1795947593326 {"type":"ERROR","filename":"src/App.svelte","start":{"line":1,"character":13},"end":{"line":1,"character":14},"message":"Type 'string' is not assignable to type 'number'.","code":2322,"source":"ts"}
1795947593326 {"type":"ERROR","filename":"src/App.svelte","start":{"line":0,"character":0},"end":{"line":0,"character":5},"message":"unclosed","code":"element_unclosed","source":"svelte"}
1795947593326 COMPLETED 112 FILES 2 ERRORS 0 WARNINGS 1 FILES_WITH_PROBLEMS
1795947600082 START "/p"
1795947600082 {"type":"ERROR","filen
1795947600082 COMPLETED 112 FILES 0 ERRORS 0 WARNINGS 0 FILES_WITH_PROBLEMS
`
	if _, err := out.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, found := range got {
		for i := range found {
			found[i].Excerpt = nil
		}
	}
	file := filepath.Join(dir, "src", "App.svelte")
	want := [][]problem.Problem{{
		{Source: problem.TSC, Severity: problem.Warning, File: file, Line: 2, Column: 13, Text: "Type 'string' is not assignable to type 'number'. (TS2322)"},
		{Source: problem.TSC, Severity: problem.Warning, File: file, Line: 1, Column: 1, Text: "unclosed (element_unclosed)"},
	}, nil}
	if diff := cmp.Diff(want, got); diff != "" || begun != 2 {
		t.Errorf("%d checks begun, want 2; reports (-want +got):\n%s", begun, diff)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	const bin = "node_modules/.bin/"
	const tsc = bin + "tsc"
	for name, tt := range map[string]struct {
		files     string // names
		manifest  string // what package.json holds; none if empty
		dir       string
		want, cwd string // the checker, empty if none is found, and where it runs
		has       string // a part of its arguments
		hasNot    string
	}{
		"beside":             {files: "web/tsconfig.json web/" + tsc, dir: "web", want: "web/" + tsc, cwd: "web", hasNot: "--project"},
		"above":              {files: "tsconfig.json " + tsc, dir: "web/src", want: tsc, cwd: "."},
		"a workspace":        {files: "web/tsconfig.json " + tsc, dir: "web/src", want: tsc, cwd: "web"},
		"not installed":      {files: "tsconfig.json", dir: "."},
		"not configured":     {files: tsc, dir: "."},
		"above the root":     {files: "../tsconfig.json ../" + tsc, dir: "."},
		"references of Vite": {files: "tsconfig.json tsconfig.app.json " + tsc, dir: ".", want: tsc, cwd: ".", has: "--project ROOT/tsconfig.app.json"},
		"Vue":                {files: "tsconfig.json tsconfig.app.json " + tsc + " " + bin + "vue-tsc", manifest: `{"devDependencies": {"vue-tsc": "^3"}}`, dir: ".", want: bin + "vue-tsc", cwd: ".", has: "--project ROOT/tsconfig.app.json"},
		"Svelte":             {files: "tsconfig.json tsconfig.app.json " + tsc + " " + bin + "svelte-check", manifest: `{"devDependencies": {"svelte-check": "^4"}}`, dir: ".", want: bin + "svelte-check", cwd: ".", has: "--tsconfig ROOT/tsconfig.app.json"},
		"Vue in another package": {
			files: "web/tsconfig.json " + tsc + " " + bin + "vue-tsc", manifest: `{"workspaces": ["web", "other"]}`,
			dir: "web", want: tsc, cwd: "web",
		},
		"skips libraries": {
			files: "tsconfig.json " + tsc, manifest: `{"scripts": {"lint": "eslint", "check": "eslint . && tsc --noEmit --skipLibCheck"}}`,
			dir: ".", want: tsc, cwd: ".", has: "--skipLibCheck",
		},
		"skips libraries, by npx": {
			files: "tsconfig.json " + tsc, manifest: `{"scripts": {"check": "npx tsc --skiplibcheck --noEmit"}}`,
			dir: ".", want: tsc, cwd: ".", has: "--skipLibCheck",
		},
		"another program skips libraries": {
			files: "tsconfig.json " + tsc, manifest: `{"scripts": {"check": "tsc && tsd --skipLibCheck"}}`,
			dir: ".", want: tsc, cwd: ".", hasNot: "--skipLibCheck",
		},
		"checks libraries": {
			files: "tsconfig.json " + tsc, manifest: `{"scripts": {"check": "tsc --skipLibCheck false"}}`,
			dir: ".", want: tsc, cwd: ".", hasNot: "--skipLibCheck",
		},
		"a broken manifest": {files: "tsconfig.json " + tsc, manifest: `{"scripts"`, dir: ".", want: tsc, cwd: "."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "project")
			files := map[string]string{}
			for file := range strings.FieldsSeq(tt.files) {
				files[file] = `{"references": []}`
			}
			if tt.manifest != "" {
				files["package.json"] = tt.manifest
			}
			writeAll(t, root, files)
			got, ok := New(Options{Root: root, Dir: filepath.Join(root, tt.dir)})
			if ok != (tt.want != "") {
				t.Fatalf("ok = %v, found %+v", ok, got)
			}
			if !ok {
				return
			}
			if want := filepath.Join(root, tt.want); got.program != want || got.dir != filepath.Join(root, tt.cwd) {
				t.Errorf("runs %s in %s, want %s in %s", got.program, got.dir, want, tt.cwd)
			}
			args := strings.ReplaceAll(strings.Join(got.args, " "), root, "ROOT")
			if !strings.Contains(args, tt.has) || tt.hasNot != "" && strings.Contains(args, tt.hasNot) {
				t.Errorf("arguments %q, want %q and not %q", args, tt.has, tt.hasNot)
			}
		})
	}
}

// TestTypeCheckEnds: a compiler that ends by itself is an error that says what it
// said; one that is cancelled is not, and one that missed a save starts again.
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

// TestCompilerThatCatchesUpIsKept: what one missed during its first check it finds
// with the next save, so it is not started again however much was missed. The
// script stands for TypeScript 7, which the real test cannot time.
func TestCompilerThatCatchesUpIsKept(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	const script = `#!/bin/sh
echo start >>starts
touch a.ts
echo 'Found 0 errors. Watching for file changes.'
while read save; do
	echo 'File change detected. Starting incremental compilation...'
	touch a.ts
	echo 'a.ts(1,1): error TS1: late'
	echo 'Found 1 error. Watching for file changes.'
done
`
	writeAll(t, dir, map[string]string{"tsconfig.json": "{}", "node_modules/.bin/tsc": script})
	saves, save, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer saves.Close()
	check, ok := New(Options{Root: dir, Dir: dir, Spawn: func(cmd *exec.Cmd) (func() error, error) {
		cmd.Stdin = saves
		return group.Start(cmd)
	}})
	if !ok {
		t.Fatal("no compiler found")
	}
	check.patience = deadline
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	late := 0
	err = check.Run(ctx, func(found []problem.Problem) {
		if late += len(found); late == 5 {
			cancel()
			return
		}
		fmt.Fprintln(save, "save")
	})
	save.Close()
	starts, _ := os.ReadFile(filepath.Join(dir, "starts"))
	if n := strings.Count(string(starts), "start"); n != 1 || late != 5 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d starts, %d late problems, %v; want 1 start that finds 5", n, late, err)
	}
}

func FuzzTypeOutput(f *testing.F) {
	f.Add([]byte("a.ts(1,7): error TS2322: x\n  y\nFound 1 error. Watching for file changes.\n"))
	f.Add([]byte("(99999999999999999999,1): error TS1: \n"))
	f.Add([]byte(`1 {"type":"ERROR","filename":"a","start":{"line":-1,"character":99999999999},"code":1e300}` + "\n2 COMPLETED\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		out := &output{begin: func() {}, report: func(found []problem.Problem) {
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
