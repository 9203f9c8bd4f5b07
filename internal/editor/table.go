package editor

import (
	"path"
	"slices"
	"strings"
)

// syntax is how an editor takes a file, a line and a column.
type syntax struct {
	names    []string // of its command
	running  []string // of its process, where that is another
	args     []string // with placeholders
	terminal bool     // it draws in a terminal, and we have none to give it
}

func at(format ...string) []string { return format }

// table is every editor we know. The order is that in which running ones are
// preferred.
var table = []syntax{
	{names: at("code", "code-insiders", "cursor", "windsurf", "codium", "vscodium", "kiro", "trae", "positron", "antigravity"), args: at("-g", "{file}:{line}:{column}")},
	{names: at("zed", "zeditor"), running: at("zed-editor"), args: at("{file}:{line}:{column}")},
	{
		names: at("goland", "idea", "webstorm", "phpstorm", "pycharm", "rubymine", "clion", "rider", "rustrover", "datagrip", "studio"),
		args:  at("--line", "{line}", "--column", "{column}", "{file}"),
	},
	{names: at("subl"), running: at("sublime_text"), args: at("{file}:{line}:{column}")},
	{names: at("lapce", "atom", "pulsar"), args: at("{file}:{line}:{column}")},
	{names: at("kate", "kwrite"), args: at("-l", "{line}", "-c", "{column}", "{file}")},
	{names: at("gedit", "gnome-text-editor", "xed", "pluma"), args: at("+{line}:{column}", "{file}")},
	{names: at("gvim", "mvim"), args: at("--remote-silent", "+call cursor({line},{column})", "{file}")},
	{names: at("neovide"), args: at("{file}", "--", "+call cursor({line},{column})")},
	{names: at("mate"), args: at("-l", "{line}:{column}", "{file}")},
	{names: at("bbedit"), args: at("+{line}:{column}", "{file}")},
	{names: at("geany"), args: at("-l", "{line}", "--column", "{column}", "{file}")},
	{names: at("notepad++"), args: at("-n{line}", "-c{column}", "{file}")},
	// A running Emacs need not have a server: these must be named.
	{names: at("emacsclient"), running: at(""), args: at("-n", "+{line}:{column}", "{file}")},
	{names: at("emacs"), running: at(""), args: at("+{line}:{column}", "{file}")},
	{names: at("vim", "vi", "nvim", "nano", "pico", "hx", "helix", "kak", "micro", "joe", "ne", "mcedit", "ed"), terminal: true},
}

// find returns the syntax of a program. An unknown one gets only the file.
func find(program string) syntax {
	name := base(program)
	for _, s := range table {
		if slices.Contains(s.names, name) || slices.Contains(s.running, name) {
			return s
		}
	}
	return syntax{args: at("{file}")}
}

// base returns the name of a program without its directory and without the endings
// that Windows and JetBrains add.
func base(program string) string {
	name := strings.ToLower(path.Base(strings.ReplaceAll(program, `\`, "/")))
	for _, end := range []string{".exe", ".cmd", ".bat", ".sh", "64"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// command returns the command of the first editor of the table that is among
// the running programs.
func command(running []string) (string, bool) {
	names := make(map[string]bool, len(running))
	for _, program := range running {
		names[base(program)] = true
	}
	for _, s := range table {
		if s.terminal || slices.Contains(s.running, "") {
			continue
		}
		for _, name := range s.running {
			if names[name] {
				return s.names[0], true
			}
		}
		for _, name := range s.names {
			if names[name] {
				return name, true
			}
		}
	}
	return "", false
}
