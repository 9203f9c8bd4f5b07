package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pathMapper translates between the project's directory as it was given, in
// which events and messages name files, and its real path, in which esbuild
// does: on macOS, for one, everything temporary lies behind a symbolic link.
type pathMapper struct{ given, resolved string }

func newPathMapper(dir string) pathMapper {
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil { // no such directory: the entry points will say so
		resolved = dir
	}
	return pathMapper{given: dir, resolved: resolved}
}

func (m pathMapper) real(file string) string { return moveBelow(file, m.given, m.resolved) }
func (m pathMapper) user(file string) string { return moveBelow(file, m.resolved, m.given) }

func moveBelow(file, from, to string) string {
	if from == to {
		return file
	}
	if rest, ok := strings.CutPrefix(file, from); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		return to + rest
	}
	return file
}

// inputsOf returns what a build read, sorted and as the user's paths have it:
// the files that esbuild was asked to load, and the settings beside and above
// them.
func (l layout) inputsOf(reads *readLog) []string {
	files := reads.files()
	files = append(files, settingsAbove(files, l.root())...)
	if l.tsconfig != "" {
		files = appendTsconfig(files, l.paths.real(l.tsconfig))
	}
	return l.userPaths(files)
}

// userPaths turns files, which it changes, to the paths that the user has for
// them, sorted.
func (l layout) userPaths(files []string) []string {
	for i, file := range files {
		files[i] = l.paths.user(file)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// globsOf returns the sets of files that a build read.
func (l layout) globsOf(reads *readLog) []Glob {
	globs := slices.Clone(reads.globs)
	for i := range globs {
		globs[i].Dir = l.paths.user(globs[i].Dir)
	}
	return globs
}

// settingsAbove returns the package.json and tsconfig.json files that govern
// files: in their directories and those above, up to root or, for files
// outside of root, to the nearest package.json. Those of installed packages
// are left out, because they change only by an install.
func settingsAbove(files []string, root string) []string {
	var found []string
	seen := map[string]bool{}
	for _, file := range files {
		inside := strings.HasPrefix(file, root+string(filepath.Separator))
		if strings.Contains(file, string(filepath.Separator)+"node_modules"+string(filepath.Separator)) {
			continue
		}
		for dir := filepath.Dir(file); !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			manifest := filepath.Join(dir, "package.json")
			if isFile(manifest) {
				found = append(found, manifest)
			}
			for _, name := range []string{"tsconfig.json", "jsconfig.json"} {
				found = appendTsconfig(found, filepath.Join(dir, name))
			}
			if dir == root || !inside && slices.Contains(found, manifest) {
				break
			}
		}
	}
	return found
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
