//go:build unix

package config

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestPipeInPlaceOfAFile must not wait for somebody to write to the pipes.
func TestPipeInPlaceOfAFile(t *testing.T) {
	t.Parallel()
	names := []string{".env", ".env.development", "package.json", "tsconfig.json", "page.html", "devtool.toml", "devtool.local.toml"}
	dir := tree(t, map[string]string{".env.local": "PORT=4001\n", "main.go": "package main\n\nfunc main() {}\n", "go.mod": "module x\n"})
	for _, name := range names {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := load(t, Options{Cwd: dir})
	scan(dir)
	env, notes := c.AppEnv(nil)
	if !slices.Equal(env, []string{"PORT=4001"}) || len(notes) != 2 || notes[0].Text != "the env file .env is left out: is a named pipe" || notes[0].Hint == "" {
		t.Errorf("AppEnv = %q, %v", env, notes)
	}
	c.PageEnv(nil, "development")
}
