package devserver

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOutputDirAppearsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	out := filepath.Join(parent, "deep", "out")
	for _, content := range []string{"one", "two"} {
		dir, err := newOutputDir(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.write("public/a.txt", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := dir.commit(); err != nil {
			t.Fatal(err)
		}
		dir.discard()
		if got, err := os.ReadFile(filepath.Join(out, "public", "a.txt")); err != nil || string(got) != content {
			t.Errorf("got %q, %v; want %q", got, err, content)
		}
	}
	abandoned, err := newOutputDir(out)
	if err != nil {
		t.Fatal(err)
	}
	abandoned.discard()
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
		t.Errorf("beside the output there are %v, %v", left, err)
	}
	if err := os.Remove(filepath.Join(out, inventoryFile)); err != nil {
		t.Fatal(err)
	}
	var foreign *OutputError
	if _, err := newOutputDir(out); !errors.As(err, &foreign) {
		t.Errorf("a directory without inventory: %v; want it refused", err)
	}
}

func TestPublicFilesAreThoseOfDevelopment(t *testing.T) {
	t.Parallel()
	public, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	for _, name := range []string{"a.txt", "sub/b.txt", ".env", ".git/config", ".well-known/x", "main.js"} {
		file := filepath.Join(public, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("public"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.txt", filepath.Join(public, "link.txt")); err != nil {
		t.Skip(err)
	}
	dir, err := newOutputDir(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dir.discard)
	if err := dir.write("public/main.js", []byte("bundle")); err != nil {
		t.Fatal(err)
	}
	if err := dir.copyPublic(public); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a.txt": "public", "sub/b.txt": "public", "link.txt": "public", ".well-known/x": "public",
		"main.js": "bundle", ".env": "", ".git/config": "",
	} {
		got, _ := os.ReadFile(filepath.Join(dir.stage, "public", filepath.FromSlash(name)))
		if string(got) != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	if err := os.Symlink(secret, filepath.Join(public, "leak")); err != nil {
		t.Fatal(err)
	}
	if err := dir.copyPublic(public); err == nil {
		t.Error("a link out of the public directory was followed in silence")
	}
}
