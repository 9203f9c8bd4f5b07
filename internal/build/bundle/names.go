package bundle

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// wish is what scripts want of a module: the names that they import from it, or
// the whole of it, because they pass it on, look names up in it while they run,
// or load it on demand.
type wish struct {
	all   bool
	names map[string]bool
}

func (w *wish) add(other wish) {
	w.all = w.all || other.all
	for name := range other.names {
		if w.names == nil {
			w.names = make(map[string]bool)
		}
		w.names[name] = true
	}
}

// covers reports whether w holds all of other.
func (w wish) covers(other wish) bool {
	if w.all {
		return true
	}
	for name := range other.names {
		if !w.names[name] {
			return false
		}
	}
	return !other.all
}

// importPattern matches a statement that imports or passes on, as esbuild
// prints it: at the beginning of a line, with a list of names that may take
// several. Text in a template may match too; it only adds names.
var importPattern = regexp.MustCompile(`(?m)^(?:import|export) ` +
	`(?:(?:(?P<default>[^\s,{}*"'();=]+)(?:, )?)?(?:(?P<star>\*(?: as (?P<object>[^\s,{}*"'();=]+))?)|\{(?P<list>[^{}"';]*)\})? from )?` +
	`(?P<module>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`)

// namesOf returns what the script wants of each module, by the text that names
// the module in an import. It is false when the script does not parse.
//
// Only a parser can tell, so esbuild prints the script anew. It keeps imports
// that only types use: they are no names of the module, and do no harm.
func namesOf(text string, loader api.Loader) (map[string]wish, bool) {
	code, ok := printScript(text, loader)
	if !ok {
		return nil, false
	}
	body := importPattern.ReplaceAllString(code, "")
	wishes := make(map[string]wish)
	for _, match := range importPattern.FindAllStringSubmatch(code, -1) {
		part := func(name string) string { return match[importPattern.SubexpIndex(name)] }
		names := make(map[string]bool)
		if part("default") != "" {
			names["default"] = true
		}
		for _, item := range itemsOf(part("list")) {
			names[item.name] = true
		}
		from := unquote(part("module"))
		taken := wishes[from]
		taken.add(wish{names: names})
		switch object := part("object"); {
		case strings.HasPrefix(match[0], "export") && part("star") != "":
			taken.all = true
		case object != "":
			taken.add(membersOf(object, body))
		}
		wishes[from] = taken
	}
	return wishes, true
}

// printScript prints a script as esbuild does, with the imports that only types
// use. It is false when the script does not parse.
func printScript(text string, loader api.Loader) (string, bool) {
	printed := api.Transform(text, api.TransformOptions{
		Loader: loader, JSX: api.JSXPreserve, Target: api.ESNext, Charset: api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelSilent,
		TsconfigRaw: `{"compilerOptions": {"verbatimModuleSyntax": true}}`,
	})
	return string(printed.Code), len(printed.Errors) == 0
}

// membersOf returns the members that body names of a namespace object, or a
// wish for the whole when it uses the object in another way.
func membersOf(object, body string) wish {
	names := make(map[string]bool)
	for rest := body; ; {
		before, after, found := strings.Cut(rest, object)
		if !found {
			return wish{names: names}
		}
		rest = after
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if inName(last) || inName(next) { // it is part of a longer name
			continue
		}
		member, isMember := strings.CutPrefix(after, ".")
		if end := strings.IndexFunc(member, func(r rune) bool { return !inName(r) }); end >= 0 {
			member = member[:end]
		}
		if !isMember || member == "" {
			return wish{all: true}
		}
		names[member] = true
	}
}

// inName reports whether names of JavaScript may hold r.
func inName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '$' }

// unquote returns the value of a string as esbuild prints it, or "" when it
// holds escapes that Go does not know.
func unquote(quoted string) string {
	inner := quoted[1 : len(quoted)-1]
	if !strings.Contains(inner, `\`) {
		return inner
	}
	value, err := strconv.Unquote(`"` + inner + `"`)
	if err != nil {
		return ""
	}
	return value
}

// importedNames remembers what scripts import by name.
type importedNames struct {
	loaderOf func(file string) api.Loader
	known    map[string]scriptNames
}

type scriptNames struct {
	read   stamp
	wishes map[string]wish
}

// of returns what the script file wants of the module that it calls from:
// nothing while it is being edited and does not parse.
func (n *importedNames) of(file, from string) wish {
	now := stampOf(file)
	script, ok := n.known[file]
	if !ok || script.read != now {
		text, err := regular.ReadFile(file)
		if err != nil {
			return wish{}
		}
		wishes, ok := namesOf(string(text), n.loaderOf(file))
		if !ok {
			return wish{}
		}
		script = scriptNames{read: now, wishes: wishes}
		n.known[file] = script
	}
	if wanted, ok := script.wishes[from]; ok {
		return wanted
	}
	return wish{all: true} // esbuild imports it for the script: the runtime of JSX
}
