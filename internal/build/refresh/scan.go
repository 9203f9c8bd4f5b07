package refresh

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Scan is what is known of a script without parsing it.
type Scan struct {
	Components []string // capitalised names at the top level that are not exported as such; some may be none
	Lazy       []string // specifiers of import("./page")
	Hot        bool     // the text has import.meta.hot
}

var (
	declaration = regexp.MustCompile(`^(?:export\s+default\s+)?(?:async\s+)?(?:function\s*\*?|const|let|var|class|abstract\s+class)\s+([A-Z][\w$]*)`)
	statement   = regexp.MustCompile(`(?m)^[ \t]*(?:import|export)\b`)
	// commonWords are those without which a script cannot be one of CommonJS.
	commonWords    = regexp.MustCompile(`\b(?:require|module|exports)\b`)
	firstStatement = regexp.MustCompile(`^(?:import(?:\s+[\pL\w$]|\s*[{*"'])|export(?:\s+\w|\s*[{*]))`)
	typedCommon    = regexp.MustCompile(`^(?:export\s+)?import\s+[\w$]+\s*=|^export\s*=`) // import a = require("a")
)

// ScanText looks at a script. esm is false if the script is no ES module, so
// that nothing can be appended to it.
func ScanText(name, text string, loader api.Loader) (scan Scan, esm bool) {
	scan.Hot = strings.Contains(text, "import.meta.hot")
	lazy := strings.Contains(text, "import(") || strings.Contains(text, "import (")
	known := isCertain(text, loader)
	if !known && !scan.Hot && !strings.Contains(text, "import") && !strings.Contains(text, "export") {
		return Scan{}, false
	}
	if lazy || !known {
		module, err := Analyze(name, text, loader)
		if err != nil || !known && !scan.Hot && len(module.Specifiers)+len(module.Exports)+len(module.Stars) == 0 {
			return Scan{}, false
		}
		scan.Lazy = module.Lazy
	}
	scan.Components = components(text)
	return scan, true
}

// isCertain reports whether a script is an ES module beyond doubt: it begins
// with an import or an export, or it is written in TypeScript and has them.
func isCertain(text string, loader api.Loader) bool {
	typed := loader == api.LoaderTS || loader == api.LoaderTSX
	first := afterComments(text)
	first = first[:min(len(first), 100)] // more makes the patterns slow
	if firstStatement.MatchString(first) {
		return !typed || !typedCommon.MatchString(first)
	}
	return typed && !commonWords.MatchString(text) && statement.MatchString(text)
}

// afterComments returns a script from its first statement on.
func afterComments(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	for {
		text = strings.TrimLeft(text, " \t\r\n;")
		end := ""
		switch {
		case strings.HasPrefix(text, "//"), strings.HasPrefix(text, "#!"):
			end = "\n"
		case strings.HasPrefix(text, "/*"):
			end = "*/"
		case strings.HasPrefix(text, `"use `):
			end = `"`
		case strings.HasPrefix(text, "'use "):
			end = "'"
		default:
			return text
		}
		_, rest, found := strings.Cut(text[1:], end)
		if !found {
			return ""
		}
		text = rest
	}
}

// components returns the names that are declared at the beginning of a line and
// are not exported where they are. Names that are not at the top level, or in a
// comment, do no harm: their type is asked for before their value.
func components(text string) []string {
	var names []string
	seen := make(map[string]bool)
	for line := range bytes.Lines([]byte(text)) {
		if len(line) < 7 || line[0] != 'f' && line[0] != 'c' && line[0] != 'l' && line[0] != 'v' && line[0] != 'a' && line[0] != 'e' {
			continue
		}
		match := declaration.FindSubmatch(line)
		if match == nil || seen[string(match[1])] {
			continue
		}
		seen[string(match[1])] = true
		names = append(names, string(match[1]))
	}
	return names
}
