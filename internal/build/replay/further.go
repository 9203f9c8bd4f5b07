package replay

import (
	"path/filepath"
	"strings"
)

// goEnv is the output of go env -json.
type goEnv map[string]string

// furtherFiles returns the files beside the packages that decide how a program is
// built, whether they exist or not.
func furtherFiles(dir string, env goEnv, packages []listedPackage) []string {
	found := map[string]bool{}
	add := func(paths ...string) {
		for _, path := range paths {
			if path != "" && path != "off" && filepath.IsAbs(path) {
				found[path] = true
			}
		}
	}
	add(env["GOENV"], filepath.Join(env["GOROOT"], "VERSION"), filepath.Join(env["GOROOT"], "go.env"))
	add(filepath.Join(env["GOTOOLDIR"], "compile"+env["GOEXE"]), filepath.Join(env["GOTOOLDIR"], "link"+env["GOEXE"]))
	add(env["GOMOD"], sumOf(env["GOMOD"]), env["GOWORK"])
	if env["GOWORK"] != "" && env["GOWORK"] != "off" {
		add(env["GOWORK"] + ".sum")
	}
	// What appears in a directory above is taken: a workspace file, a module, and
	// the choice of a toolchain by a go command that is only a front for others.
	for parent, module := dir, filepath.Dir(env["GOMOD"]); ; parent = filepath.Dir(parent) {
		for _, name := range []string{".tool-versions", "mise.toml", ".mise.toml", ".go-version"} {
			add(filepath.Join(parent, name))
		}
		if env["GOWORK"] == "" {
			add(filepath.Join(parent, "go.work"))
		}
		if within(module, parent) {
			add(filepath.Join(parent, "go.mod"))
		}
		if parent == filepath.Dir(parent) {
			break
		}
	}
	roots := moduleRoots(env, packages)
	for _, root := range roots {
		add(filepath.Join(root.dir, "go.mod"), filepath.Join(root.dir, "go.sum"))
		add(filepath.Join(root.dir, "vendor"), filepath.Join(root.dir, "vendor", "modules.txt"))
	}
	for _, p := range packages {
		if p.Standard {
			continue
		}
		if p.Module != nil {
			add(p.Module.GoMod)
		}
		add(shadows(p, roots, env["GOMODCACHE"])...)
	}
	var all []string
	for path := range found {
		all = append(all, path)
	}
	return all
}

// moduleFile is part of a go.mod or go.work, as the go command prints it.
type moduleFile struct {
	Use     []struct{ DiskPath string }
	Replace []struct {
		New struct{ Path, Version string }
	}
}

// locals returns the go.mod files in directories that the file at path names.
func (m moduleFile) locals(path string) []string {
	var dirs []string
	for _, use := range m.Use {
		dirs = append(dirs, use.DiskPath)
	}
	for _, replace := range m.Replace {
		if replace.New.Version == "" {
			dirs = append(dirs, replace.New.Path)
		}
	}
	var mods []string
	for _, dir := range dirs {
		dir = filepath.FromSlash(dir)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(path), dir)
		}
		mods = append(mods, filepath.Join(dir, "go.mod"))
	}
	return mods
}

func sumOf(gomod string) string {
	base, found := strings.CutSuffix(gomod, ".mod")
	if !found {
		return ""
	}
	return base + ".sum"
}

// root is a module that people edit.
type root struct{ path, dir string }

// moduleRoots returns the modules of the listed packages outside the module
// cache.
func moduleRoots(env goEnv, packages []listedPackage) []root {
	seen := map[root]bool{}
	var roots []root
	for _, p := range packages {
		if p.Standard || p.Module == nil || p.Module.Dir == "" || !p.local(env["GOMODCACHE"]) {
			continue
		}
		r := root{p.Module.Path, p.Module.Dir}
		if !seen[r] {
			seen[r] = true
			roots = append(roots, r)
		}
	}
	return roots
}

// shadows returns the paths that would take the package away from where it is: a
// go.mod above a local package makes it part of another module, and a directory
// of its name in a local module makes its import ambiguous.
func shadows(p listedPackage, roots []root, modcache string) []string {
	var paths []string
	for _, r := range roots {
		if p.local(modcache) && within(r.dir, p.Dir) {
			for dir := p.Dir; dir != r.dir && within(r.dir, dir); dir = filepath.Dir(dir) {
				paths = append(paths, filepath.Join(dir, "go.mod"))
			}
		}
		if rest, found := strings.CutPrefix(p.ImportPath, r.path+"/"); found {
			if dir := filepath.Join(r.dir, filepath.FromSlash(rest)); dir != p.Dir {
				paths = append(paths, dir)
			}
		}
	}
	return paths
}
