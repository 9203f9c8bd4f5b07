package gobuild

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestGoDiagnostics reads what real builds printed and compares it with the
// "want" of the same archive.
func TestGoDiagnostics(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/go/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			recording := readRecording(t, file)
			got := printDiagnostics(goDiagnostics("/src/app", recording["stdout"], recording["stderr"]))
			if diff := cmp.Diff(recording["want"], got); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func readRecording(t *testing.T, file string) map[string]string {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	return sections
}

// printDiagnostics writes diagnostics as "file:line:column: severity: text",
// each note on a line of its own under it.
func printDiagnostics(diagnostics []problem.Problem) string {
	var b strings.Builder
	for _, d := range diagnostics {
		if d.File != "" {
			fmt.Fprintf(&b, "%s:%d:%d: ", d.File, d.Line, d.Column)
		}
		fmt.Fprintf(&b, "%s: %s\n", d.Severity, d.Text)
		for _, note := range d.Notes {
			fmt.Fprintf(&b, "\t%s\n", note)
		}
	}
	return b.String()
}

func FuzzGoDiagnostics(f *testing.F) {
	archives, _ := filepath.Glob("testdata/go/*.txtar")
	for _, file := range archives {
		if archive, err := txtar.ParseFile(file); err == nil {
			f.Add(string(archive.Files[0].Data), string(archive.Files[1].Data))
		}
	}
	f.Fuzz(func(t *testing.T, stdout, stderr string) {
		for _, d := range goDiagnostics("/src/app", stdout, stderr) {
			if d.Severity == "" || d.Line < 0 || d.Column < 0 {
				t.Errorf("unusable diagnostic %+v", d)
			}
			if d.File != "" && !filepath.IsAbs(d.File) {
				t.Errorf("relative file %q", d.File)
			}
		}
	})
}
