package generate

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// said is the source of a tool that writes what it was built with.
const said = `package main

import "os"

func main() { _ = os.WriteFile("out.txt", []byte("SAID"), 0o600) }
`

// TestTool runs tools by themselves, and by the go command when they may have changed.
func TestTool(t *testing.T) {
	t.Parallel()
	proxy := t.TempDir()
	release(t, proxy, "v1.0.0", "one")
	release(t, proxy, "v1.1.0", "two")
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(proxy), "GOSUMDB=off", "GOFLAGS=-mod=mod",
		"GOWORK=off", "GOMODCACHE="+t.TempDir())
	t.Cleanup(func() { clean(env) })

	var mu sync.Mutex
	var asked bool // the go command
	set := New(Options{
		Dir: dir, Env: env,
		Generators: []Generator{{
			Name: "say", Run: []string{"go", "tool", "say"}, Outputs: []string{filepath.Join(dir, "out.txt")},
			Reads: func(rel string) bool { return rel == "in.txt" },
		}},
		Spawn: func(cmd *exec.Cmd) (func() error, error) {
			mu.Lock()
			asked = asked || strings.HasPrefix(filepath.Base(cmd.Path), "go.") || filepath.Base(cmd.Path) == "go"
			mu.Unlock()
			return spawn(cmd)
		},
	})
	for _, step := range []struct {
		what, mod string
		source    string // of the tool in the module
		want      string
		asks      bool
	}{
		{"a released tool", "tool example.com/say\nrequire example.com/say v1.0.0", "", "one", true},
		{"again", "", "", "one", false},
		{"another version", "tool example.com/say\nrequire example.com/say v1.1.0", "", "two", true},
		{"again", "", "", "two", false},
		{"one of this module", "tool example.com/p/say", "three", "three", true},
		{"whose source is edited", "", "four", "four", true},
		{"again", "", "five", "five", true},
		{"one that is replaced", "tool example.com/say\nrequire example.com/say v1.0.0\nreplace example.com/say => ./own", "six", "six", true},
		{"whose source is edited", "", "seven", "seven", true},
	} {
		if step.mod != "" {
			write("go.mod", "module example.com/p\n\ngo 1.24\n\n"+step.mod+"\n")
		}
		if step.source != "" {
			write("say/main.go", strings.Replace(said, "SAID", step.source, 1))
			write("own/main.go", strings.Replace(said, "SAID", step.source, 1))
			write("own/go.mod", "module example.com/say\n")
		}
		if step.mod != "" {
			tidy := exec.CommandContext(t.Context(), "go", "mod", "tidy")
			tidy.Dir, tidy.Env = dir, env
			if out, err := tidy.CombinedOutput(); err != nil {
				t.Fatalf("%s: go mod tidy: %v\n%s", step.what, err, out)
			}
		}
		write("in.txt", step.what+step.want+step.source)
		_ = os.Remove(filepath.Join(dir, "out.txt")) // so that it runs
		asked = false
		result, err := set.Run(t.Context())
		if err != nil || len(result.Failures) > 0 {
			t.Fatalf("%s: %v %+v", step.what, err, result.Failures)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "out.txt")); string(got) != step.want {
			t.Errorf("%s: the tool says %q, want %q", step.what, got, step.want)
		}
		if asked != step.asks {
			t.Errorf("%s: the go command was asked: %t, want %t", step.what, asked, step.asks)
		}
	}
}

// release puts a version of the tool into a module proxy.
func release(t *testing.T, proxy, version, says string) {
	t.Helper()
	dir := filepath.Join(proxy, "example.com", "say", "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const mod = "module example.com/say\n"
	f, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	archive := zip.NewWriter(f)
	for name, text := range map[string]string{"go.mod": mod, "main.go": strings.Replace(said, "SAID", says, 1)} {
		w, err := archive.Create("example.com/say@" + version + "/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for ext, text := range map[string]string{".mod": mod, ".info": `{"Version":"` + version + `"}`} {
		if err := os.WriteFile(filepath.Join(dir, version+ext), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// clean empties a module cache, whose files are read-only.
func clean(env []string) {
	cmd := exec.Command("go", "clean", "-modcache")
	cmd.Env = env
	_ = cmd.Run() // what is left fails the removal of the directory, which tells
}

func TestToolName(t *testing.T) {
	t.Parallel()
	for run, want := range map[string]string{
		"go tool templ generate": "templ", "go tool x.org/y/z": "x.org/y/z",
		"go tool": "", "go run x": "", "go tool -modfile=tools.mod templ": "", "templ generate x": "",
	} {
		if got, ok := toolName(strings.Fields(run)); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t, want %q", run, got, ok, want)
		}
	}
}
