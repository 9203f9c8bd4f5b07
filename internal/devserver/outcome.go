package devserver

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

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
	Problems []problem.Problem // all there are, if the save broke something; first the News
	News     []problem.Problem // those that were not told of before
	Serving  int               // the generation that takes requests; 0 when none does
	Cause    string            // what it was, if not the files: "restart asked for"
}
