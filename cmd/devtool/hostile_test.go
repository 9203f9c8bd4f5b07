package main

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/problem"
)

// messages is one of each kind that the terminal is told.
func messages() []policy.Message {
	return []policy.Message{
		policy.Assumed{}, policy.Listening{}, policy.BuildStarted{}, policy.BuildSuperseded{},
		policy.Progress{Took: policy.Millis(time.Minute)}, policy.BuildFinished{}, policy.Written{}, policy.Painted{},
		policy.AppReady{}, policy.AppReady{First: true}, policy.AppCrashed{}, policy.PageThrew{},
		policy.TypesChecked{}, policy.SettingsRead{}, policy.SettingsRead{Problems: make([]problem.Problem, 1)},
		policy.Paused{}, policy.Paused{Paused: true}, policy.Standing{}, policy.Remark{}, policy.Verbose{},
	}
}

// fill sets every string in v, at any depth, to text.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(text)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Slice:
		if !v.CanSet() {
			return
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Pointer:
		if !v.CanSet() {
			return
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), text)
	}
}

// told is what a terminal shows of m with text in place of all that it says.
func told(m policy.Message, text string, colours, tty bool) string {
	filled := reflect.New(reflect.TypeOf(m)).Elem()
	filled.Set(reflect.ValueOf(m))
	fill(filled, text)
	var out bytes.Buffer
	t := &terminal{out: &out, style: newStyle(colours), tty: tty, verbose: true, apart: true, started: time.Now()}
	t.Tell(filled.Interface().(policy.Message))
	t.Close()
	return out.String()
}

var ownSGR = regexp.MustCompile("\x1b\\[(?:0|1|2|31|32|33|36)m")

// commands returns what of a text a terminal would obey.
func commands(text string) (found []rune) {
	if !utf8.ValidString(text) {
		found = append(found, utf8.RuneError) // a lone byte 0x9b is a command too
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			found = append(found, r)
		}
	}
	return found
}

const forgery = "main.go:1:1: error: forged"

func checkHarmless(t *testing.T, what, out string, sgrOfText int) {
	t.Helper()
	if found := commands(ownSGR.ReplaceAllString(out, "")); found != nil {
		t.Errorf("%s: the terminal gets %q in\n%q", what, found, out)
	}
	if n := strings.Count(out, "\x1b[31mred"); n != sgrOfText {
		t.Errorf("%s: %d colours of the text are obeyed in\n%q", what, n, out)
	}
	for line := range strings.Lines(ownSGR.ReplaceAllString(out, "")) {
		if strings.HasPrefix(strings.TrimSpace(line), forgery) {
			t.Errorf("%s: forged line %q", what, line)
		}
	}
}

// TestForeignTextCommandsNothing puts escape sequences and compilers' lines into every text
// of every message.
func TestForeignTextCommandsNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"\x1b]0;TITLE\a", "\x1b]52;c;ZXZpbA==\x1b\\", "\x1b[2J\x1b[H", "\u009b31m", "\x9b31m", "\x1b[31mred", "\x1b[0m\x1b[31mred",
		"a\n" + forgery, "a\r\n" + forgery, "a\r" + forgery, "a\v" + forgery, "a\u2028" + forgery, "a\u0085" + forgery,
		"a\n\n\t" + forgery, "\b\b\b\b" + forgery, "\u202e" + forgery, "\x7f", "\x00",
	} {
		// What begins a line may be a place; a value cannot begin one.
		text = "x" + text
		for _, m := range messages() {
			for _, colours := range []bool{false, true} {
				what := fmt.Sprintf("%s of %q, colours %v", m.Type(), text, colours)
				checkHarmless(t, what, told(m, text, colours, true), 0)
				checkHarmless(t, what, told(m, text, colours, false), 0)
			}
		}
		var errs bytes.Buffer
		report(environment{stderr: &errs}, errors.New(text))
		checkHarmless(t, "error", errs.String(), 0)
		var out bytes.Buffer
		printFindings(environment{stdout: &out}, []finding{{text, fine, text, text}})
		checkHarmless(t, "finding", out.String(), 0)
		out.Reset()
		(&keeper{out: &out, command: []string{"app"}}).say("%s changed", text)
		checkHarmless(t, "socket --watch", out.String(), 0)
	}
}

func FuzzForeignText(f *testing.F) {
	f.Add("\x1b]0;TITLE\a\n"+forgery, true)
	f.Add("\u009b2J\r\x85\xff", false)
	f.Fuzz(func(t *testing.T, text string, colours bool) {
		for _, m := range messages() {
			out := told(m, "x"+text, colours, colours)
			if !colours && strings.Contains(out, "\x1b") {
				t.Errorf("%s without colours: %q", m.Type(), out)
			}
			if found := commands(ownSGR.ReplaceAllString(out, "")); found != nil {
				t.Errorf("%s: the terminal gets %q in\n%q", m.Type(), found, out)
			}
		}
	})
}

// TestOwnColoursPass keeps the cure from taking devtool's own colours too.
func TestOwnColoursPass(t *testing.T) {
	t.Parallel()
	s := newStyle(true)
	if got, want := s.render(s.bold("a")+s.red("b")+"\x1b[31mc"), "\x1b[1ma\x1b[0m\x1b[31mb\x1b[0m\ufffd[31mc"; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
	if got, want := newStyle(false).render("a\x1b[31mb\tc é 🎉"), "a\ufffd[31mb\tc é 🎉"; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
}

// TestVastTextIsCut gives every message texts as vast as a script of a page can
// send them.
func TestVastTextIsCut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one line": strings.Repeat("é", 1<<20), "lines": strings.Repeat("a\n", 1<<17), "bytes": strings.Repeat("\xff", 1<<20),
	} {
		for _, m := range messages() {
			out := told(m, text, false, true)
			if len(out) > 256<<10 || !utf8.ValidString(out) {
				t.Errorf("%s of %s prints %d bytes, valid %v", m.Type(), name, len(out), utf8.ValidString(out))
			}
		}
	}
}
