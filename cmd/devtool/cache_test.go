//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/config"
)

// TestOpenCache sets the environment, and so is not parallel.
func TestOpenCache(t *testing.T) {
	open := func(t *testing.T) *cache {
		t.Helper()
		c, err := openCache()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(c.dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("cache %s: %v, %v; want a directory of mode 0700", c.dir, info.Mode(), err)
		}
		return c
	}
	setup := func(t *testing.T) (home, temp string) {
		t.Helper()
		home, temp = filepath.Join(t.TempDir(), "home"), t.TempDir()
		for name, value := range map[string]string{"HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": temp} {
			t.Setenv(name, value)
		}
		return home, temp
	}
	shared := func(temp string) string { return filepath.Join(temp, fmt.Sprintf("devtool-%d", os.Getuid())) }
	make := func(t *testing.T, dir string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
	}

	t.Run("home", func(t *testing.T) {
		home, _ := setup(t)
		if c := open(t); c.dir != filepath.Join(home, "devtool") || c.temporary {
			t.Errorf("cache %+v", c)
		}
	})
	t.Run("the home's own group may write", func(t *testing.T) {
		home, _ := setup(t)
		make(t, home, 0o775)
		if c := open(t); c.dir != filepath.Join(home, "devtool") {
			t.Errorf("cache %+v", c)
		}
	})
	t.Run("no home", func(t *testing.T) {
		_, temp := setup(t)
		t.Setenv("HOME", "")
		t.Setenv("XDG_CACHE_HOME", "")
		for range 2 { // it is found again
			if c := open(t); c.dir != filepath.Join(shared(temp), "devtool") || c.temporary || len(c.remarks) > 0 {
				t.Errorf("cache %+v", c)
			}
		}
	})
	for name, spoil := range map[string]func(t *testing.T, home, temp string){
		"others may write to it": func(t *testing.T, _, temp string) {
			make(t, filepath.Join(shared(temp), "devtool"), 0o700)
			make(t, shared(temp), 0o777)
		},
		"its group may": func(t *testing.T, _, temp string) { make(t, shared(temp), 0o770) },
		"it is a link": func(t *testing.T, _, temp string) {
			make(t, filepath.Join(temp, "theirs"), 0o700)
			if err := os.Symlink("theirs", shared(temp)); err != nil {
				t.Fatal(err)
			}
		},
		"it is a file": func(t *testing.T, _, temp string) {
			if err := os.WriteFile(shared(temp), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"another user's": func(t *testing.T, _, temp string) {
			make(t, shared(temp), 0o700)
			if err := os.Chown(shared(temp), 12345, 12345); err != nil {
				t.Skip(err) // only root can give it away
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			home, temp := setup(t)
			t.Setenv("HOME", "")
			t.Setenv("XDG_CACHE_HOME", "")
			spoil(t, home, temp)
			c := open(t)
			if !c.temporary || strings.HasPrefix(c.dir, shared(temp)) || len(c.remarks) != 1 {
				t.Errorf("cache %+v, want one for this run, and a remark", c)
			}
			if err := c.close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(c.dir); err == nil {
				t.Errorf("%s is left", c.dir)
			}
		})
	}
	t.Run("a home that is everybody's", func(t *testing.T) {
		home, temp := setup(t)
		make(t, home, 0o777)
		if c := open(t); c.dir != filepath.Join(shared(temp), "devtool") {
			t.Errorf("cache %+v", c)
		}
	})
}

// TestProjectThroughLinks: a project is the same by whatever way people come.
func TestProjectThroughLinks(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	if err := os.MkdirAll(filepath.Join(base, "real", "app", "cmd", "app"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "real", "app", "devtool.toml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("app", filepath.Join(base, "real", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(base, "way")); err != nil {
		t.Fatal(err)
	}
	claim := func(dir string) string {
		cfg := config.Default()
		cfg.Root, cfg.Files = dir, []string{filepath.Join(dir, "devtool.toml")}
		cfg.Go.Package = filepath.Join(dir, "cmd", "app")
		return claimName(cfg)
	}
	want := claim(filepath.Join(base, "real", "app"))
	for _, way := range []string{"real/link", "way/app", "way/link"} {
		if got := claim(filepath.Join(base, way)); got != want {
			t.Errorf("by %s the claim is %s, want %s", way, got, want)
		}
	}
	if claim(base) == want {
		t.Error("another directory has the same claim")
	}
}
