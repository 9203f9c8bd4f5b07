package config

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/regular"
)

// NoMainError says that the project has nothing to run.
type NoMainError struct {
	Root    string
	Module  bool     // whether the root is within a Go module
	Modules []string // directories below the root that are modules, relative to it
}

func (e *NoMainError) Error() string {
	if !e.Module {
		return fmt.Sprintf("no Go module at %s", e.Root)
	}
	return fmt.Sprintf("no main package in %s", e.Root)
}

// Hint says what to do about it.
func (e *NoMainError) Hint() string {
	switch {
	case len(e.Modules) > 0:
		return "there are modules in " + strings.Join(e.Modules, ", ") + `, without a package main: write one, or name its directory in devtool.toml: [go] package = "./` + e.Modules[0] + `"`
	case !e.Module:
		return "run devtool in the directory of a Go project, choose one with --dir, or begin one with go mod init"
	}
	return `write a package main with func main, or name its directory in devtool.toml: [go] package = "./cmd/app"`
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *NoMainError) UserFault() bool { return true }

// ManyMainsError says that it is not obvious what to run.
type ManyMainsError struct {
	Root  string
	Mains []string // as [go] package takes them
}

func (e *ManyMainsError) Error() string {
	return fmt.Sprintf("%d main packages in %s: %s", len(e.Mains), e.Root, strings.Join(e.Mains, ", "))
}

// Hint says how to choose.
func (e *ManyMainsError) Hint() string {
	return `choose one in devtool.toml: [go] package = "` + e.Likely() + `" (devtool init --package ` + e.Likely() + ` writes that file)`
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *ManyMainsError) UserFault() bool { return true }

// Likely is the one that is probably meant.
func (e *ManyMainsError) Likely() string {
	likely := e.Mains[0]
	for _, name := range []string{"worker", "web", "app", "api", "server"} {
		for _, m := range e.Mains {
			if path.Base(m) == name {
				likely = m
			}
		}
	}
	return likely
}

// NeedsMains reports whether [Discover] needs the main packages: nobody named
// one, or the one that was named is not there.
func NeedsMains(c *Config) bool {
	return len(c.Go.Command) == 0 && (c.Go.Package == "" || packageGone(c))
}

// packageGone reports whether the package is written as a directory that does not
// exist.
func packageGone(c *Config) bool {
	return c.localPackage() && !isDir(under(c.Root, c.Go.Package))
}

// goneError names the main packages that could be meant.
func goneError(c *Config, mains []Main) *Error {
	var known []string
	for _, m := range mains {
		known = append(known, packagePath(c.Root, m))
	}
	hint := "there is no main package"
	if likely := nearest(c.Go.Package, known); likely != "" {
		hint = fmt.Sprintf("did you mean %q?", likely)
	} else if len(known) > 0 {
		hint = "main packages here: " + strings.Join(known, ", ")
	}
	return c.Origin("go.package").error(fmt.Sprintf("go.package %q is no directory", c.Go.Package), hint)
}

// chooseMain picks the main package that anybody would pick, and says why.
func chooseMain(root string, mains []Main) (Main, string, error) {
	mains = slices.Clone(mains)
	slices.SortFunc(mains, func(a, b Main) int { return cmp.Compare(a.Dir, b.Dir) })
	mains = slices.CompactFunc(mains, func(a, b Main) bool { return a.Dir == b.Dir })
	if len(mains) == 0 {
		return Main{}, "", &NoMainError{Root: root, Module: inModule(root), Modules: modulesBelow(root)}
	}
	if len(mains) == 1 {
		return mains[0], "the only main package", nil
	}
	for _, name := range projectNames(root) {
		if m, ok := only(mains, func(m Main) bool { return packagePath(root, m) == "./cmd/"+name }); ok {
			return m, "named like the project", nil
		}
	}
	if m, ok := only(mains, func(m Main) bool { return m.Dir == root }); ok {
		return m, "the main package at the root", nil
	}
	if m, ok := only(mains, func(m Main) bool { return strings.HasPrefix(packagePath(root, m), "./cmd/") }); ok {
		return m, "the only main package under cmd", nil
	}
	if m, ok := only(mains, func(m Main) bool { return !aside(packagePath(root, m)) }); ok {
		return m, "the only main package beside examples and tools", nil
	}
	e := &ManyMainsError{Root: root}
	for _, m := range mains {
		e.Mains = append(e.Mains, packagePath(root, m))
	}
	return Main{}, "", e
}

// otherMains are the main packages beside the chosen one, without those for
// things beside the product, if there are others.
func otherMains(root string, chosen Main, mains []Main) (others []string) {
	for _, m := range mains {
		if pkg := packagePath(root, m); m.Dir != chosen.Dir && !slices.Contains(others, pkg) {
			others = append(others, pkg)
		}
	}
	slices.SortStableFunc(others, func(a, b string) int { return cmp.Compare(btoi(aside(a)), btoi(aside(b))) })
	return others
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FinishedHint says what may be wrong with an app that ended at once with exit
// code 0 and never listened: it may be the wrong program, or one that needs
// arguments. It is empty if the settings leave no doubt.
func (c *Config) FinishedHint() string {
	const most = 4
	var hints []string
	if n := len(c.OtherMains); n > 0 {
		more := ""
		if n > most {
			more = fmt.Sprintf(" and %d more", n-most)
		}
		hints = append(hints, fmt.Sprintf("perhaps you mean another main package: %s%s ([go] package)", strings.Join(c.OtherMains[:min(n, most)], ", "), more))
	}
	if len(c.App.Args) == 0 && c.App.Ready == "" {
		hints = append(hints, `if the app needs an argument to serve, write it: [app] args = ["serve"]`)
	}
	return strings.Join(hints, "; ")
}

func only(mains []Main, is func(Main) bool) (Main, bool) {
	var found Main
	n := 0
	for _, m := range mains {
		if is(m) {
			found = m
			n++
		}
	}
	return found, n == 1
}

// aside reports whether a package stands in a directory for things beside the
// product.
func aside(pkg string) bool {
	for part := range strings.SplitSeq(pkg, "/") {
		switch part {
		case "example", "examples", "_examples", "tool", "tools", "script", "scripts", "hack",
			"internal", "test", "tests", "bench", "benchmark", "benchmarks", "ci", "docs":
			return true
		}
	}
	return false
}

// packagePath writes a package as the go command takes it at the root.
func packagePath(root string, m Main) string {
	rel, err := filepath.Rel(root, m.Dir)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return m.ImportPath
	case rel == ".":
		return "."
	}
	return "./" + filepath.ToSlash(rel)
}

// projectNames are the names a project goes by: that of its directory, and
// that of its module, for a clone under another name.
func projectNames(root string) []string {
	names := []string{filepath.Base(root)}
	data, err := regular.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return names
	}
	m := regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`).FindSubmatch(data)
	if m == nil {
		return names
	}
	module := string(m[1])
	if regexp.MustCompile(`/v[0-9]+$`).MatchString(module) {
		module = path.Dir(module)
	}
	return append(names, path.Base(module))
}
