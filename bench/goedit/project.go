package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// project is a program to edit: a server that answers a request for path with
// the token last written into its source.
type project struct {
	name, title string
	files       map[string]string // by path, slashes
	edited      string            // the file that holds the token
	source      string            // its text, with %q for the token
	path        string
}

// write puts the project into dir, with its first token.
func (p project) write(dir, token string) error {
	for name, content := range p.files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, p.edited)), 0o755); err != nil {
		return err
	}
	return p.edit(dir, token)
}

// edit saves the one file that the answers depend on.
func (p project) edit(dir, token string) error {
	return os.WriteFile(filepath.Join(dir, filepath.FromSlash(p.edited)), fmt.Appendf(nil, p.source, token), 0o644)
}

// projectNamed generates or copies a project. It is asked for by name because
// not all are wanted in every run.
func projectNamed(ctx context.Context, name string) (project, error) {
	switch name {
	case "small":
		return generated(name, "One handler on net/http", smallFiles("")), nil
	case "calendsync":
		return example(ctx)
	case "large":
		return generated(name, "300 packages, pure Go, 35 MB", largeFiles(300, 60)), nil
	case "cgo":
		return generated(name, "SQLite by cgo, linked by the C compiler", cgoFiles()), nil
	}
	return project{}, fmt.Errorf("no project %q; there are small, calendsync, large and cgo", name)
}

// example is examples/calendsync as a module of its own, with one more route.
func example(ctx context.Context) (project, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", devtoolModule).Output()
	if err != nil {
		return project{}, fmt.Errorf("find the sources of devtool: %w", err)
	}
	root := strings.TrimSpace(string(out))
	p := project{
		name: "calendsync", title: "examples/calendsync", files: map[string]string{},
		path:   "/token",
		edited: "token.go",
		source: "package main\n\nconst token = %q\n",
	}
	if err := readTree(p.files, filepath.Join(root, "examples", "calendsync")); err != nil {
		return project{}, err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return project{}, err
		}
		p.files[name] = string(content)
	}
	p.files["go.mod"] = strings.Replace(p.files["go.mod"], "module "+devtoolModule, "module example.com/calendsync", 1) +
		fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", devtoolModule, root)
	const anchor = "mux := http.NewServeMux()\n"
	const route = "\tmux.HandleFunc(\"GET /token\", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(token)) })\n"
	if !strings.Contains(p.files["app.go"], anchor) {
		return project{}, fmt.Errorf("app.go of the example has no %q to add a route after", anchor)
	}
	p.files["app.go"] = strings.Replace(p.files["app.go"], anchor, anchor+route, 1)
	return p, nil
}

const devtoolModule = "github.com/calendsync/devtool"

// readTree adds the files below dir.
func readTree(files map[string]string, dir string) error {
	tree := os.DirFS(dir)
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		files[name] = string(content)
		return err
	})
}
