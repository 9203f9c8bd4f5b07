package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/calendsync/devtool/internal/policy"
)

// cache is where devtool keeps what it needs again later: tokens, private keys,
// claims. All of it can be made again, and nobody else may write there.
type cache struct {
	dir       string
	temporary bool            // it goes with this process
	remarks   []policy.Remark // what people have to know about it
}

// openCache chooses the cache: in the user's cache directory or, if there is
// none, as in many containers, in the directory for temporary files. Somebody
// else may have made a directory there first; one that others can write to is
// not trusted with secrets.
func openCache() (*cache, error) {
	var whyNot error
	if home, err := os.UserCacheDir(); err != nil {
		whyNot = err
	} else if whyNot = privateDir(home, true); whyNot == nil {
		return newCache(home)
	}
	shared := filepath.Join(os.TempDir(), fmt.Sprintf("devtool-%d", os.Getuid()))
	if err := privateDir(shared, false); err == nil {
		return newCache(shared)
	} else if _, missing := os.Lstat(shared); missing == nil {
		whyNot = err
	}
	own, err := os.MkdirTemp("", "devtool-cache-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for tokens and keys in the one for temporary files (TMPDIR, now %s): %w", os.TempDir(), err)
	}
	c, err := newCache(own)
	if err != nil {
		return nil, err
	}
	c.temporary = true
	c.remarks = []policy.Remark{{
		Text: fmt.Sprintf("tokens and keys are kept in %s, for this run alone: %v", own, whyNot),
		Hint: "set XDG_CACHE_HOME to a directory of your own; until then, other commands do not find this devtool",
	}}
	return c, nil
}

func newCache(parent string) (*cache, error) {
	dir := filepath.Join(parent, "devtool")
	if err := privateDir(dir, false); err != nil {
		return nil, err
	}
	return &cache{dir: dir}, nil
}

// privateDir makes a directory, or checks the one that is there: nobody else
// may own it, or write to it. A home may be root's, in a container, or the
// group's.
func privateDir(dir string, home bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	look := os.Lstat // a link in a directory for all may be anybody's
	if home {
		look = os.Stat
	}
	info, err := look(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	return trusted(dir, info, home)
}

// close removes a temporary cache.
func (c *cache) close() error {
	if !c.temporary {
		return nil
	}
	return os.RemoveAll(filepath.Dir(c.dir))
}

// project is the part of the cache that belongs to one project.
func (c *cache) project(root string) string {
	return filepath.Join(c.dir, "projects", projectID(root))
}

// token is the secret of a project: random, and the same for every run, so that
// pages which were open before a restart are known after it.
func (c *cache) token(root string) (string, error) {
	return readToken(filepath.Join(c.dir, "tokens"), root)
}

// claims is where the claims of all projects are.
func (c *cache) claims() string { return filepath.Join(c.dir, "served") }

// projectID names a project's files without telling where it lies. One project
// has one name, by whatever links people come to it.
func projectID(root string) string {
	sum := sha256.Sum256([]byte(realPath(root)))
	return hex.EncodeToString(sum[:12])
}

// realPath is the path without symbolic links, or the path itself where it
// leads nowhere.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
