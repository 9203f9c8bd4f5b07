package policy

import (
	"encoding/json"
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Stage is a part of the way from a save to what the browser shows.
type Stage struct {
	Name string `json:"name"`
	Took Millis `json:"ms"`
	Note string `json:"note,omitempty"` // such as the requests a drain cut off
}

// Result is what an outcome did to the open tabs.
type Result string

// The results.
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
	Build    int                   `json:"build"`
	Files    List[string]          `json:"files"`
	First    time.Time             `json:"-"` // when the first file was touched; zero for the first build
	Stages   List[Stage]           `json:"stages"`
	Result   Result                `json:"result"`
	Problems List[problem.Problem] `json:"problems"` // all there are, if the save broke something; first the News
	News     []problem.Problem     `json:"-"`        // those that no outcome has shown before
	Serving  int                   `json:"serving"`  // the generation that takes requests; 0 when none does
	Cause    string                `json:"cause"`    // what it was, if not the files: "restart asked for"
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
