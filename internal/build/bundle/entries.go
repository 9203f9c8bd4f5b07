package bundle

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
)

// MissingEntryError says that an entry point does not exist.
type MissingEntryError struct {
	Entry  string   // as it was written
	Nearby []string // files that could be meant, relative to the project, best first
}

func (e *MissingEntryError) Error() string {
	if len(e.Nearby) == 0 {
		return fmt.Sprintf("web entry point %s does not exist", e.Entry)
	}
	return fmt.Sprintf("web entry point %s does not exist; there is %s", e.Entry, strings.Join(e.Nearby, ", "))
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *MissingEntryError) UserFault() bool { return true }

const maxNearby = 6

// entryPoint is a file that pages load, directly or by a tag.
type entryPoint struct {
	file   string // absolute
	source string // relative to the project, with slashes
	name   string // of the outputs, without extension
}

func (e entryPoint) isSheet() bool { return strings.EqualFold(filepath.Ext(e.file), ".css") }

// resolveEntries returns the entry points that were written. Those that pages name,
// too, may be missing: the build says where they are named.
func resolveEntries(paths pathMapper, written, named []string) ([]entryPoint, error) {
	if len(written) == 0 && len(named) == 0 {
		return nil, fmt.Errorf("web: no entry points")
	}
	dir := paths.given
	entries := make([]entryPoint, 0, len(written))
	for _, name := range written {
		if filepath.Ext(name) == ".html" {
			continue // a page, for its inline scripts
		}
		file := name
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, filepath.FromSlash(file))
		}
		if info, err := os.Stat(file); (err != nil || info.IsDir()) && !slices.Contains(named, paths.real(file)) {
			return nil, &MissingEntryError{Entry: name, Nearby: nearby(dir, file)}
		}
		source, err := filepath.Rel(dir, file)
		if err != nil {
			return nil, fmt.Errorf("web entry point %s: %w", name, err)
		}
		if at := strings.Index(source, "*"); at >= 0 { // that of dir may hold one: see inputPath
			return nil, fmt.Errorf("web entry point %s: esbuild takes a * for a pattern; rename %s", name, upTo(source, at))
		}
		entries = append(entries, entryPoint{file: paths.real(file), source: filepath.ToSlash(source)})
	}
	for i, name := range entryNames(entries) {
		entries[i].name = name
	}
	return entries, nil
}

// upTo returns the path up to the end of the name that begins before or at i.
func upTo(path string, i int) string {
	if end := strings.IndexFunc(path[i:], func(r rune) bool { return r < utf8.RuneSelf && os.IsPathSeparator(uint8(r)) }); end >= 0 {
		return path[:i+end]
	}
	return path
}

// entryNames gives each entry point the name of its outputs: web/src/main.tsx
// is main, whatever else there is, so that adding an entry point moves no URL.
// Only those that would collide are told apart by their directories.
func entryNames(entries []entryPoint) []string {
	type output struct {
		stem  string
		sheet bool
	}
	stemOf := func(e entryPoint) string {
		base := path.Base(e.source)
		return strings.TrimSuffix(base, path.Ext(base))
	}
	taken := make(map[output]int)
	for _, e := range entries {
		taken[output{stemOf(e), e.isSheet()}]++
	}
	if len(entries) == 0 {
		return nil
	}
	common := commonDir(entries)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = stemOf(e)
		if taken[output{names[i], e.isSheet()}] > 1 {
			rel := strings.TrimPrefix(strings.TrimPrefix(e.source, common), "/")
			names[i] = strings.TrimSuffix(rel, path.Ext(rel))
		}
	}
	return names
}

// separated renames the sheets among entries that have the name of a script.
func separated(entries []entryPoint) (renamed []entryPoint, changed bool) {
	renamed = slices.Clone(entries)
	for i, e := range entries {
		script := func(other entryPoint) bool { return !other.isSheet() && other.name == e.name }
		if e.isSheet() && slices.ContainsFunc(entries, script) {
			renamed[i].name += "-sheet"
			changed = true
		}
	}
	return renamed, changed
}

// commonDir returns the deepest directory above all entry points, with slashes.
func commonDir(entries []entryPoint) string {
	common := path.Dir(entries[0].source)
	for _, e := range entries {
		for common != "." && !strings.HasPrefix(e.source, common+"/") {
			common = path.Dir(common)
		}
	}
	if common == "." {
		return ""
	}
	return common
}

// nearby lists web sources in the nearest directory above file that exists,
// those with the same name but for the extension first.
func nearby(dir, file string) []string {
	stem := func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
	parent := filepath.Dir(file)
	for parent != filepath.Dir(parent) {
		if info, err := os.Stat(parent); err == nil && info.IsDir() {
			break
		}
		parent = filepath.Dir(parent)
	}
	listing, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	var same, others []string
	for _, item := range listing {
		if item.IsDir() || !isWebSource(item.Name()) {
			continue
		}
		name, err := filepath.Rel(dir, filepath.Join(parent, item.Name()))
		if err != nil {
			continue
		}
		if name = filepath.ToSlash(name); stem(item.Name()) == stem(filepath.Base(file)) {
			same = append(same, name)
		} else {
			others = append(others, name)
		}
	}
	found := slices.Concat(same, others)
	return found[:min(len(found), maxNearby)]
}

func isWebSource(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".css":
		return true
	}
	return false
}

// entryOptions returns the entry points as esbuild takes them.
func (l layout) entryOptions() []api.EntryPoint {
	options := make([]api.EntryPoint, len(l.entries))
	for i, e := range l.entries {
		options[i] = api.EntryPoint{InputPath: l.inputPath(e.file), OutputPath: e.name}
	}
	return options
}

// inputPath names a file to esbuild, which takes an entry point with a * for a
// pattern: relative to its working directory, whose path may hold one.
func (l layout) inputPath(file string) string { return importPath(l.workingDir(), file) }

// importPath names a file to esbuild in an import of a script in dir: relative
// to it, for the path of the project may hold what means something there.
func importPath(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil { // another volume
		return file
	}
	return "./" + filepath.ToSlash(rel)
}
