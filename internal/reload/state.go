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

	// A document with a tag from message PageSeq or later needs no reload, and
	// one from CSSSeq or later no swap. Build numbers cannot decide this: the
	// build of a style sheet may overtake a Go build that began earlier.
	PageSeq uint64 `json:"pageSeq"`
	CSSSeq  uint64 `json:"cssSeq"`

	CSS map[string]string `json:"css"` // URL path of each style sheet → hash of its content
	JS  map[string]string `json:"js"`  // the same for scripts

	// The newest patches since the newest reload, in order. A document applies
	// those whose modules it has in an older version.
	Patches []patch `json:"patches"`
}

// progress is how far the newest build has come.
type progress struct {
	Phase   string `json:"phase"`   // Building, Starting, Ready or Failed
	Attempt int    `json:"attempt"` // the build that Phase is about
	Down    bool   `json:"down"`    // no app takes requests
}

// after returns what is served after u, whose message has the number seq. It
// changes no map of o, which a snapshot may hold.
func (o outputs) after(u Update, seq uint64) outputs {
	o.Build = max(o.Build, u.Build)
	if u.Phase != "" {
		o.progress = progress{u.Phase, u.Build, u.Down}
	}
	if u.Reload {
		o.PageSeq, o.Patches = seq, []patch{}
	} else {
		o = o.patched(u, seq)
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

// entry is a problem as tabs receive it.
type entry struct {
	problem.Problem
	ID     string `json:"id"`    // names it in an open request
	Label  string `json:"label"` // the part of the project at fault, for people
	Frames []call `json:"frames,omitempty"`
}

// call is a frame of a stack as tabs receive it.
type call struct {
	problem.Frame
	ID string `json:"id"` // as [entry]'s
}

// Location is where a request opens an editor.
type Location struct {
	ID           string
	Path         string // empty when no file is to blame
	Line, Column int    // from 1; 0 when unknown
}

// clone returns a copy that shares no map or slice with s. It has empty ones in
// place of nil, so that the JSON holds no null.
func (s state) clone() state {
	s.Errors = append([]entry{}, s.Errors...)
	s.CSS = cloneMap(s.CSS)
	s.JS = cloneMap(s.JS)
	s.Patches = append([]patch{}, s.Patches...)
	return s
}

func cloneMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

// entries gives every problem and every frame an id.
func entries(problems []problem.Problem) []entry {
	out := make([]entry, len(problems))
	// An id depends on what a problem says and not on its place in the set, so
	// that a tab keeps showing a problem when others are fixed.
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
