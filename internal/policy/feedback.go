package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/feedback"
)

const (
	holdFirst = 10 * time.Second
	holdMost  = time.Hour
)

// loop is what the app does to itself: it writes a page at its start, or a log for
// each request, and the change restarts it or reloads the page that asks again.
type loop struct {
	Brake feedback.Brake
	Ready time.Time     // when the app was last ready
	Shown bool          // a page was shown since the last change
	Held  Changed       // what it wrote since it was found out
	Wait  time.Duration // how long Held is held; 0 before there was any
	Until bool          // a Released is due
}

// hold reports whether a change is one too many of those that the app causes
// itself. It has no effect for a while, which doubles each time: only the loop is
// broken, and nothing is lost if it was somebody's edit after all. Any other
// change takes it along.
//
// What the app writes for its start, it writes before it is ready; what it writes
// for a page, after one was shown. Everything else is somebody's edit, however
// quickly it follows. Sources are left out, too: tools write those as quickly as
// they are built.
func (d *decision) hold(ev *Changed) bool {
	built := ev.Go || ev.Text || len(ev.Web) > 0
	if len(ev.Files) == 0 || ev.Generate || built && slices.ContainsFunc(ev.Files, source) {
		return false
	}
	starting := d.App.Replacing != nil || !ev.First.After(d.Loop.Ready)
	if !starting && !d.Loop.Shown {
		return false
	}
	d.Loop.Shown = false
	brake, verdict := d.Loop.Brake.Changed(ev.Files, ev.First)
	d.Loop.Brake = brake
	for _, file := range verdict.Caught {
		d.tell(Remark{Text: fmt.Sprintf("the app writes %s, which %s: held back from now on", file, ev.does()), Hint: ignoreRule(file)})
	}
	if len(verdict.Count) > 0 {
		return false
	}
	d.Loop.Held = d.Loop.Held.and(*ev)
	if !d.Loop.Until {
		d.Loop.Until = true
		d.Loop.Wait = min(max(holdFirst, 2*d.Loop.Wait), holdMost)
		d.do(ReleaseLater{After: d.Loop.Wait})
	}
	return true
}

// source reports whether a file is written in a language. Others may be built as
// well: what Go embeds, and what scripts import.
func source(file string) bool {
	switch path.Ext(file) {
	case ".go", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".css":
		return true
	}
	return false
}

func (ev *Changed) does() string {
	if ev.Restart || ev.Go {
		return "restarts it"
	}
	return "reloads the page that made it do so"
}

func ignoreRule(file string) string {
	return strings.Join([]string{"add a rule to devtool.toml:", "[[rule]]", fmt.Sprintf("paths = [%q]", file), `action = "ignore"`}, "\n")
}

// apply takes up what was held, unless another change did.
func (ev Released) apply(d *decision) {
	d.now = ev.At
	d.Loop.Until = false
	if len(d.Loop.Held.Files) > 0 {
		d.notice(Changed{At: ev.At})
	}
}

// started notes what the app or the tabs were made to do, and may answer with a
// change.
func (d *decision) started() {
	if !d.now.IsZero() {
		d.Loop.Brake = d.Loop.Brake.Started(d.now)
	}
}
