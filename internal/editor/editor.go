package editor

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/shell"
)

// Place is where to go.
type Place struct {
	File         string // absolute
	Path         string // relative to the project, for URLs of editors that see it elsewhere
	Line, Column int    // from 1, in code points; 0 when unknown
}

// Options say where a choice may come from, the strongest first.
type Options struct {
	LaunchEditor string          // the variable LAUNCH_EDITOR
	Setting      string          // a name, a command, or a template of a URL
	Visual       string          // the variable VISUAL
	Editor       string          // the variable EDITOR
	Running      func() []string // names of the programs that run; asked only if nothing above will do
}

// Editor is one that was chosen.
type Editor struct {
	words    []string // program and arguments of the person's own
	how      syntax
	template string // of a URL; instead of the others
}

// advice stands in every error about a choice.
const advice = `set overlay.editor in devtool.toml, or LAUNCH_EDITOR, to the command of an editor with a window, or to a URL such as "vscode://file/{file}:{line}:{column}"`

// Choose finds the editor to use. What is written for this very purpose is
// taken at its word; VISUAL and EDITOR are often meant for a terminal, and a
// running editor with a window is then the better guess.
func Choose(o Options) (Editor, error) {
	for _, chosen := range []string{o.LaunchEditor, o.Setting} {
		if strings.TrimSpace(chosen) != "" {
			return parse(chosen)
		}
	}
	var unfit error
	for _, guess := range []string{o.Visual, o.Editor} {
		if strings.TrimSpace(guess) == "" {
			continue
		}
		e, err := parse(guess)
		if err == nil {
			return e, nil
		}
		unfit = errors.Join(unfit, err)
	}
	if o.Running != nil {
		if name, ok := command(o.Running()); ok {
			return parse(name)
		}
	}
	if unfit != nil {
		return Editor{}, unfit
	}
	return Editor{}, errors.New("no editor is known; " + advice)
}

// parse reads a command, which is split into words as a shell splits them, or
// the template of a URL.
func parse(text string) (Editor, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "://") {
		return parseTemplate(text)
	}
	if filepath.Separator == '\\' {
		text = filepath.ToSlash(text) // a backslash is no escape there
	}
	words, err := shell.Fields(text, func(string) string { return "" })
	if err != nil || len(words) == 0 {
		return Editor{}, fmt.Errorf("%q is no command; %s", text, advice)
	}
	e := Editor{words: slices.DeleteFunc(words, waits), how: find(words[0])}
	if e.how.terminal || strings.HasPrefix(base(words[0]), "emacs") && slices.ContainsFunc(words, isTerminal) {
		return Editor{}, fmt.Errorf("%s needs a terminal of its own; %s", words[0], advice)
	}
	return e, nil
}

// waits reports whether an argument makes an editor's command wait until the file
// is closed, as programs that ask for a text need it. We need no text.
func waits(word string) bool { return word == "--wait" || word == "-w" || word == "--block" }

func isTerminal(word string) bool {
	return word == "-nw" || word == "-t" || word == "-tty" || word == "--tty" || word == "--no-window-system"
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)

// foreign are schemes that would not open an editor but run or fetch something in the page.
var foreign = []string{"http", "https", "javascript", "data", "blob", "file", "vbscript", "about", "ws", "wss"}

func parseTemplate(text string) (Editor, error) {
	name, _, _ := strings.Cut(text, "://")
	if !scheme.MatchString(name) || slices.Contains(foreign, strings.ToLower(name)) {
		return Editor{}, fmt.Errorf("%q is no URL that opens an editor; %s", text, advice)
	}
	if !strings.Contains(text, "{file}") && !strings.Contains(text, "{path}") {
		return Editor{}, fmt.Errorf("%q has neither {file} nor {path} in it; %s", text, advice)
	}
	return Editor{template: text}, nil
}

// Command returns program and arguments that open a place.
func (e Editor) Command(p Place) ([]string, error) {
	if len(e.words) == 0 {
		return nil, errors.New("this editor is opened by a URL")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	args := slices.Clone(e.words)
	for _, word := range e.how.args {
		args = append(args, p.fill(word, func(s string) string { return s }))
	}
	return args, nil
}

// URL returns the URL that opens a place, or "" for an editor that is a
// command.
func (e Editor) URL(p Place) (string, error) {
	if e.template == "" {
		return "", nil
	}
	if err := p.check(); err != nil {
		return "", err
	}
	template := e.template
	if strings.HasPrefix(p.File, "/") { // people write vscode://file/{file}
		template = strings.ReplaceAll(template, "/{file}", "{file}")
	}
	return p.fill(template, escapePath), nil
}

// escapePath escapes a path for any part of a URL.
func escapePath(path string) string {
	escaped := (&url.URL{Path: "/" + filepath.ToSlash(path)}).EscapedPath()[1:]
	return strings.NewReplacer("&", "%26", "+", "%2B", "=", "%3D", ";", "%3B").Replace(escaped)
}

// fill puts the place into a text with placeholders.
func (p Place) fill(text string, escape func(string) string) string {
	return strings.NewReplacer(
		"{file}", escape(p.File), "{path}", escape(p.Path),
		"{line}", strconv.Itoa(max(1, p.Line)), "{column}", strconv.Itoa(max(1, p.Column)),
	).Replace(text)
}

// check refuses places that are not on this machine, or not what they seem.
func (p Place) check() error {
	switch {
	case p.File == "":
		return errors.New("there is no file to open")
	case IsShare(p.File):
		return fmt.Errorf("%q is on another machine", p.File)
	case !filepath.IsAbs(p.File):
		return fmt.Errorf("%q is not an absolute path", p.File)
	case strings.ContainsFunc(p.File+p.Path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("%q has control characters in its name", p.File)
	}
	return nil
}

// IsShare reports whether a path names a share of another machine, or a device. On
// Windows, looking at such a path logs in there.
func IsShare(path string) bool {
	return strings.HasPrefix(filepath.ToSlash(strings.ReplaceAll(path, `\`, "/")), "//")
}
