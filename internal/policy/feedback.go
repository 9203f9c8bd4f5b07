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

// feedbackState is what is known of an app that keeps itself busy: it writes a page when it
// starts, or a log for each request, and that change restarts it or reloads the
// page that sends the next request.
type feedbackState struct {
	Brake feedback.Brake
	Ready time.Time     // when the app was last ready
	Shown bool          // a page has been shown since the last change
	Held  Changed       // what the app wrote since the feedback was detected
	Wait  time.Duration // how long Held is held; 0 before there was any
	Until bool          // a Released is due
}

// hold reports whether a change must wait because the app has caused too many
// changes itself. Such a change is held back for a while, which doubles each
// time: that breaks the loop, and loses nothing if it was somebody's edit after
// all. Any other change brings it along.
//
// What the app writes when it starts is written before it is ready; what it
// writes for a page, after a page was shown. Everything else counts as somebody's
// edit, however soon it follows. Tools may rewrite source files as fast as they
// are built, so those are held only if they change after the same time of each
// start.
func (d *decision) hold(ev *Changed) bool {
	if len(ev.Files) == 0 || ev.Generate {
		return false
	}
	proof := feedback.Short
	shown := d.Feedback.Shown
	if built := ev.Go || ev.Text || len(ev.Web) > 0; built && slices.ContainsFunc(ev.Files, source) {
		proof, shown = feedback.Steady, false
	}
	starting := d.App.Replacing != nil || !ev.First.After(d.Feedback.Ready)
	if !shown && !(starting && (ev.Go || ev.Restart || proof == feedback.Short)) {
		return false
	}
	d.Feedback.Shown = false
	brake, verdict := d.Feedback.Brake.Changed(ev.Files, ev.First, proof)
	d.Feedback.Brake = brake
	for _, file := range verdict.Caught {
		d.tell(Remark{Text: fmt.Sprintf("the app writes %s, which %s: held back from now on", file, ev.does()), Hint: ignoreRule(file)})
	}
	if len(verdict.Count) > 0 {
		return false
	}
	d.Feedback.Held = d.Feedback.Held.and(*ev)
	if !d.Feedback.Until {
		d.Feedback.Until = true
		d.Feedback.Wait = min(max(holdFirst, 2*d.Feedback.Wait), holdMost)
		d.do(ReleaseLater{After: d.Feedback.Wait})
	}
	return true
}

// source reports whether a file is source code. Other files may be built too:
// those that Go embeds and scripts import.
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

// apply acts on what was held, unless another change has brought it along.
func (ev Released) apply(d *decision) {
	d.now = ev.At
	d.Feedback.Until = false
	if len(d.Feedback.Held.Files) > 0 {
		d.notice(Changed{At: ev.At})
	}
}

// started notes that the app restarts or tabs reload, which may cause the app to
// write files.
func (d *decision) started() {
	if !d.now.IsZero() {
		d.Feedback.Brake = d.Feedback.Brake.Started(d.now)
	}
}
