package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// strip is what the foot of the page tells developers.
type strip struct {
	Process process
	Open    string // how long the address has been
	Edits   []invitation
}

// process tells which one answers.
type process struct {
	PID    int    `json:"pid"`
	Build  string `json:"build"`
	Since  int64  `json:"since"`  // the address is open, in Unix milliseconds
	Starts int    `json:"starts"` // of processes behind it, this one included
}

// runInfo is kept in the data file, where the next process finds it.
type runInfo struct {
	Key    string    `json:"key"` // of whoever holds the address
	Since  time.Time `json:"since"`
	Starts int       `json:"starts"`
}

// begin counts this process. In development the address belongs to our parent,
// which keeps it while processes come and go; it is told apart from others by
// its pid and the port it gives us, as pids are used again. How long it had the
// address before our first start we cannot know, and do not count.
func begin(s *store, dev bool, getenv func(string) string, now time.Time) (process, error) {
	p := process{PID: os.Getpid(), Build: cmp.Or(getenv("DEVTOOL_BUILD"), "—"), Since: now.UnixMilli(), Starts: 1}
	if !dev {
		return p, nil
	}
	key := fmt.Sprintf("%d:%s", os.Getppid(), getenv("PORT"))
	err := s.update(func(d *document) error {
		if d.Run.Key != key {
			d.Run = runInfo{Key: key, Since: now}
		}
		d.Run.Starts++
		p.Since, p.Starts = d.Run.Since.UnixMilli(), d.Run.Starts
		return nil
	})
	return p, err
}

// ping is asked every second by each page, which counts the answers.
func (a *app) ping(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, a.process)
}

func (a *app) strip(now time.Time) *strip {
	return &strip{
		Process: a.process,
		Open:    span(now.Sub(time.UnixMilli(a.process.Since))),
		Edits:   invitations(a.dir),
	}
}

// span writes a duration as the script does, too.
func span(d time.Duration) string {
	s := int(d.Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
}

// invitation is a line worth editing.
type invitation struct {
	Title, Dir, File string // Dir ends with a slash, or is empty
	Line             int
	Effect           string
}

// invitations finds the lines below the comments that say "edit me". They are
// looked for in the sources each time, to be right after any edit; without
// sources there is nobody to invite.
func invitations(dir string) []invitation {
	var found []invitation
	for _, i := range []struct{ mark, file, title, effect string }{
		{"greeting", "page.go", "Change the greeting", "Go: built while this process serves, then the page reloads"},
		{"accent", "web/app.css", "Pick another accent", "CSS: swapped in place; a half-typed entry stays"},
		{"label", "web/presence.ts", "Call us something nicer", "TypeScript: the page reloads, the process stays"},
		{"mistake", "page.go", "Uncomment the mistake", "The page says what is wrong, and goes on working"},
	} {
		path := filepath.Join(dir, filepath.FromSlash(i.file))
		if line := lineBelow(path, i.mark); line > 0 {
			found = append(found, invitation{i.title, inModule(dir), i.file, line, i.effect})
		}
	}
	return found
}

var editMe = regexp.MustCompile(`^\s*(?://|/\*) edit me: (\w+)`)

// lineBelow returns the number of the line after the mark, and 0 without one.
func lineBelow(path, mark string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if m := editMe.FindStringSubmatch(lines.Text()); m != nil && m[1] == mark {
			return n + 1
		}
	}
	return 0
}

// inModule writes a directory as seen from the root of the module, where people
// open their editor.
func inModule(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for root := abs; ; root = filepath.Dir(root) {
		if isFile(filepath.Join(root, "go.mod")) {
			rel, err := filepath.Rel(root, abs)
			if err != nil || rel == "." {
				return ""
			}
			return filepath.ToSlash(rel) + "/"
		}
		if root == filepath.Dir(root) {
			return ""
		}
	}
}
