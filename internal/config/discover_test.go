package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what was found into testdata/shapes")

// TestShapes discovers small copies of projects as people have them. Each
// archive begins with the project's main packages, as go list would find them,
// and ends with what must be found.
func TestShapes(t *testing.T) {
	t.Parallel()
	shapes, err := filepath.Glob("testdata/shapes/*.txtar")
	if err != nil || len(shapes) < 10 {
		t.Fatalf("%d shapes, %v", len(shapes), err)
	}
	for _, shape := range shapes {
		t.Run(strings.TrimSuffix(filepath.Base(shape), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(shape)
			if err != nil {
				t.Fatal(err)
			}
			project, want := map[string]string{}, ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					project["shop/"+f.Name] = string(f.Data)
				}
			}
			root := filepath.Join(tree(t, project), "shop")
			got := discoverText(t, root, mainsOf(root, string(archive.Comment)))
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(shape, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

// mainsOf reads lines of the form "main ./cmd/api".
func mainsOf(root, comment string) []Main {
	var mains []Main
	for line := range strings.Lines(comment) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "main "); ok {
			mains = append(mains, Main{ImportPath: filepath.ToSlash(filepath.Join("example.com/shop", dir)), Dir: filepath.Join(root, dir)})
		}
	}
	return mains
}

// discoverText writes what was found as text, with paths relative to root.
func discoverText(t *testing.T, root string, mains []Main) string {
	t.Helper()
	c := load(t, Options{Cwd: root})
	before := fmt.Sprintf("%+v", *c)
	done, assumed, err := Discover(c, mains)
	if after := fmt.Sprintf("%+v", *c); after != before {
		t.Errorf("Discover changed its argument:\n%s\n%s", before, after)
	}
	var b strings.Builder
	if err != nil {
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) {
			t.Fatalf("Discover = %v, which has no hint", err)
		}
		fmt.Fprintf(&b, "error: %v\nhint: %s\n", err, hinted.Hint())
		return relative(root, b.String())
	}
	for _, a := range assumed {
		fmt.Fprintf(&b, "%s %s (%s)\n  %s\n", a.What, a.Value, a.Why, a.Setting)
	}
	for _, n := range done.Notes {
		fmt.Fprintf(&b, "note: %s\n  %s\n", n.Text, n.Hint)
	}
	for _, r := range done.Rules {
		fmt.Fprintf(&b, "rule %s %s\n", r.Action, strings.Join(r.Paths, " "))
	}
	if k := done.check(); len(k) > 0 {
		t.Errorf("what was found would not be accepted as settings: %v", k[0])
	}
	return relative(root, b.String())
}

func relative(root, text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, root+string(filepath.Separator), ""), root, "ROOT")
}

func TestChooseMain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, mains, want, why string
	}{
		{"single", "tools/x", "./tools/x", "the only main package"},
		{"root", ". cmd/migrate cmd/seed", ".", "the main package at the root"},
		{"named like the directory", ". cmd/shop cmd/api", "./cmd/shop", "named like the project"},
		{"named like the module", "cmd/store cmd/api", "./cmd/store", "named like the project"},
		{"one under cmd", "cmd/api tools/gen internal/x", "./cmd/api", "the only main package under cmd"},
		{"beside examples", "server examples/a examples/b", "./server", "the only main package beside examples and tools"},
		{"twice", "server server", "./server", "the only main package"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(tree(t, map[string]string{"shop/go.mod": "module example.com/store/v2\n"}), "shop")
			var mains []Main
			for dir := range strings.FieldsSeq(tt.mains) {
				mains = append(mains, Main{Dir: filepath.Join(root, dir)})
			}
			m, why, err := chooseMain(root, mains)
			if err != nil || packagePath(root, m) != tt.want || why != tt.why {
				t.Errorf("chooseMain(%s) = %s, %q, %v; want %s, %q", tt.mains, packagePath(root, m), why, err, tt.want, tt.why)
			}
		})
	}
}

func TestMatchGlobs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		globs, path string
		want        bool
	}{
		{"*.html", "a.html", true},
		{"*.html", "x/y/a.html", true},
		{"/*.html", "a.html", true},
		{"/*.html", "x/a.html", false},
		{"./*.html", "a.html", true},
		{"x/*.html", "x/a.html", true},
		{"x/*.html", "y/x/a.html", false},
		{"x/**", "x/y/z", true},
		{"**/x/*", "a/x/b", true},
		{"*.html !web/**", "web/a.html", false},
		{"*.html !web/**", "app/a.html", true},
		{"*.html !web/** web/keep.html", "web/keep.html", true},
		{"!*.html", "a.html", false},
		{".env", "api/.env", true},
		{"/.env", "api/.env", false},
		{"*.{html,tmpl}", "a.tmpl", true},
		{"", "a", false},
	} {
		if got := MatchGlobs(strings.Fields(tt.globs), tt.path); got != tt.want {
			t.Errorf("MatchGlobs(%q, %q) = %v, want %v", tt.globs, tt.path, got, tt.want)
		}
	}
}
