package policy

import (
	"encoding/json"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Stage is one step between a save and what the browser shows.
type Stage struct {
	Name string `json:"name"`
	Took Millis `json:"ms"`
	Note string `json:"note,omitempty"` // for instance, "fast", or the requests that a drain cut off
}

// Result says what a batch led to.
type Result string

// The results.
const (
	Nothing   Result = "nothing"   // outputs are unchanged
	Fixed     Result = "fixed"     // outputs are unchanged, and an error is gone
	Swapped   Result = "swapped"   // style sheets were swapped in place
	Patched   Result = "hot"       // modules were replaced in open pages, which kept their state
	Reloaded  Result = "reloaded"  // tabs were told to reload
	Broken    Result = "broken"    // the code does not build; what ran keeps running
	Crashed   Result = "crashed"   // the new app did not start
	Restored  Result = "restored"  // the new app did not start; the last good one is back
	Finished  Result = "finished"  // the app did its work and exited with 0
	Restarted Result = "restarted" // after a crash
	Built     Result = "built"     // for production
)

// Outcome says what one batch led to. There is exactly one for each save.
type Outcome struct {
	Build    int                   `json:"build"`
	Files    List[string]          `json:"files"`
	First    time.Time             `json:"-"` // when the first file was touched; zero for the first build
	Stages   List[Stage]           `json:"stages"`
	Result   Result                `json:"result"`
	Problems List[problem.Problem] `json:"problems"` // all of them if the save broke something; News first
	News     []problem.Problem     `json:"-"`        // those that no earlier outcome has shown
	Standing int                   `json:"standing"` // how many errors there are, old ones too
	Serving  int                   `json:"serving"`  // the generation that takes requests; 0 when none does
	Cause    string                `json:"cause"`    // the reason, if it was not files: "restart asked for"
	Obstacle string                `json:"obstacle"` // what kept a save of scripts from being a hot update
}

// Millis is a duration, in JSON a number of milliseconds.
type Millis time.Duration

// MarshalJSON implements json.Marshaler.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(m).Microseconds()) / 1000)
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Millis) UnmarshalJSON(data []byte) error {
	var ms float64
	if err := json.Unmarshal(data, &ms); err != nil {
		return err
	}
	*m = Millis(ms * float64(time.Millisecond))
	return nil
}

// List is a slice, in JSON an array even when it is nil.
type List[T any] []T

// MarshalJSON implements json.Marshaler.
func (l List[T]) MarshalJSON() ([]byte, error) { return json.Marshal(append([]T{}, l...)) }
