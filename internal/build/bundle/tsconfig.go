package bundle

import (
	"os"
	"path/filepath"
	"regexp"
)

var (
	referencesPattern = regexp.MustCompile(`"references"\s*:\s*\[([^\]]*)\]`)
	referencePattern  = regexp.MustCompile(`"path"\s*:\s*"([^"]+)"`)
	forPagesPattern   = regexp.MustCompile(`(?i)"jsx"\s*:|"dom"`)
)

// referencedConfig returns the settings that govern the scripts among entries
// when the tsconfig.json above them holds none but only refers to others, as
// Vite's templates do: one for the program, one for the tools. esbuild reads
// no references. It returns "" when there is nothing of the kind.
func referencedConfig(root string, entries []entryPoint) string {
	for _, entry := range entries {
		if entry.isSheet() {
			continue
		}
		for dir := filepath.Dir(entry.file); ; dir = filepath.Dir(dir) {
			if text, err := os.ReadFile(filepath.Join(dir, "tsconfig.json")); err == nil {
				return referredTo(dir, text)
			}
			if dir == root || dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return ""
}

// referredTo returns the first of the references in the tsconfig.json of dir
// that is about scripts for pages, else the first.
func referredTo(dir string, text []byte) string {
	list := referencesPattern.FindSubmatch(text)
	if list == nil || forPagesPattern.Match(text) {
		return ""
	}
	first := ""
	for _, match := range referencePattern.FindAllSubmatch(list[1], -1) {
		file := filepath.Join(dir, filepath.FromSlash(string(match[1])))
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			file = filepath.Join(file, "tsconfig.json")
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if forPagesPattern.Match(text) {
			return file
		}
		if first == "" {
			first = file
		}
	}
	return first
}
