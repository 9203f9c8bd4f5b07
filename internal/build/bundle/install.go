package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
	"github.com/calendsync/devtool/internal/regular"
	"github.com/evanw/esbuild/pkg/api"
)

var unresolvedPattern = regexp.MustCompile(`^Could not resolve "([^"]+)"`)

// isUnresolved reports whether the message is about an import that leads
// nowhere. esbuild gives such messages no identifier, so their text must do.
func isUnresolved(message api.Message) bool {
	return unresolvedPattern.MatchString(message.Text)
}

// missingPackage returns the package that an unresolved import belongs to, and
// the file that imports it.
func (l layout) missingPackage(message api.Message) (name, importer string, ok bool) {
	match := unresolvedPattern.FindStringSubmatch(message.Text)
	if match == nil || message.Location == nil {
		return "", "", false
	}
	name, ok = packageName(match[1])
	return name, l.locate(message.Location), ok
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

// remedy is the command that gets missing packages. It is zero when there is
// none: the package is installed, or there is no package.json to say so in.
type remedy struct {
	command, dir string
	declared     bool // package.json lists the package already
}

func (r remedy) String() string { return fmt.Sprintf("run %q in %s", r.command, r.dir) }

// remedyFor returns how to get the package name, imported by the file importer.
func (l layout) remedyFor(name, importer string) remedy {
	if importer == "" || isNodeModule(name) {
		return remedy{}
	}
	var project string // directory of the nearest package.json of the user's
	var declared bool
	for dir := filepath.Dir(importer); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); err == nil {
			return remedy{}
		}
		manifest := filepath.Join(dir, "package.json")
		if project == "" && isFile(manifest) {
			declared = declared || declares(manifest, name)
			// What an installed package lacks is installed in the project.
			if !strings.Contains(filepath.ToSlash(dir), "/node_modules/") {
				project = dir
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if project == "" {
		return remedy{}
	}
	manager, dir := managerOf(project)
	if declared {
		return remedy{manager.install, l.shown(dir), true}
	}
	return remedy{manager.add + " " + name, l.shown(project), false}
}

// unresolvedNote says what to do about an import that leads nowhere, if that is
// known.
func (l layout) unresolvedNote(message api.Message) string {
	match := unresolvedPattern.FindStringSubmatch(message.Text)
	if match == nil {
		return ""
	}
	if strings.HasPrefix(match[1], "virtual:") {
		return "it is made by a plugin of Vite, and devtool runs none"
	}
	if strings.HasPrefix(match[1], "/") && message.Location != nil {
		where := l.shown(l.rootOf(l.paths.real(l.locate(message.Location))))
		if l.publicDir != "" {
			where += " nor in " + l.shown(l.publicDir)
		}
		return fmt.Sprintf("there is no %s in %s", strings.TrimPrefix(match[1], "/"), where)
	}
	if isNodeModule(match[1]) {
		return fmt.Sprintf("%s is a module of Node, which browsers do not have", match[1])
	}
	name, importer, ok := l.missingPackage(message)
	if !ok {
		return ""
	}
	switch r := l.remedyFor(name, importer); {
	case r == remedy{}:
		return ""
	case r.declared:
		return fmt.Sprintf("%s is in package.json but not installed: %s", name, r)
	default:
		return fmt.Sprintf("%s is not in package.json: %s", name, r)
	}
}

// missing is several imports that one command mends.
type missing struct {
	remedy
	names []string // of packages, in the order of the errors
	first api.Message
	count int
}

// takeMissing takes imports of packages that share a remedy out of errors.
func (l layout) takeMissing(errors []api.Message) (rest []api.Message, found []missing) {
	remedies := make([]remedy, len(errors))
	shared := make(map[remedy]int)
	names := make([]string, len(errors))
	for i, message := range errors {
		name, importer, ok := l.missingPackage(message)
		if !ok {
			continue
		}
		names[i], remedies[i] = name, l.remedyFor(name, importer)
		shared[remedies[i]]++
	}
	delete(shared, remedy{})
	for i, message := range errors {
		r := remedies[i]
		if shared[r] < 2 {
			rest = append(rest, message)
			continue
		}
		at := slices.IndexFunc(found, func(m missing) bool { return m.remedy == r })
		if at < 0 {
			at = len(found)
			found = append(found, missing{remedy: r, first: message})
		}
		found[at].count++
		if !slices.Contains(found[at].names, names[i]) {
			found[at].names = append(found[at].names, names[i])
		}
	}
	return rest, found
}

// maxNamed is how many packages one sentence names.
const maxNamed = 5

// missingProblem says in one sentence what many imports lack.
func (l layout) missingProblem(m missing) problem.Problem {
	list := strings.Join(m.names[:min(maxNamed, len(m.names))], ", ")
	if more := len(m.names) - maxNamed; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	switch {
	case !m.declared:
		m.first.Text = fmt.Sprintf("%s is not in package.json: %s", list, m.remedy)
	case len(m.names) == 1:
		m.first.Text = fmt.Sprintf("%s is in package.json but not installed: %s", list, m.remedy)
	default:
		m.first.Text = fmt.Sprintf("%d packages of package.json are not installed: %s", len(m.names), m.remedy)
	}
	m.first.Notes = nil
	d := l.diagnostic(m.first, problem.Error)
	d.Notes = []string{fmt.Sprintf("%d imports need it; this is the first", m.count)}
	if len(m.names) > 1 {
		d.Notes = []string{fmt.Sprintf("%d imports need them; this is the first", m.count), "not installed: " + list}
	}
	return d
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
	text, err := regular.ReadFile(manifest)
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
