package bundle

import (
	"hash"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// resolve returns the file that an import leads to, "" if that is none.
type resolve func(importer, specifier string) string

// resolver asks esbuild.
func resolver(build api.PluginBuild) resolve {
	return func(importer, specifier string) string {
		found := build.Resolve(specifier, api.ResolveOptions{
			Importer: importer, Namespace: "file", ResolveDir: filepath.Dir(importer), Kind: api.ResolveJSImportStatement,
		})
		if len(found.Errors) > 0 || found.Namespace != "file" {
			return ""
		}
		return found.Path
	}
}

// valuesOf adds to the version of a module what it imports that is no module: a
// CSS module, JSON, the text or the address of a file. It returns the files.
func (i *instrument) valuesOf(importer, text string, version hash.Hash, resolve resolve) map[string]stamp {
	var values map[string]stamp
	for _, specifier := range valueSpecifiers(text) {
		path, _, query := strings.Cut(specifier, "?")
		file := filepath.Join(filepath.Dir(importer), filepath.FromSlash(path))
		if !strings.HasPrefix(path, ".") {
			file = resolve(importer, path)
		}
		if file == "" || isScript.MatchString(file) || packageDir(file) != "" {
			continue
		}
		loader := i.layout.sheetLoader(file)
		if loader == api.LoaderCSS && !query {
			continue // pages swap it
		}
		now := stampOf(file)
		contents, err := regular.ReadFile(file)
		if err != nil {
			continue
		}
		if loader != api.LoaderNone && !query {
			contents = []byte(localNames(string(contents)))
		}
		version.Write(contents)
		if values == nil {
			values = make(map[string]stamp)
		}
		values[file] = now
	}
	return values
}

// valueSpecifiers returns what a script imports that is no script by its name.
// What stands in comments may be among it.
func valueSpecifiers(text string) []string {
	var found []string
	for _, word := range []string{"from", "import"} {
		for rest := text; ; {
			_, after, more := strings.Cut(rest, word)
			if !more {
				break
			}
			rest = after
			after = strings.TrimLeft(after, " \t\n(")
			if after == "" || after[0] != '"' && after[0] != '\'' {
				continue
			}
			end := strings.IndexByte(after[1:], after[0])
			if end < 0 {
				continue
			}
			specifier := after[1 : 1+end]
			path, _, query := strings.Cut(specifier, "?")
			extension := filepath.Ext(path)
			if (query || extension != "" && !isScript.MatchString(path)) && !strings.ContainsAny(specifier, "\n\\") {
				found = append(found, specifier)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

var (
	sheetComment = regexp.MustCompile(`/\*(?s:.*?)\*/`)
	sheetName    = regexp.MustCompile(`[.#]-?[\pL_][\pL\pN_-]*|@[\w-]+\s+[\pL_][\pL\pN_-]*|composes\s*:[^;}]*`)
)

// localNames returns what of a CSS module its importers can see: its names.
func localNames(sheet string) string {
	names := sheetName.FindAllString(sheetComment.ReplaceAllString(sheet, ""), -1)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "\n")
}
