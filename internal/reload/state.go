package reload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"github.com/calendsync/devtool/internal/problem"
)

// The phases of a build and its app.
const (
	Building = "building" // a build runs
	Starting = "starting" // the app was built and is not ready yet
	Ready    = "ready"    // what is served is the newest build
	Failed   = "failed"   // the newest build failed, or its app did not come up
)

// state is what every tab should show.
type state struct {
	outputs
	Errors []entry `json:"errors"`
}

// outputs are what is served now.
type outputs struct {
	progress
	Build int    `json:"build"` // the newest build that is served; 0 before the first
	App   string `json:"app"`   // identity of the program that renders documents, such as its build id

	// A document whose tag was made at or after these sequence numbers needs
	// no reload and no swap. Build numbers cannot tell: a style sheet's build
	// may overtake the Go build that was started before it.
	PageSeq uint64 `json:"pageSeq"`
	CSSSeq  uint64 `json:"cssSeq"`

	CSS map[string]string `json:"css"` // URL path of each style sheet → hash of its content
	JS  map[string]string `json:"js"`  // the same for scripts
}

// progress is how far the newest build has come.
type progress struct {
	Phase   string `json:"phase"`   // Building, Starting, Ready or Failed
	Attempt int    `json:"attempt"` // the build that Phase is about
	Down    bool   `json:"down"`    // no app takes requests
}

// after returns what is served after an update, the message of which is numbered
// seq. It changes no map of o, which a snapshot may still hold.
func (o outputs) after(u Update, seq uint64) outputs {
	o.Build = max(o.Build, u.Build)
	if u.Phase != "" {
		o.progress = progress{u.Phase, u.Build, u.Down}
	}
	if u.Reload {
		o.PageSeq = seq
	}
	if len(u.CSS) > 0 {
		o.CSSSeq = seq
	}
	if u.App != "" {
		o.App = u.App
	}
	if u.CSSHashes != nil {
		o.CSS = u.CSSHashes
	}
	if u.JSHashes != nil {
		o.JS = u.JSHashes
	}
	o.CSS, o.JS = cloneMap(o.CSS), cloneMap(o.JS)
	for _, sheet := range u.CSS {
		o.CSS[sheet.URL] = sheet.Hash
	}
	return o
}

// entry is a problem as tabs are told of it.
type entry struct {
	problem.Problem
	ID     string `json:"id"`    // names it in an open request
	Label  string `json:"label"` // which side of the project is at fault
	Frames []call `json:"frames,omitempty"`
}

// call is a frame of a stack as tabs are told of it.
type call struct {
	problem.Frame
	ID string `json:"id"` // as [entry]'s
}

// Location is what an open request leads to.
type Location struct {
	ID           string
	Path         string // empty when no file is to blame
	Line, Column int    // from 1; 0 when unknown
}

// clone returns a copy that shares nothing with s, with empty slices and maps
// in place of nil ones so that JSON never holds a null.
func (s state) clone() state {
	s.Errors = append([]entry{}, s.Errors...)
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

// entries names every problem, and every frame of one, for requests to open it.
func entries(problems []problem.Problem) []entry {
	out := make([]entry, len(problems))
	// Ids are made from what a problem says, not from its place in the set: when
	// others are mended, a tab still shows the one it showed.
	times := map[string]int{}
	for i, p := range problem.Public(problems) {
		id := identify(p.Source, p.Severity, p.File, p.Line, p.Column, p.Text)
		e := entry{Problem: p, ID: identify(id, times[id]), Label: p.Label()}
		times[id]++
		for j, f := range p.Frames {
			e.Frames = append(e.Frames, call{f, identify(e.ID, f.Function, f.File, f.Line, j)})
		}
		out[i] = e
	}
	return out
}

func identify(parts ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:6])
}

// find returns where the problem or frame named id is; false when s has none.
func (s state) find(id string) (Location, bool) {
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
