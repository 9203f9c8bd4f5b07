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
// them. It returns as awaited the settings that could be there but are not.
func (l layout) inputsOf(reads *readLog) (inputs, awaited []string) {
	files := reads.files()
	settings, awaited := settingsAbove(files, l.root())
	for _, file := range l.settings.referred {
		settings = appendTsconfig(settings, file)
		if !slices.Contains(settings, file) {
			awaited = append(awaited, file)
		}
	}
	return l.userPaths(append(files, settings...)), l.userPaths(awaited)
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
// are left out, because they change only by an install. absent are the places
// below root where there is no such file.
func settingsAbove(files []string, root string) (found, absent []string) {
	seen := map[string]bool{}
	for _, file := range files {
		inside := strings.HasPrefix(file, root+string(filepath.Separator))
		if strings.Contains(file, string(filepath.Separator)+"node_modules"+string(filepath.Separator)) {
			continue
		}
		for dir := filepath.Dir(file); !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			manifest := filepath.Join(dir, "package.json")
			hasManifest := isFile(manifest)
			if hasManifest {
				found = append(found, manifest)
			} else if inside {
				absent = append(absent, manifest)
			}
			for _, name := range []string{"tsconfig.json", "jsconfig.json"} {
				settings, known := filepath.Join(dir, name), len(found)
				if found = appendTsconfig(found, settings); len(found) == known && inside {
					absent = append(absent, settings)
				}
			}
			if dir == root || !inside && hasManifest {
				break
			}
		}
	}
	return found, absent
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
