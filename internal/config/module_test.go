package config

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestGoDir runs the go command where it finds the module of the program.
func TestGoDir(t *testing.T) {
	t.Parallel()
	sides := map[string]string{"backend/go.mod": "", "backend/cmd/api/main.go": "", "frontend/package.json": ""}
	two := map[string]string{"a/go.mod": "", "b/go.mod": ""}
	for _, test := range []struct {
		name     string
		files    map[string]string
		pkg      string
		dir, arg string // of the go command
		all      []string
	}{
		{"a module", map[string]string{"go.mod": "", "cmd/x/x.go": ""}, "./cmd/x", ".", "./cmd/x", []string{"."}},
		{"a workspace", map[string]string{"go.work": "", "a/go.mod": ""}, "./a", ".", "./a", []string{"."}},
		{"beside the web side", sides, "./backend/cmd/api", "backend", "./cmd/api", []string{"backend"}},
		{"its root", sides, "./backend", "backend", ".", []string{"backend"}},
		{"one of two", two, "./b", "b", ".", []string{"a", "b"}},
		{"not chosen", two, "", ".", "", []string{"a", "b"}},
		{"elsewhere", two, "../b", ".", "../b", []string{"a", "b"}},
		{"an import path", two, "example.com/b", ".", "example.com/b", []string{"a", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := &Config{Root: tree(t, test.files)}
			c.Go.Package = test.pkg
			if got := c.GoDir(); got != under(c.Root, test.dir) {
				t.Errorf("in %s, want %s", got, test.dir)
			}
			if got := c.GoPackage(); got != test.arg {
				t.Errorf("package %q, want %q", got, test.arg)
			}
			var all []string
			for _, dir := range c.GoDirs() {
				rel, err := filepath.Rel(c.Root, dir)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, filepath.ToSlash(rel))
			}
			if !slices.Equal(all, test.all) {
				t.Errorf("programs are looked for in %q, want %q", all, test.all)
			}
		})
	}
}
