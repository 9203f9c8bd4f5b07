package bundle

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Scripts import names that packages do not export: misspelt ones, and types.
// The program's build sees only stubs, so it learns of them from the build of
// the packages.

// partMark ends the name of the script that takes a part of a module, in the
// bundle of packages. Before it is the number of the stub. The name must not
// hold that of the file: esbuild keeps quiet about scripts in node_modules.
const partMark = ":part"

// partIndex returns which of the stubs, sorted by file, a part is of.
func partIndex(name string) (index int, ok bool) {
	digits, isPart := strings.CutSuffix(name, partMark)
	index, err := strconv.Atoi(digits)
	return index, isPart && err == nil
}

// partText is the script that takes the wanted part of a module, so that
// esbuild can leave out the rest. Its getters keep bindings live. A name that
// the module does not export becomes a warning.
func partText(from string, s stub) string {
	var text strings.Builder
	fmt.Fprintf(&text, "import * as module from %s\nexport const part = {\n", toJSON(from))
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		fmt.Fprintf(&text, "  get %[1]s() { return module.%[1]s },\n", name)
	}
	text.WriteString("}\n")
	return text.String()
}

var (
	quotedName       = `("(?:[^"\\]|\\.)*")`
	undefinedPattern = regexp.MustCompile(`^Import ` + quotedName + ` will always be undefined`)
	noMatchPattern   = regexp.MustCompile(`^No matching export in ` + quotedName + ` for import ` + quotedName)
)

// takeTypos moves the warnings about parts to the stubs, and returns the rest.
func takeTypos(stubs map[string]stub, warnings []api.Message) (rest []api.Message) {
	files := slices.Sorted(maps.Keys(stubs))
	for _, warning := range warnings {
		file, name, ok := typoIn(warning, files)
		if !ok {
			rest = append(rest, warning)
			continue
		}
		s := stubs[file]
		if s.typos == nil {
			s.typos = make(map[string]api.Message)
		}
		s.typos[name] = warning
		stubs[file] = s
	}
	return rest
}

// typoIn returns the file, one of files, that lacks the name which the warning
// is about. It is false when the warning is about something else.
func typoIn(warning api.Message, files []string) (file, name string, ok bool) {
	match := undefinedPattern.FindStringSubmatch(warning.Text)
	if match == nil || warning.Location == nil {
		return "", "", false
	}
	i, isPart := partIndex(strings.TrimPrefix(warning.Location.File, packagesNamespace+":"))
	name, err := strconv.Unquote(match[1])
	if !isPart || i >= len(files) || err != nil {
		return "", "", false
	}
	return files[i], name, true
}

// noMatch returns the file that lacks the name which an error of the program is
// about. It is false when the error is about something else.
func noMatch(message api.Message) (file, name string, ok bool) {
	match := noMatchPattern.FindStringSubmatch(message.Text)
	if match == nil {
		return "", "", false
	}
	file, badFile := strconv.Unquote(match[1])
	name, badName := strconv.Unquote(match[2])
	return file, name, badFile == nil && badName == nil
}

// lacksNames reports whether scripts failed because a stub does not have the
// names that they import: the package may export them.
func (p *packages) lacksNames(errors []api.Message) bool {
	return slices.ContainsFunc(errors, func(message api.Message) bool {
		file, _, ok := noMatch(message)
		s, known := p.stubs[file]
		return ok && known && !s.all
	})
}

// explain adds to errors about misspelt names the corrections that esbuild
// found when it had the packages before it.
func (p *packages) explain(errors []api.Message) {
	for i := range errors {
		file, name, _ := noMatch(errors[i])
		typo, known := p.stubs[file].typos[name]
		if known && errors[i].Location != nil && typo.Location != nil {
			errors[i].Location.Suggestion = typo.Location.Suggestion
			errors[i].Notes = append(errors[i].Notes, typo.Notes...)
		}
	}
}
