package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
)

// paintWait is how long the line of an outcome waits for a tab to say that it
// was painted, so that one save is one line.
const paintWait = time.Second

// terminal prints what happens for a person, one line for each save. Off a
// terminal its lines are fixed, an interface for editors.
type terminal struct {
	out     io.Writer
	style   style
	tty     bool
	verbose bool
	quiet   bool
	apart   bool // the app's output goes elsewhere
	keys    bool // are listened to
	started time.Time

	mu   sync.Mutex
	held *policy.BuildFinished // its line waits for a paint
	late *time.Timer           // prints the held line without one

	painted   policy.Painted // the newest; that of a hot update comes before its outcome
	paintedAt time.Time
}

// Tell prints one message. It may be called from any goroutine.
func (t *terminal) Tell(m policy.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch m := m.(type) {
	case policy.Listening:
		t.banner(m)
	case policy.Assumed:
		t.assumed(m)
	case policy.BuildStarted:
		t.flush(0)
		if !t.tty {
			t.line("devtool: build started")
		}
	case policy.BuildFinished:
		t.finished(m)
	case policy.Progress:
		t.progress(m)
	case policy.Written:
		t.written(m)
	case policy.Painted:
		t.painted, t.paintedAt = m, time.Now()
		if t.held != nil && t.held.Build == m.Build {
			t.flush(time.Duration(m.Took))
		}
	case policy.AppReady:
		t.ready(m)
	case policy.AppCrashed:
		t.crashed(m)
	case policy.PageThrew:
		t.threw(m)
	case policy.PageReloads:
		t.flush(0)
		t.lines(t.clock(time.Now())+" ", t.style.yellow("↻ "+m.URL)+": "+m.Reason)
	case policy.TypesChecked:
		t.types(m)
	case policy.SettingsRead:
		t.settings(m)
	case policy.Paused:
		t.paused(m)
	case policy.Standing:
		t.standing(m)
	case policy.Remark:
		t.remark(m)
	case policy.Verbose:
		if t.verbose {
			t.lines("  ", t.style.dim(m.Text))
		}
	}
}

// Close prints what still waits.
func (t *terminal) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush(0)
}

// line prints one line. All that a terminal prints goes through it.
func (t *terminal) line(s string) { _, _ = io.WriteString(t.out, t.style.render(s)+"\n") }

// gutter is below the line numbers of an excerpt, and before what continues a
// text. Without it, a text of several lines could pass for several messages.
const gutter = "      │ "

// mostTextLines is how many lines of one text a terminal shows.
const mostTextLines = 200

// lines prints the lines of text, the first after lead and the others after a
// gutter.
func (t *terminal) lines(lead, text string) {
	printed := 0
	for line := range strings.SplitSeq(text, "\n") {
		if printed++; printed > mostTextLines {
			t.line(t.style.dim(fmt.Sprintf("%sand %d more lines", gutter, strings.Count(text, "\n")+1-mostTextLines)))
			return
		}
		t.line(lead + strings.TrimSuffix(line, "\r"))
		lead = t.style.dim(gutter)
	}
}

func (t *terminal) banner(m policy.Listening) {
	if t.quiet {
		return
	}
	t.line("")
	t.line("  " + t.style.bold("devtool") + " " + t.style.dim(version().Version))
	for _, url := range m.URLs {
		t.line("  " + t.style.green("➜") + "  " + t.style.cyan(url))
	}
}

func (t *terminal) assumed(m policy.Assumed) {
	if t.quiet {
		return
	}
	why := m.Why
	if m.Setting != "" && t.verbose {
		why += " (" + m.Setting + ")"
	}
	line := fmt.Sprintf("  %-6s %s", m.What, m.Value)
	if why != "" {
		line = pad(line, 37) + "  " + t.style.dim(why)
	}
	t.line(line)
}

func (t *terminal) ready(m policy.AppReady) {
	switch {
	case m.First:
		keys := ""
		if t.keys {
			keys = "; h lists the keys"
		}
		t.line(fmt.Sprintf("  %s in %s  %s", t.style.bold("ready"), human(time.Since(t.started)),
			t.style.dim(fmt.Sprintf("app pid %d, %s%s", m.PID, viaText(m), keys))))
		t.line("")
	case process.Via(m.Via) == process.ViaOwn:
		t.line(t.style.dim("  app " + viaText(m)))
	}
}

func viaText(m policy.AppReady) string {
	switch process.Via(m.Via) {
	case process.ViaSocket:
		return "takes the inherited socket"
	case process.ViaPort:
		return "listens on PORT (" + m.Addr + ")"
	case process.ViaOwn:
		return "listens on " + m.Addr + " of its own; read PORT, or pass ${PORT} through app.args or app.env"
	case "":
		return "serves nothing"
	default:
		return m.Via + " " + m.Addr
	}
}

func (t *terminal) remark(m policy.Remark) {
	t.flush(0)
	t.lines(t.clock(time.Now())+" ", m.Text)
	if m.Hint != "" {
		t.lines("         ", t.style.dim(m.Hint)) // below the text
	}
}

// types is a line whenever something else is wrong with types, as they are
// checked beside the builds.
func (t *terminal) types(m policy.TypesChecked) {
	t.flush(0)
	result := t.style.green("✓ types")
	if n := len(m.Problems); n > 0 {
		result = t.style.yellow("! " + count(n, "problem") + " with types")
	}
	t.line(t.clock(time.Now()) + " " + result)
	t.problems(m.Problems, m.News)
}

// slowStep is how long a step may take before it gets a line of its own.
const slowStep = 2 * time.Second

func (t *terminal) progress(m policy.Progress) {
	took := time.Duration(m.Took)
	if took < slowStep {
		return
	}
	what := map[string]string{
		"generate": "running the generators", "go": "building the Go app", "drain": "waiting for requests in flight",
		"stop": "waiting for the app to stop", "boot": "waiting for the app to be ready",
	}[m.Step]
	t.flush(0)
	t.line(t.style.dim(fmt.Sprintf("%s %s … %s", time.Now().Format("15:04:05"), what, human(took))))
}

func (t *terminal) clock(at time.Time) string { return t.style.dim(at.Format("15:04:05")) }

func (t *terminal) finished(m policy.BuildFinished) {
	t.flush(0)
	if m.Result == policy.Patched && t.painted.Build == m.Build {
		t.outcome(shownAt(m, t.painted, t.paintedAt))
		return
	}
	if m.Tabs > 0 && (m.Result == policy.Swapped || m.Result == policy.Reloaded || m.Result == policy.Patched) && t.tty {
		held := m
		t.held = &held
		t.late = time.AfterFunc(paintWait, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.held == &held {
				t.flush(0)
			}
		})
		return
	}
	t.outcome(m)
}

// shownAt returns the outcome of a hot update that a tab had painted before the
// bundles were built: nobody waits for those.
func shownAt(m policy.BuildFinished, painted policy.Painted, at time.Time) policy.BuildFinished {
	hot := slices.IndexFunc(m.Stages, func(s policy.Stage) bool { return s.Name == "hot" })
	m.Stages = slices.Insert(slices.Clone(m.Stages), hot+1, policy.Stage{Name: "paint", Took: painted.Took})
	if !m.First.IsZero() {
		m.Took = policy.Millis(at.Sub(m.First))
	}
	return m
}

// flush prints the held outcome, if there is one.
func (t *terminal) flush(paint time.Duration) {
	if t.held == nil {
		return
	}
	m := *t.held
	t.held = nil
	t.late.Stop()
	if paint > 0 {
		m.Stages = append(m.Stages[:len(m.Stages):len(m.Stages)], policy.Stage{Name: "paint", Took: policy.Millis(paint)})
		m.Took += policy.Millis(paint)
		m.At = m.At.Add(paint)
	}
	t.outcome(m)
}

func (t *terminal) outcome(m policy.BuildFinished) {
	if len(m.Files) > 0 || m.Cause != "" || m.Result != policy.Reloaded {
		t.line(outcomeLine(m, t.style))
	}
	t.problems(m.Problems, m.News)
	if !t.tty {
		t.line("devtool: build finished")
	}
}

// outcomeLine is the one line of a save: when, what, each stage with its
// time, the whole, and what the tabs did.
func outcomeLine(m policy.BuildFinished, s style) string {
	total := ""
	if !m.First.IsZero() {
		total = human(time.Duration(m.Took))
	}
	return fmt.Sprintf("%s %s %s %8s %s", s.dim(m.At.Format("15:04:05")),
		pad(causeText(m), 28), s.dim(pad(stagesText(m.Stages), 40)), total, resultText(m, s))
}

func causeText(m policy.BuildFinished) string {
	for _, file := range m.Files {
		if install := installOf(file); install != "" {
			return install
		}
	}
	switch files := m.Files; len(files) {
	case 0:
		return cmp.Or(m.Cause, "app")
	case 1:
		return files[0]
	default:
		return fmt.Sprintf("%s +%d", files[0], len(files)-1)
	}
}

// installOf returns the command that leaves file, a note of what is installed,
// or "" for any other file.
func installOf(file string) string {
	dir, name := path.Split(file)
	if path.Base(dir) != "node_modules" {
		return ""
	}
	switch name {
	case ".package-lock.json":
		return "npm install"
	case ".modules.yaml":
		return "pnpm install"
	case ".yarn-state.yml", ".yarn-integrity":
		return "yarn install"
	}
	return ""
}

func stagesText(stages []policy.Stage) string {
	var parts []string
	for _, st := range stages {
		part := fmt.Sprintf("%s %d", st.Name, time.Duration(st.Took).Milliseconds())
		if st.Note != "" {
			part += " (" + st.Note + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " · ") + " ms"
}

func resultText(m policy.BuildFinished, s style) string {
	tabs := ""
	switch m.Tabs {
	case 0:
	case 1:
		tabs = " 1 tab"
	default:
		tabs = fmt.Sprintf(" %d tabs", m.Tabs)
	}
	standing := ""
	if m.Standing > 0 {
		standing = s.red(" ✗ " + count(m.Standing, "problem"))
	}
	switch m.Result {
	case policy.Reloaded:
		if m.Obstacle != "" && tabs != "" {
			tabs += ": " + m.Obstacle
		}
		return s.green("↻"+tabs) + standing
	case policy.Patched:
		return s.green("✓ hot"+tabs) + standing
	case policy.Swapped:
		return s.green("✓ swapped"+tabs) + standing
	case policy.Nothing:
		return s.dim("= nothing changed") + standing
	case policy.Fixed:
		return s.green("✓ fixed") + standing
	case policy.Built:
		return s.green("✓ built")
	case policy.Finished:
		return s.dim("app finished" + awaits(m, "a change"))
	case policy.Restarted:
		return s.yellow("app restarted after a crash")
	case policy.Broken:
		return s.red("✗ "+count(len(m.Problems), "problem")) + keeps(m)
	case policy.Restored:
		return s.red("✗ the new app did not start") + "; the last good one is back"
	default:
		return s.red("✗ the app did not start") + keeps(m)
	}
}

func keeps(m policy.BuildFinished) string {
	if m.Serving == 0 {
		return awaits(m, "the fix")
	}
	return "; the running app keeps serving"
}

// awaits says what comes next, where something does.
func awaits(m policy.BuildFinished, what string) string {
	if m.Last {
		return ""
	}
	return "; waiting for " + what
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func pad(s string, width int) string {
	if n := utf8.RuneCountInString(s); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return s
}

// human writes a duration as people read it: 38 ms, 1.2 s.
func human(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
