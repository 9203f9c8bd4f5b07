package typecheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/problem"
)

var (
	typeProblem = regexp.MustCompile(`^(?:(.+)\((\d+),(\d+)\): )?error (TS\d+): (.*)$`)
	typeSummary = regexp.MustCompile(`Found \d+ errors?\. Watching for file changes\.`)
	typeBegin   = regexp.MustCompile(`Starting (?:incremental )?compilation|File change detected`)
)

// svelteLine matches a line of svelte-check's machine-verbose output: a time,
// then the beginning or the end of a check, or a problem as JSON.
var svelteLine = regexp.MustCompile(`^\d+ (START|COMPLETED|FAILURE|\{)`)

// output reads the colourless output of tsc and vue-tsc, and the machine-readable
// output of svelte-check.
type output struct {
	begin  func() // a check begins
	report func([]problem.Problem)
	rest   []byte // a line without its end
	found  []problem.Problem
	last   string // the last line with words
}

// maxLine bounds the length of a line, in bytes: tsc prints whole types.
const maxLine = 1 << 20

func (o *output) Write(p []byte) (int, error) {
	o.rest = append(o.rest, p...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		if end < 0 && len(o.rest) < maxLine {
			return len(p), nil
		}
		if end < 0 {
			end = len(o.rest) - 1
		}
		o.line(strings.TrimRight(string(o.rest[:end]), "\r"))
		o.rest = o.rest[end+1:]
	}
}

func (o *output) line(line string) {
	m := typeProblem.FindStringSubmatch(line)
	svelte := svelteLine.FindStringSubmatch(line)
	switch {
	case svelte != nil:
		o.svelte(svelte[1], line)
	case m != nil:
		d := problem.Problem{Source: problem.TSC, Severity: problem.Warning, File: m[1], Text: m[5] + " (" + m[4] + ")"}
		d.Line, _ = strconv.Atoi(m[2]) // empty for problems without a file
		d.Column, _ = strconv.Atoi(m[3])
		o.found = append(o.found, d)
	case typeSummary.MatchString(line):
		o.end()
	case typeBegin.MatchString(line):
		o.found = nil
		o.begin()
	case strings.HasPrefix(line, "  ") && len(o.found) > 0:
		last := &o.found[len(o.found)-1]
		last.Notes = append(last.Notes, strings.TrimSpace(line))
	}
	if strings.TrimSpace(line) != "" {
		o.last = line
	}
}

// end reports what the finished check found.
func (o *output) end() {
	found := o.found
	o.found = nil
	o.report(found)
}

// svelte reads a line of svelte-check, whose places count from 0.
func (o *output) svelte(kind, line string) {
	switch kind {
	case "START":
		o.found = nil
		o.begin()
	case "COMPLETED":
		o.end()
	case "{":
		var m struct {
			Filename, Message string
			Start             struct{ Line, Character int }
			Code              any // a number of TypeScript, or a name of Svelte
		}
		if json.Unmarshal([]byte(line[strings.IndexByte(line, '{'):]), &m) != nil || m.Start.Line < 0 || m.Start.Character < 0 {
			return // it may be truncated
		}
		text := m.Message
		switch code := m.Code.(type) {
		case float64:
			text = fmt.Sprintf("%s (TS%d)", text, int(code))
		case string:
			text = fmt.Sprintf("%s (%s)", text, code)
		}
		o.found = append(o.found, problem.Problem{
			Source: problem.TSC, Severity: problem.Warning, Text: text,
			File: m.Filename, Line: m.Start.Line + 1, Column: m.Start.Character + 1,
		})
	}
}

// locate completes the problems of tsc, which ran in dir, with absolute files,
// columns in code points and the lines around.
func locate(dir string, found []problem.Problem) []problem.Problem {
	for i, d := range found {
		if d.File == "" {
			continue
		}
		if !filepath.IsAbs(d.File) {
			d.File = filepath.Join(dir, filepath.FromSlash(d.File))
		}
		found[i] = d.At(d.File, d.Line, d.Column, problem.UTF16)
	}
	return found
}
