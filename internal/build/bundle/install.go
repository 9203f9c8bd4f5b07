package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

var unresolvedPattern = regexp.MustCompile(`^Could not resolve "([^"]+)"`)

// isUnresolved reports whether the message is about an import that leads
// nowhere. esbuild gives such messages no identifier, so their text must do.
func isUnresolved(message api.Message) bool {
	return unresolvedPattern.MatchString(message.Text)
}

// missingPackage returns the package that an unresolved import belongs to.
func missingPackage(message api.Message) (name string, ok bool) {
	match := unresolvedPattern.FindStringSubmatch(message.Text)
	if match == nil {
		return "", false
	}
	return packageName(match[1])
}

// packageName returns "@scope/name" or "name" of an import such as
// "name/part"; there is none in a path or a URL.
func packageName(specifier string) (name string, ok bool) {
	if specifier == "" || strings.HasPrefix(specifier, ".") || strings.ContainsAny(specifier, `:\`) {
		return "", false
	}
	parts := strings.SplitN(specifier, "/", 3)
	switch {
	case parts[0] == "" || strings.HasPrefix(parts[0], "#") || strings.HasPrefix(parts[0], "~"):
		return "", false // from the root, a package's own alias, and a usual one
	case !strings.HasPrefix(parts[0], "@"):
		return parts[0], true
	case len(parts) > 1 && parts[0] != "@" && parts[1] != "":
		return parts[0] + "/" + parts[1], true
	}
	return "", false
}

// packageManager is a program that installs packages, known by its lock file.
type packageManager struct{ lock, install, add string }

func packageManagers() []packageManager {
	return []packageManager{
		{"pnpm-lock.yaml", "pnpm install", "pnpm add"},
		{"yarn.lock", "yarn install", "yarn add"},
		{"bun.lock", "bun install", "bun add"},
		{"bun.lockb", "bun install", "bun add"},
		{"package-lock.json", "npm install", "npm install"},
		{"npm-shrinkwrap.json", "npm install", "npm install"},
	}
}

// installNote says how to get the package name, imported by the file importer:
// nothing when it is installed, or when there is no package.json to say so in.
func (l layout) installNote(name, importer string) string {
	if importer == "" {
		return ""
	}
	var project string // directory of the nearest package.json
	var declared bool
	for dir := filepath.Dir(importer); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); err == nil {
			return ""
		}
		manifest := filepath.Join(dir, "package.json")
		if project == "" && isFile(manifest) {
			project = dir
			declared = declares(manifest, name)
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if project == "" {
		return ""
	}
	manager, dir := managerOf(project)
	if declared {
		return fmt.Sprintf("%s is in package.json but not installed: run %q in %s", name, manager.install, l.shown(dir))
	}
	return fmt.Sprintf("%s is not in package.json: run %q in %s", name, manager.add+" "+name, l.shown(project))
}

// managerOf finds the lock file that governs the project, which in a workspace
// lies above it, and its directory. Without one it is npm's turn.
func managerOf(project string) (manager packageManager, dir string) {
	for dir = project; ; dir = filepath.Dir(dir) {
		for _, manager := range packageManagers() {
			if isFile(filepath.Join(dir, manager.lock)) {
				return manager, dir
			}
		}
		if dir == filepath.Dir(dir) {
			return packageManager{install: "npm install", add: "npm install"}, project
		}
	}
}

// declares reports whether the package.json file lists the package.
func declares(manifest, name string) bool {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return false
	}
	var lists struct {
		Dependencies, DevDependencies, PeerDependencies, OptionalDependencies map[string]any
	}
	if json.Unmarshal(text, &lists) != nil {
		return false
	}
	for _, list := range []map[string]any{
		lists.Dependencies, lists.DevDependencies, lists.PeerDependencies, lists.OptionalDependencies,
	} {
		if _, ok := list[name]; ok {
			return true
		}
	}
	return false
}
