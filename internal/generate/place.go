package generate

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// place is where a generator complains, and of what.
type place struct {
	file         string // absolute
	line, column int    // column 0: unknown
	text         string // empty: the generator says nothing more
}

// A file, unquoted or quoted: it has an extension, and blanks only within quotes.
const (
	bareFile   = `((?:[A-Za-z]:)?[^:"'\x60\s=<>|,;]+\.[A-Za-z]\w*)`
	quotedFile = `["'\x60]([^"'\x60]+\.[A-Za-z]\w*)["'\x60]`
	begin      = `(?:^|[\s"'\x60=<>|,;(\[])`

	lineAndColumn = `\b[Ll]ines? (?P<line>\d+)(?:,? ?(?:at )?\b(?:col|column|char|character|position)\.? (?P<column>\d+))?`
)

// forms are the ways in which tools write a place, the strictest first. Their groups
// are file, line and column.
var forms = []*regexp.Regexp{
	// query.sql:3:7, and with quotes or brackets around
	regexp.MustCompile(begin + bareFile + `:(\d+)(?:[:.](\d+))?\b`),
	// input.ts(3,7) of the TypeScript and .NET world
	regexp.MustCompile(begin + bareFile + `\((\d+)(?:, ?(\d+))?\)`),
	// File "schema.py", line 3 and "page.templ": ... line 3, col 7
	regexp.MustCompile(quotedFile + `(?P<text>.*?)` + lineAndColumn),
	// page.templ ... : line 3, col 7
	regexp.MustCompile(begin + bareFile + `\b(?P<text>.*?)` + lineAndColumn),
	// line 3, column 7 of page.scss
	regexp.MustCompile(lineAndColumn + ` (?:of|in) ["'\x60]?(?P<file>[^:"'\x60\s]+\.[A-Za-z]\w*)`),
	// src/app.scss 3:7  root stylesheet
	regexp.MustCompile(begin + bareFile + ` (\d+):(\d+)\b`),
}

// escapes colour a terminal and move its cursor.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])`)

// locate finds the first complaint of an output whose file is there. Files are
// relative to dir.
func locate(output, dir string) (place, bool) {
	lines := strings.Split(escapes.ReplaceAllString(output, ""), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\r")
		for _, form := range forms {
			for _, m := range form.FindAllStringSubmatchIndex(line, -1) {
				p, end := placeAt(form, line, m, dir)
				if p.file == "" {
					continue
				}
				if p.text == "" {
					p.text = words(line[end:], line[:m[0]], lines[:i])
				}
				return p, true
			}
		}
	}
	return place{}, false
}

// placeAt reads a match of form. The place has no file if there is none like that.
func placeAt(form *regexp.Regexp, line string, m []int, dir string) (p place, end int) {
	group := func(name string, i int) string {
		if named := form.SubexpIndex(name); named > 0 {
			i = named
		}
		if m[2*i] < 0 {
			return ""
		}
		return line[m[2*i]:m[2*i+1]]
	}
	file := group("file", 1)
	for file != "" && !exists(absolute(file, dir)) { // a bracket before it is no part of it
		i := strings.IndexAny(file, "([")
		file = file[i+1:]
		if i < 0 {
			return place{}, 0
		}
	}
	if file == "" || isDir(absolute(file, dir)) {
		return place{}, 0
	}
	p.file = absolute(file, dir)
	p.line, _ = strconv.Atoi(group("line", 2)) // digits only; out of range stays unknown
	p.column, _ = strconv.Atoi(group("column", 3))
	if between := form.SubexpIndex("text"); between > 0 {
		text := strings.Trim(strings.ReplaceAll(group("text", between), file, ""), `"'`+"`:,;-–( \t")
		if len(strings.Fields(text)) > 1 {
			p.text = text
		}
	}
	return p, m[1]
}

func absolute(file, dir string) string {
	if filepath.IsAbs(file) {
		return filepath.Clean(file)
	}
	return filepath.Join(dir, filepath.FromSlash(file))
}

// words returns what is said of a place: behind it, else before it, else on the line
// above.
func words(behind, before string, above []string) string {
	behind = strings.TrimLeft(strings.TrimLeft(behind, `"'`+"`)]"), ":-–, \t")
	if text := strings.TrimSpace(behind); strings.ContainsFunc(text, isLetter) {
		return text
	}
	before = strings.TrimRight(before, " \t:-–>[(=,")
	for _, word := range []string{" in", " at", " file", " from", " error"} {
		before = strings.TrimRight(strings.TrimSuffix(before, word), " :-–>[(,")
	}
	if text := strings.TrimSpace(before); len(strings.Fields(text)) > 1 {
		return text
	}
	for i := len(above) - 1; i >= 0; i-- {
		if text := strings.TrimSpace(above[i]); strings.ContainsFunc(text, isLetter) {
			return text
		}
	}
	return ""
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
