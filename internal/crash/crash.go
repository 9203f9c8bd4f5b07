package crash

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maruel/panicparse/v2/stack"
)

// mostFrames limits the frames of a report. A stack overflow has a hundred.
const mostFrames = 24

// Report is what the Go runtime printed when a program ended.
type Report struct {
	Begins    int      // its offset in the output, in bytes
	Text      string   // "panic: assignment to entry in nil map"; of a chain of panics, the last
	Earlier   []string // the panics before it, which were being handled
	Goroutine string   // "goroutine 18 [running], created by main.main"; empty if the output breaks off
	Frames    []Frame  // innermost first, those of the user's code before all others
}

// Frame is one call of a stack.
type Frame struct {
	Function string // "api.(*Month).days"
	File     string // as the compiler was told: absolute, unless built with -trimpath
	Line     int    // from 1
	Own      bool   // of the user's code
}

// Place returns the frame to look at first, the innermost one of the user's
// code, and whether there is any.
func (r Report) Place() (Frame, bool) {
	if len(r.Frames) == 0 {
		return Frame{}, false
	}
	return r.Frames[0], true
}

// Parse finds the newest report of the Go runtime in output; false if there is
// none. Panics that the program survived, such as those net/http recovers from,
// do not count. own reports whether a source file is part of the user's code.
func Parse(output string, own func(file string) bool) (Report, bool) {
	at := lastReport(output)
	if at < 0 {
		return Report{}, false
	}
	r := Report{Begins: at}
	message, rest := split(output[at:])
	repanicked := r.read(message)
	g := crashed(rest)
	if g == nil {
		return r, true
	}
	r.Goroutine = describe(g)
	calls := g.Stack.Calls
	if repanicked { // what was panicked with came from before the runtime's own frame
		calls = calls[1+lastIndex(calls, isPanic):]
	}
	r.Frames = frames(calls, own)
	return r, true
}

// begins finds where the runtime starts to report. Only what it prints itself
// stands at the beginning of a line; loggers put something before.
var begins = regexp.MustCompile(`(?m)^(?:panic: |fatal error: |SIG[A-Z]+: )`)

func lastReport(output string) int {
	all := begins.FindAllStringIndex(output, -1)
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1][0]
}

// split returns the lines of a report's message, and the rest, in which the
// stacks are.
func split(report string) (message []string, rest string) {
	rest = report
	for line := range strings.Lines(report) {
		rest = rest[len(line):]
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "goroutine ") {
			break
		}
		message = append(message, line)
	}
	return message, rest
}

const (
	recovered  = " [recovered]"
	repanicked = " [recovered, repanicked]"
)

// read takes the message apart. It reports whether the last recovered value was
// panicked with again; the stack then contains both panics.
func (r *Report) read(message []string) (again bool) {
	var panics []string
	for _, line := range message {
		text, indented := strings.CutPrefix(line, "\t")
		switch {
		case strings.HasPrefix(line, "[signal "), strings.HasPrefix(line, "PC="):
		case !indented || strings.HasPrefix(text, "panic: "):
			panics = append(panics, text)
		case len(panics) > 0: // the runtime indents the lines of a value after its first
			panics[len(panics)-1] += "\n" + text
		}
	}
	if len(panics) == 0 {
		return false
	}
	r.Text, again = strings.CutSuffix(panics[len(panics)-1], repanicked)
	r.Text = strings.TrimSuffix(r.Text, recovered)
	for _, text := range panics[:len(panics)-1] {
		r.Earlier = append(r.Earlier, strings.TrimSuffix(strings.TrimSuffix(text, recovered), repanicked))
	}
	return again
}

// registers are what the runtime adds to stacks when it is in trouble itself;
// the parser does not know them.
var registers = regexp.MustCompile(`(?m) (?:gp|mp?)=\S+|( \+0x[0-9a-f]+)? fp=\S+ sp=\S+ pc=\S+$`)

// crashed returns the goroutine that ended the program: the first to be shown.
func crashed(stacks string) (g *stack.Goroutine) {
	// The parser is made for reports as they are; ours may be cut anywhere.
	defer func() {
		if recover() != nil {
			g = nil
		}
	}()
	at := strings.Index("\n"+stacks, "\ngoroutine ")
	if at < 0 {
		return nil
	}
	stacks = registers.ReplaceAllString(stacks[at:], "$1")
	snapshot, _, err := stack.ScanSnapshot(bytes.NewReader([]byte(stacks)), io.Discard, &stack.Opts{})
	if err != nil && err != io.EOF || snapshot == nil || len(snapshot.Goroutines) == 0 {
		return nil
	}
	return snapshot.Goroutines[0]
}

// describe returns the line above a stack, without what only the runtime understands.
func describe(g *stack.Goroutine) string {
	text := "goroutine " + strconv.Itoa(g.ID)
	if g.State != "" {
		text += " [" + g.State + "]"
	}
	if made := g.CreatedBy.Calls; len(made) > 0 {
		text += ", created by " + name(made[0])
	}
	return text
}

func isPanic(c stack.Call) bool { return c.Func.Complete == "panic" }

func lastIndex(calls []stack.Call, is func(stack.Call) bool) int {
	for i, c := range slices.Backward(calls) {
		if is(c) {
			return i
		}
	}
	return -1
}

// frames returns the calls of the user's code, then all others. It leaves out the
// runtime's own and repeated calls of a recursion.
func frames(calls []stack.Call, own func(string) bool) []Frame {
	var ours, others []Frame
	for _, c := range calls {
		f := Frame{Function: name(c), File: c.RemoteSrcPath, Line: c.Line, Own: own(c.RemoteSrcPath)}
		list := &others
		if f.Own {
			list = &ours
		} else if isPanic(c) || strings.HasPrefix(c.Func.Complete, "runtime.") || f.File == "" {
			continue
		}
		if !slices.Contains(*list, f) {
			*list = append(*list, f)
		}
	}
	all := append(ours, others...)
	return all[:min(len(all), mostFrames)]
}

// name returns a function's name with the last element of its package's path, as
// people say it.
func name(c stack.Call) string {
	if c.Func.DirName == "" {
		return c.Func.Complete
	}
	return c.Func.DirName + "." + c.Func.Name
}
