package devserver

import (
	"slices"
	"time"
)

// Problem is something wrong in the user's code or with their app, as data:
// the same facts in terminal, overlay, error page, status and JSON.
type Problem struct {
	Source   string        `json:"source"`   // "go", "esbuild", "crash", "runtime", "app"…
	Severity string        `json:"severity"` // "error" or "warning"
	File     string        `json:"file,omitempty"`
	Line     int           `json:"line,omitempty"`   // from 1
	Column   int           `json:"column,omitempty"` // from 1, in code points
	Text     string        `json:"message"`
	Notes    []string      `json:"notes,omitempty"`
	Excerpt  []ExcerptLine `json:"excerpt,omitempty"`
	Frames   []Frame       `json:"frames,omitempty"`   // of a crash or an error in a page: first the user's, innermost first
	Output   string        `json:"output,omitempty"`   // the last lines of what the app wrote
	Repeated int           `json:"repeated,omitempty"` // how often in a row it came, if more than once

	path string // where File really is; browsers are never told
}

// same tells whether two problems are one that was met twice.
func (p Problem) same(q Problem) bool {
	return p.Source == q.Source && p.Text == q.Text && p.File == q.File && p.Line == q.Line && p.Column == q.Column
}

// Frame is one call of a stack.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`

	path string // as [Problem]'s
}

// remarks are the notes, and how often the problem came.
func (p Problem) remarks() []string {
	if p.Repeated < 2 {
		return p.Notes
	}
	return append(slices.Clone(p.Notes), times(p.Repeated))
}

// ExcerptLine is one line of source shown beside a [Problem].
type ExcerptLine struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// Stage is a part of the way from a save to what the browser shows.
type Stage struct {
	Name string
	Took time.Duration
	Note string // such as the requests a drain cut off
}

// Result is what an outcome did to the open tabs.
type Result string

const (
	Nothing   Result = "nothing"   // outputs are as they were
	Swapped   Result = "swapped"   // style sheets were exchanged in place
	Reloaded  Result = "reloaded"  // tabs were told to reload
	Broken    Result = "broken"    // the code does not build; what ran keeps running
	Crashed   Result = "crashed"   // the new app did not start
	Restored  Result = "restored"  // the new app did not start; the last good one is back
	Finished  Result = "finished"  // the app did its work and exited with 0
	Restarted Result = "restarted" // after a crash
	Built     Result = "built"     // for production
)

// Outcome is what became of one batch: exactly one for each save.
type Outcome struct {
	Build    int
	Files    []string
	First    time.Time // when the first file was touched; zero for the first build
	Stages   []Stage
	Result   Result
	Problems []Problem // all there are, if the save broke something; first the News
	News     []Problem // those that were not told of before
	Serving  int       // the generation that takes requests; 0 when none does
	Cause    string    // what it was, if not the files: "restart asked for"
}
