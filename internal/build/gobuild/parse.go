package gobuild

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
)

// location matches lines like "file.go:12:3: text" of the go command, its tools
// and C compilers. The file needs an extension that starts with a letter, so that
// times and network addresses do not match.
var location = regexp.MustCompile(`^((?:[A-Za-z]:)?[^:"\s][^:"]*\.[A-Za-z]\w*):(\d+)(?::(\d+))?: (.*)$`)

// sourceEcho matches the lines in which gcc repeats the source: "  12 | x = y;".
var sourceEcho = regexp.MustCompile(`^\s*\d*\s+\|`)

// noise are lines that only frame or repeat what another line says.
var noise = regexp.MustCompile(`^(# |go: (downloading|finding|found|added|upgraded) |asm: assembly of |` +
	`usage: |Run 'go help |\d+ (error|warning)s? generated|In file included from |\s+from \S+:\d+[:,]$|\S+: (In function|At top level))`)

// optimization matches what the compiler says about its optimizations (-m), in
// the same form as errors.
var optimization = regexp.MustCompile(`^(\s|can inline |cannot inline |inlining call to |moved to heap: |leaking param|parameter |mark inlined call |` +
	`devirtualizing |index bounds check elided|zero-copy |func literal |.* (escapes to heap|does not escape|ignoring self-assignment.*):?$)`)

// chatter reports whether a line of a successful build only says what was done,
// as the linker's may.
func chatter(d problem.Problem) bool {
	return d.File == "" && d.Severity == problem.Error && !strings.Contains(strings.ToLower(d.Text), "warning")
}

// splitBuildOutput sorts the stream of go build -json into one text for each
// package, in order of appearance. Lines that are not JSON form the last text.
func splitBuildOutput(stream string) []string {
	type event struct{ ImportPath, Action, Output string }
	var order []string
	texts := map[string]*strings.Builder{}
	var plain strings.Builder
	for line := range strings.Lines(stream) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			plain.WriteString(line)
			continue
		}
		if e.Action != "build-output" {
			continue
		}
		if texts[e.ImportPath] == nil {
			texts[e.ImportPath] = &strings.Builder{}
			order = append(order, e.ImportPath)
		}
		texts[e.ImportPath].WriteString(e.Output)
	}
	var blocks []string
	for _, path := range order {
		blocks = append(blocks, texts[path].String())
	}
	return append(blocks, plain.String())
}

// parseGoOutput reads what the go command says about one package or about the
// module. Files are as printed and columns count bytes; see [locateAll].
func parseGoOutput(text string) []problem.Problem {
	if link, ok := parseLinkerOutput(text); ok {
		return []problem.Problem{link}
	}
	var p goParser
	for line := range strings.Lines(text) {
		p.line(strings.TrimRight(line, "\r\n"))
	}
	return tidyGoMessages(p.found)
}

// goParser collects diagnostics from lines. A line may belong to the previous
// one.
type goParser struct {
	found []problem.Problem
	inC   bool // the last diagnostic is a C compiler's, which echoes the source
}

func (p *goParser) line(line string) {
	switch {
	case line == "too many errors":
		p.stopped()
	case strings.TrimSpace(line) == "", noise.MatchString(line), sourceEcho.MatchString(line):
	case strings.HasPrefix(line, "\t") && len(p.found) > 0:
		p.continuation(strings.TrimSpace(line))
	case location.MatchString(line):
		p.located(line)
	case !p.inC:
		p.unlocated(strings.TrimSpace(line))
	}
}

func (p *goParser) located(line string) {
	d := parseLocation(line)
	kind, rest, found := strings.Cut(d.Text, ": ")
	p.inC = false
	switch {
	case optimization.MatchString(d.Text):
		return
	case d.Text == "too many errors":
		p.stopped()
		return
	case found && kind == "note":
		if len(p.found) > 0 {
			p.last().Notes = append(p.last().Notes, rest)
			p.inC = true
			return
		}
		d.Text = rest
	case found && (kind == "error" || kind == "fatal error"):
		d.Text, p.inC = rest, true
	case found && kind == "warning":
		d.Text, d.Severity, p.inC = rest, problem.Warning, true
	}
	p.found = append(p.found, d)
}

// stopped notes that the compiler stopped looking for errors.
func (p *goParser) stopped() {
	if len(p.found) > 0 {
		p.last().Notes = append(p.last().Notes, "the compiler stopped here; there may be more errors")
	}
}

func (p *goParser) unlocated(line string) {
	d := problem.Problem{Source: problem.Go, Severity: problem.Error, Text: strings.TrimPrefix(line, "go: ")}
	if text, ok := strings.CutPrefix(d.Text, "warning: "); ok {
		d.Text, d.Severity = text, problem.Warning
	}
	p.found = append(p.found, d)
}

// continuation adds a tab-indented line to the last diagnostic. Under the
// heading "package x" such a line is the diagnostic itself.
func (p *goParser) continuation(line string) {
	last := p.last()
	if location.MatchString(line) && last.File == "" && strings.HasPrefix(last.Text, "package ") {
		*last = parseLocation(line)
		return
	}
	last.Notes = append(last.Notes, strings.TrimPrefix(line, "./"))
}

func (p *goParser) last() *problem.Problem { return &p.found[len(p.found)-1] }

// parseLocation splits a line that location matches.
func parseLocation(line string) problem.Problem {
	m := location.FindStringSubmatch(line)
	d := problem.Problem{Source: problem.Go, Severity: problem.Error, File: m[1], Text: m[4]}
	d.Line, _ = strconv.Atoi(m[2]) // digits only; out of range stays unknown
	d.Column, _ = strconv.Atoi(m[3])
	return d
}

// tidyGoMessages rewords what the go command spreads over several lines, and
// drops headings whose content follows as separate diagnostics.
func tidyGoMessages(found []problem.Problem) []problem.Problem {
	var kept []problem.Problem
	for i, d := range found {
		if strings.HasSuffix(d.Text, ":") {
			if len(d.Notes) == 0 && i+1 < len(found) {
				continue
			}
			splitAdvice(&d)
		}
		hoistImportError(&d)
		kept = append(kept, d)
	}
	return kept
}

// splitAdvice splits "no module provides x; to add it:" and its continuation "go
// get x" into a text and a note with the advice.
func splitAdvice(d *problem.Problem) {
	d.Text = strings.TrimSuffix(d.Text, ":")
	at := max(strings.LastIndex(d.Text, "; "), strings.LastIndex(d.Text, ". "))
	if at < 0 || len(d.Notes) == 0 || !strings.HasPrefix(d.Notes[0], "go ") {
		return
	}
	d.Notes[0] = d.Text[at+2:] + ": " + d.Notes[0]
	d.Text = d.Text[:at]
}

// hoistImportError finds the fault at the end of an import stack ("package a",
// "imports b", "imports c: import cycle not allowed"); the stack becomes notes.
func hoistImportError(d *problem.Problem) {
	n := len(d.Notes)
	if n == 0 || !strings.HasPrefix(d.Text, "package ") || !strings.HasPrefix(d.Notes[n-1], "imports ") {
		return
	}
	step, fault, found := strings.Cut(d.Notes[n-1], ": ")
	if !found {
		return
	}
	d.Notes = append([]string{d.Text}, d.Notes...)
	d.Notes[n] = step
	d.Text = fault
}

// parseLinkerOutput reads the report of a failed external linker. It skips the
// command line, which is kilobytes long and useless, and finds the fault after
// it.
func parseLinkerOutput(text string) (problem.Problem, bool) {
	_, report, found := strings.Cut(text, "link: running ")
	if !found {
		return problem.Problem{}, false
	}
	tool, report, _ := strings.Cut(report, " ")
	_, report, _ = strings.Cut(report, "\n")
	d := problem.Problem{Source: problem.Go, Severity: problem.Error}
	for line := range strings.Lines(report) {
		line = strings.TrimSpace(line)
		if line == "" || strings.Contains(line, " -o $WORK") || strings.HasPrefix(line, "collect2: ") {
			continue
		}
		if i := strings.Index(line, "ld: "); i >= 0 {
			line = line[i+len("ld: "):]
		}
		if at := strings.Index(line, "undefined reference to"); at >= 0 && d.Text == "" {
			d.Text = line[at:]
			continue
		}
		d.Notes = append(d.Notes, line)
	}
	if d.Text == "" && len(d.Notes) > 0 {
		d.Text, d.Notes = d.Notes[0], d.Notes[1:]
	}
	if d.Text == "" {
		d.Text = "the linker " + tool + " failed"
	}
	return d, true
}
