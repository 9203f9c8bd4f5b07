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
	path        string
	// save returns what the nth edit writes so that answers have the token. Files
	// that the edit before it wrote and this one does not are removed.
	save func(n int, token string) map[string]string
}

// oneFile is an edit of a single file, whose text has %q for the token.
func oneFile(name, text string) func(int, string) map[string]string {
	return func(_ int, token string) map[string]string {
		return map[string]string{name: fmt.Sprintf(text, token)}
	}
}

// write puts the project into dir, with its first token.
func (p project) write(dir, token string) error {
	if err := writeFiles(dir, p.files); err != nil {
		return err
	}
	return writeFiles(dir, p.save(0, token))
}

// edit saves what the answers depend on for the nth time.
func (p project) edit(dir string, n int, token string) error {
	files := p.save(n, token)
	if err := writeFiles(dir, files); err != nil {
		return err
	}
	for name := range p.save(n-1, token) {
		if _, kept := files[name]; !kept {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeFiles(dir string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
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
	case "importers":
		return importers(name, "Ten importers, exports kept", saveBody), nil
	case "line":
		return importers(name, "Ten importers, a line inserted above", saveLine), nil
	case "signature":
		return importers(name, "Ten importers, a signature changed", saveSignature), nil
	case "file":
		return importers(name, "Ten importers, a new file", saveFile), nil
	case "cgo":
		return generated(name, "SQLite by cgo, linked by the C compiler", cgoFiles()), nil
	}
	return project{}, fmt.Errorf("no project %q; there are small, calendsync, large, cgo, importers, line, signature and file", name)
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
		path: "/token",
		save: oneFile("token.go", "package main\n\nconst token = %q\n"),
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
