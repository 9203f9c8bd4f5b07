package bundle

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// A package of icons exports thousands of modules from one file that only passes
// them on. esbuild reads them all before it leaves out those that nobody imports.
// Where the package says that its modules do nothing by being loaded, the file is
// therefore given to esbuild without the exports that the program does not want.

// worthPruning is how many modules must be left out to be worth it. Packages that
// have as many do not style the page by sheets that only some of them import.
const worthPruning = 200

// listPattern matches the statement that exports what was imported, as esbuild
// prints it.
var listPattern = regexp.MustCompile(`(?m)^export \{(?P<list>[^{}"';]*)\};?$`)

// idlePattern matches what does nothing between statements.
var idlePattern = regexp.MustCompile(`^(?:\s|;|"use strict"|"use client")*$`)

// pruned returns a script that passes on only names, of one that does nothing
// else than to pass on what other modules export. It is false when the script
// does more, or would hardly be shorter.
func pruned(text string, loader api.Loader, names map[string]bool) (string, bool) {
	code, ok := printScript(text, loader)
	names = withNearby(names, code)
	if !ok || !idlePattern.MatchString(listPattern.ReplaceAllString(importPattern.ReplaceAllString(code, ""), "")) {
		return "", false
	}
	var kept []string
	locals := make(map[string]bool)
	for _, match := range listPattern.FindAllStringSubmatch(code, -1) {
		items := slices.DeleteFunc(itemsOf(match[1]), func(i listItem) bool { return !names[i.as] })
		for _, item := range items {
			locals[item.name] = true
		}
		kept = append(kept, "export "+listText(items))
	}
	left := 0
	for _, match := range importPattern.FindAllStringSubmatch(code, -1) {
		statement, wanted := prunedStatement(match, names, locals)
		if wanted {
			kept = append(kept, statement)
		} else {
			left++
		}
	}
	return strings.Join(kept, ";\n") + "\n", left >= worthPruning
}

// withNearby adds to names what the script exports under names that differ from
// one of them by a letter: esbuild suggests those in place of misspelt ones.
func withNearby(names map[string]bool, code string) map[string]bool {
	var exported []string
	for _, pattern := range []*regexp.Regexp{importPattern, listPattern} {
		list := pattern.SubexpIndex("list")
		for _, match := range pattern.FindAllStringSubmatch(code, -1) {
			for _, item := range itemsOf(match[list]) {
				exported = append(exported, item.as)
			}
		}
	}
	all := maps.Clone(names)
	for name := range names {
		if slices.Contains(exported, name) {
			continue
		}
		for _, other := range exported {
			if differByLetter(name, other) {
				all[other] = true
			}
		}
	}
	return all
}

// differByLetter reports whether one letter added, left out or replaced makes one
// name of the other.
func differByLetter(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return utf8.RuneCountInString(a) <= 1 && utf8.RuneCountInString(b) <= 1
}

// prunedStatement returns what is wanted of a statement that importPattern
// matched: names of what it exports, and locals of what it imports.
func prunedStatement(match []string, names, locals map[string]bool) (statement string, wanted bool) {
	part := func(name string) string { return match[importPattern.SubexpIndex(name)] }
	items := itemsOf(part("list"))
	if !strings.HasPrefix(match[0], "export") {
		imports := append(items, listItem{as: part("default")}, listItem{as: part("object")})
		bare := part("default") == "" && part("star") == "" && len(items) == 0
		return match[0], bare || slices.ContainsFunc(imports, func(i listItem) bool { return locals[i.as] })
	}
	if part("star") != "" {
		return match[0], part("object") == "" || names[part("object")]
	}
	items = slices.DeleteFunc(items, func(i listItem) bool { return !names[i.as] })
	return "export " + listText(items) + " from " + part("module"), len(items) > 0
}

// listItem is one of a list between braces: "name as other" or "name".
type listItem struct{ name, as string }

func itemsOf(list string) []listItem {
	var items []listItem
	for text := range strings.SplitSeq(list, ",") {
		name, as, renamed := strings.Cut(strings.TrimSpace(text), " as ")
		if !renamed {
			as = name
		}
		if name != "" {
			items = append(items, listItem{name, as})
		}
	}
	return items
}

func listText(items []listItem) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.name + " as " + item.as
	}
	return "{ " + strings.Join(texts, ", ") + " }"
}

// prune loads the files of stubs without what the program does not want of them,
// and notes in files which those are.
func (p *packages) prune(build api.PluginBuild, stubs map[string]stub, reads *readLog, files *sync.Map) {
	build.OnLoad(api.OnLoadOptions{Filter: packageScript.String(), Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		s, ok := stubs[args.Path]
		if !ok || s.all || p.needed[args.Path] {
			return api.OnLoadResult{}, nil
		}
		found := build.Resolve(p.layout.inputPath(args.Path), api.ResolveOptions{ResolveDir: p.layout.root(), Kind: api.ResolveJSImportStatement})
		if found.Path != args.Path || found.SideEffects {
			return api.OnLoadResult{}, nil
		}
		reads.add(args.Path)
		contents, err := regular.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, nil // esbuild says so, where it is imported
		}
		text, ok := pruned(string(contents), p.layout.loaderOf(args.Path), s.names)
		if !ok {
			return api.OnLoadResult{}, nil
		}
		files.Store(args.Path, true)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}

// needWhole notes which of the pruned files other scripts than the program's
// import, which may want of them what is not there; all of them if the build
// failed and has no graph. It reports whether there are any.
func (p *packages) needWhole(pruned *sync.Map, graph *importGraph) (found bool) {
	need := func(file string) {
		if _, ok := pruned.Load(file); ok {
			if p.needed == nil {
				p.needed = make(map[string]bool)
			}
			p.needed[file], found = true, true
		}
	}
	if graph == nil {
		pruned.Range(func(file, _ any) bool { need(file.(string)); return true })
		return found
	}
	for importer, input := range graph.Inputs {
		if _, isPart := partIndex(strings.TrimPrefix(importer, packagesNamespace+":")); !isPart {
			for _, to := range input.Imports {
				need(to.Path)
			}
		}
	}
	return found
}
