package config

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// GoDirs are the directories in which the go command sees every program of the
// project: the root or, if that is not in a module, the modules below it.
func (c *Config) GoDirs() []string {
	if inModule(c.Root) {
		return []string{c.Root}
	}
	var dirs []string
	for _, module := range modulesBelow(c.Root) {
		dirs = append(dirs, under(c.Root, module))
	}
	return dirs
}

// GoDir is the directory in which the go command runs and, by default, the app:
// the root or, if that is not in a module, the module of the main package.
func (c *Config) GoDir() string {
	if inModule(c.Root) || !c.localPackage() {
		return c.Root
	}
	if dir, ok := holder(under(c.Root, c.Go.Package), "go.mod"); ok && within(c.Root, dir) {
		return dir
	}
	return c.Root
}

// GoPackage is [go] package as the go command takes it in GoDir.
func (c *Config) GoPackage() string {
	dir := c.GoDir()
	if dir == c.Root {
		return c.Go.Package
	}
	return packagePath(dir, Main{Dir: under(c.Root, c.Go.Package)})
}

// localPackage reports whether the main package is written as a directory.
func (c *Config) localPackage() bool {
	return strings.HasPrefix(c.Go.Package, ".") || filepath.IsAbs(c.Go.Package)
}

// inModule reports whether the go command finds a module, or a workspace, in dir.
func inModule(dir string) bool {
	for _, name := range []string{"go.mod", "go.work"} {
		if _, ok := holder(dir, name); ok {
			return true
		}
	}
	return false
}

// modulesBelow returns the modules in the directories below root, two levels
// deep: enough for backend/ and services/api/.
func modulesBelow(root string) []string {
	var found []string
	filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		switch rel, _ := filepath.Rel(root, p); {
		case err != nil:
			return nil
		case e.IsDir() && p != root && (skipDir(e.Name()) || strings.Count(filepath.ToSlash(rel), "/") >= 2):
			return fs.SkipDir
		case e.Name() == "go.mod" && p != filepath.Join(root, "go.mod"):
			found = append(found, filepath.ToSlash(filepath.Dir(rel)))
		}
		return nil
	})
	return found
}
