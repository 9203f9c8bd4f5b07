package config

import (
	"maps"
	"path"
	"path/filepath"
	"strings"
)

// absolute resolves every path against the root. Globs stay as they are: they
// are matched against paths relative to the root.
func (c *Config) absolute() {
	one := func(p *string) {
		if *p != "" {
			*p = under(c.Root, *p)
		}
	}
	all := func(list []string) []string {
		out := make([]string, len(list))
		for i, p := range list {
			out[i] = under(c.Root, p)
		}
		return out
	}
	if c.App.Cwd == "" {
		c.App.Cwd = c.Root
	}
	for _, p := range []*string{
		&c.Server.Cert, &c.Server.Key, &c.Go.Output, &c.App.Cwd,
		&c.Web.HTML, &c.Web.PublicDir, &c.Web.WriteDir,
	} {
		one(p)
	}
	c.App.EnvFiles = all(c.App.EnvFiles)
	c.Web.EntryPoints = all(c.Web.EntryPoints)
	c.Web.Mounts = maps.Clone(c.Web.Mounts)
	for prefix, dir := range c.Web.Mounts {
		c.Web.Mounts[prefix] = under(c.Root, dir)
	}
	c.Go.Package = packageArg(c.Root, c.Go.Package)
	for i := range c.Generate {
		c.Generate[i].Outputs = all(c.Generate[i].Outputs)
	}
}

// packageArg writes a directory below root as the go command wants it: to it,
// cmd/api without the dot is a package of the standard library.
func packageArg(root, pkg string) string {
	if pkg == "" || strings.HasPrefix(pkg, ".") || filepath.IsAbs(pkg) || !isDir(under(root, pkg)) {
		return pkg
	}
	return "./" + path.Clean(filepath.ToSlash(pkg))
}
