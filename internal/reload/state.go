package reload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
)

// The phases a [State] goes through.
const (
	Building = "building" // a build runs
	Starting = "starting" // the app was built and is not ready yet
	Ready    = "ready"    // what is served is the newest build
	Failed   = "failed"   // the newest build failed, or its app did not come up
)

// State is what every tab should show.
type State struct {
	Build  int    `json:"build"`  // the newest build that is being served; 0 before the first
	Phase  string `json:"phase"`  // Building, Starting, Ready or Failed
	Target int    `json:"target"` // the build Phase speaks of
	Down   bool   `json:"down"`   // no app takes requests: nothing stands behind what is shown
	App    string `json:"app"`    // identity of the program that renders documents, such as its build id

	// A document whose tag was made at or after these sequence numbers needs
	// no reload and no swap. Build numbers cannot tell: a style sheet's build
	// may overtake the Go build that was started before it.
	PageSeq uint64 `json:"pageSeq"`
	CSSSeq  uint64 `json:"cssSeq"`

	Errors []Diagnostic      `json:"errors"`
	CSS    map[string]string `json:"css"` // URL path of each style sheet → hash of its content
	JS     map[string]string `json:"js"`  // the same for scripts
}

// Diagnostic is a problem in the user's code, as the overlay shows it.
type Diagnostic struct {
	ID       string        `json:"id"`       // names it in an open request; made from the other fields when empty
	Source   string        `json:"source"`   // who found it: "go", "esbuild", "css", "tsc", "crash", "runtime", …
	Severity string        `json:"severity"` // "error" or "warning"
	File     string        `json:"file"`     // relative to the project; empty when no file is to blame
	Path     string        `json:"-"`        // where File really is, for the editor; never told to a browser
	Line     int           `json:"line"`     // from 1; 0 when unknown
	Column   int           `json:"column"`   // from 1, in code points; 0 when unknown
	Text     string        `json:"text"`
	Notes    []string      `json:"notes"`
	Excerpt  []ExcerptLine `json:"excerpt"`
	Output   string        `json:"output"` // the last lines of what the app wrote; empty when that is not the point
	Frames   []Frame       `json:"frames"` // the stack of a crash or a runtime error, innermost first
}

// ExcerptLine is one line of source, without its line ending.
type ExcerptLine struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// Frame is one call of a stack.
type Frame struct {
	ID       string `json:"id"` // as [Diagnostic.ID]
	Function string `json:"function"`
	File     string `json:"file"`
	Path     string `json:"-"` // as [Diagnostic.Path]
	Line     int    `json:"line"`
}

// Location is what an open request leads to.
type Location struct {
	ID           string
	Path         string // empty when no file is to blame
	Line, Column int    // from 1; 0 when unknown
}

// clone returns a copy that shares nothing with s, with empty slices and maps
// in place of nil ones so that JSON never holds a null.
func (s State) clone() State {
	s.Errors = completed(s.Errors)
	s.CSS = cloneMap(s.CSS)
	s.JS = cloneMap(s.JS)
	return s
}

func cloneMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

// completed returns a deep copy of set in which every diagnostic and every
// frame has an id.
func completed(set []Diagnostic) []Diagnostic {
	out := make([]Diagnostic, len(set))
	// Ids are made from what a diagnostic says, not from its place in the set:
	// when others are mended, a tab still shows the one it showed.
	times := map[string]int{}
	for i, d := range set {
		if d.ID == "" {
			id := identify(d.Source, d.Severity, d.File, d.Line, d.Column, d.Text)
			d.ID = identify(id, times[id])
			times[id]++
		}
		d.Notes = append([]string{}, d.Notes...)
		d.Excerpt = append([]ExcerptLine{}, d.Excerpt...)
		d.Frames = append([]Frame{}, d.Frames...)
		for j := range d.Frames {
			if f := &d.Frames[j]; f.ID == "" {
				f.ID = identify(d.ID, f.Function, f.File, f.Line, j)
			}
		}
		out[i] = d
	}
	return out
}

func identify(parts ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:6])
}

// find returns where the diagnostic or frame named id is; false when s has none.
func (s State) find(id string) (Location, bool) {
	for _, d := range s.Errors {
		if d.ID == id {
			return Location{id, d.Path, d.Line, d.Column}, true
		}
		for _, f := range d.Frames {
			if f.ID == id {
				return Location{id, f.Path, f.Line, 0}, true
			}
		}
	}
	return Location{}, false
}
