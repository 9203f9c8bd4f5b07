//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const packages, filesEach = 500, 10

func title(tree string) string {
	if tree == "packages" {
		return fmt.Sprintf("A program of %d packages, %d files", packages, packages*filesEach)
	}
	return tree + " files beside a small app"
}

// plant makes a project with a web lane, and what else its name says.
func plant(ctx context.Context, dir, tree string) error {
	files := map[string]string{
		"go.mod":      "module example\n\ngo 1.26\n",
		"version.go":  "package main\n\nconst version = 0\n",
		"web/app.css": ".a { margin: 0 }\n", "web/main.ts": "import './app.css'\nconsole.log(1)\n",
		"web/index.html": "<!doctype html><link rel=stylesheet href=/assets/main.css><script type=module src=/assets/main.js></script>",
	}
	var imports strings.Builder
	if tree == "packages" {
		for p := range packages {
			fmt.Fprintf(&imports, "\t_ \"example/p%d\"\n", p)
			for f := range filesEach {
				files[fmt.Sprintf("p%d/f%d.go", p, f)] = fmt.Sprintf("package p%d\n\nconst C%d = 1\n", p, f)
			}
		}
	} else {
		n, err := strconv.Atoi(tree)
		if err != nil {
			return fmt.Errorf("%q is neither a number nor \"packages\"", tree)
		}
		for i := range n {
			files[fmt.Sprintf("docs/a%d/b%d/f%d.md", i/1000, i/10, i)] = "# text\n"
		}
	}
	files["main.go"] = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n" + imports.String() + `)

func main() {
	_ = version
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`
	if err := writeAll(dir, files); err != nil || tree != "packages" {
		return err
	}
	other := map[string]string{}
	for name, text := range files {
		if strings.HasPrefix(name, "p") {
			other[name] = strings.Replace(text, "= 1", "= 22", 1)
		}
	}
	git := func(args ...string) error {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %v: %w: %s", args, err, out)
		}
		return nil
	}
	for _, step := range []func() error{
		func() error { return git("init", "-q", "-b", "main") },
		func() error { return git("add", ".") },
		func() error { return git("commit", "-q", "-m", "one") },
		func() error { return git("switch", "-q", "-c", "other") },
		func() error { return writeAll(dir, other) },
		func() error { return git("commit", "-q", "-a", "-m", "other") },
		func() error { return git("switch", "-q", "main") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
