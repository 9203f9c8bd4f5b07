package typecheck

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/regular"
)

// program is a checker that a project may have installed.
type program struct {
	name    string
	args    []string
	project string // the flag that names a configuration

	// patience is how long it may take to show that it noticed a save.
	// svelte-check shows that only at the end of the check.
	patience time.Duration
}

// programs returns the known checkers, preferred ones first: those that also read
// Vue and Svelte components, which tsc cannot.
func programs() []program {
	tsc := []string{"--noEmit", "--watch", "--preserveWatchOutput", "--pretty", "false"}
	return []program{
		{name: "vue-tsc", args: tsc, project: "--project", patience: time.Second},
		{name: "svelte-check", args: []string{"--watch", "--preserveWatchOutput", "--output", "machine-verbose", "--threshold", "error"}, project: "--tsconfig", patience: 10 * time.Second},
		{name: "tsc", args: tsc, project: "--project", patience: time.Second},
	}
}

// find returns the checker installed for dir, with its arguments and its
// patience. path is empty if there is none. A checker for components is used only
// if the package names it, because in a workspace it may be installed for another
// package.
func find(root, dir string) (path string, args []string, patience time.Duration) {
	m := readManifest(findAbove(root, dir, "package.json"))
	for _, p := range programs() {
		file := p.name
		if runtime.GOOS == "windows" {
			file += ".cmd"
		}
		path = findAbove(root, dir, filepath.Join("node_modules", ".bin", file))
		if path == "" || p.name != "tsc" && !m.dependsOn(p.name) {
			continue
		}
		args = p.args
		if m.skipsLibraries(p.name) {
			args = append(args, "--skipLibCheck")
		}
		if config := configuration(dir); config != "" {
			args = append(args, p.project, config)
		}
		return path, args, p.patience
	}
	return "", nil, 0
}

// configuration returns the configuration file to give to a checker in dir, or ""
// for tsconfig.json. In Vite's templates tsconfig.json contains no files, only
// references, which no checker follows in watch mode.
func configuration(dir string) string {
	app := filepath.Join(dir, "tsconfig.app.json")
	text, err := regular.ReadFile(filepath.Join(dir, "tsconfig.json"))
	if err == nil && isFile(app) && bytes.Contains(text, []byte(`"references"`)) {
		return app
	}
	return ""
}

// manifest is what we need from a package.json.
type manifest struct {
	Scripts, Dependencies, DevDependencies map[string]string
}

// readManifest returns an empty manifest if there is none or it is half-written.
func readManifest(file string) (m manifest) {
	if data, err := regular.ReadFile(file); err != nil || json.Unmarshal(data, &m) != nil {
		return manifest{}
	}
	return m
}

func (m manifest) dependsOn(name string) bool {
	return m.Dependencies[name] != "" || m.DevDependencies[name] != ""
}

// skipsLibraries reports whether a script calls the checker with --skipLibCheck,
// because the project does not want to see mistakes in the declarations of
// packages.
func (m manifest) skipsLibraries(checker string) bool {
	for _, script := range m.Scripts {
		for command := range strings.FieldsFuncSeq(script, func(r rune) bool { return strings.ContainsRune("&|;", r) }) {
			words := strings.Fields(command)
			skip := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, "--skipLibCheck") })
			if skip > 0 && slices.Contains(words[:skip], checker) && !slices.Contains(words[skip+1:], "false") {
				return true
			}
		}
	}
	return false
}

// findAbove returns name in dir or the nearest directory above it, up to root.
func findAbove(root, dir, name string) string {
	for {
		if rel, err := filepath.Rel(root, dir); err != nil || !filepath.IsLocal(rel) {
			return ""
		}
		if file := filepath.Join(dir, name); isFile(file) {
			return file
		}
		if dir == root {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// isFile reports whether name exists and is not a directory.
func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}
