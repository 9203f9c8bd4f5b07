package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/policy"
)

// paused lists what waits for the end of a pause.
func (t *terminal) paused(m policy.Paused) {
	t.flush(0)
	switch n := len(m.Waiting); {
	case !m.Paused:
		t.line(t.clock(time.Now()) + " resumed")
	case n == 0:
		t.line(t.clock(time.Now()) + " " + t.style.yellow("paused") + "; changes wait")
	default:
		t.line(fmt.Sprintf("%s %s; %s waiting: %s", t.clock(time.Now()), t.style.yellow("paused"), count(n, "change"), m.Waiting[n-1]))
	}
}

// standing repeats what is wrong.
func (t *terminal) standing(m policy.Standing) {
	t.flush(0)
	if len(m.Problems) == 0 {
		t.line(t.clock(time.Now()) + " " + t.style.green("✓") + " nothing is wrong")
		return
	}
	t.line(t.clock(time.Now()) + " " + t.style.red("✗ "+count(len(m.Problems), "problem")))
	for _, p := range m.Problems {
		t.problem(p)
	}
}

// settings says what an edit of the settings has changed.
func (t *terminal) settings(m policy.SettingsRead) {
	t.flush(0)
	line := t.clock(time.Now()) + " " + m.File
	if len(m.Problems) > 0 {
		t.line(line + " " + t.style.red("✗ "+count(len(m.Problems), "problem")) + "; the previous settings stay in effect")
		t.problems(m.Problems, m.News)
		return
	}
	if len(m.Applied) == 0 && len(m.Later) == 0 {
		line += ": settings unchanged"
	}
	if len(m.Applied) > 0 {
		line += " " + t.style.green("✓") + " applied: " + strings.Join(m.Applied, ", ")
	}
	if len(m.Later) > 0 {
		line += " " + t.style.yellow("!") + " restart devtool to apply: " + strings.Join(m.Later, ", ")
	}
	t.line(line)
}
