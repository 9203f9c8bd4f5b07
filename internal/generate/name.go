package generate

import (
	"path"
	"slices"
	"strings"
)

// runner is a program that only runs another.
type runner struct {
	verbs  []string // subcommands that do so
	valued []string // flags whose value is the next word
}

var nodeFlags = []string{"--prefix", "-w", "--workspace", "-p", "--package", "-C", "--dir", "--cwd", "-F", "--filter", "--node-options"}

// runnerOf returns what is known about a program that runs others.
func runnerOf(program string) (runner, bool) {
	switch program {
	case "go":
		return runner{[]string{"tool", "run"}, []string{"-C", "-modfile", "-tags", "-mod", "-ldflags", "-gcflags", "-exec", "-overlay"}}, true
	case "npm", "pnpm", "yarn", "bun":
		return runner{[]string{"exec", "run", "x", "dlx"}, nodeFlags}, true
	case "npx", "pnpx", "bunx", "corepack":
		return runner{[]string{"npm", "pnpm", "yarn", "npx"}, nodeFlags}, true
	case "node", "deno", "tsx":
		return runner{[]string{"run"}, []string{"-r", "--require", "--import", "--loader"}}, true
	case "uv", "uvx", "pipx", "poetry", "mise", "asdf", "direnv", "bundle":
		return runner{[]string{"run", "exec", "x", "tool"}, []string{"--with", "--from", "--directory", "--project", "-C"}}, true
	case "python", "python3", "ruby":
		return runner{nil, []string{"-W", "-X", "-I", "-r"}}, true
	case "env", "nice", "time", "exec", "command":
		return runner{nil, []string{"-u", "-C", "-n"}}, true
	case "sh", "bash", "zsh", "dash":
		return runner{nil, []string{"-o", "-eo", "-euo", "-exo", "-euxo"}}, true
	}
	return runner{}, false
}

// NameOf returns the name of a command for people: not that of a program which
// only runs it.
func NameOf(command []string) string {
	words := command
	for len(words) > 1 {
		r, known := runnerOf(programName(words[0]))
		if !known {
			break
		}
		rest := r.arguments(words[1:])
		if len(rest) == 0 {
			break
		}
		if words = rest; strings.ContainsAny(words[0], " \t\n;&") { // a script for a shell
			words = lastCommand(words[0])
		}
	}
	if len(words) == 0 {
		words = command
	}
	return programName(words[0])
}

// arguments returns the words from the command that r runs.
func (r runner) arguments(words []string) []string {
	for len(words) > 0 {
		flag := strings.HasPrefix(words[0], "-")
		switch {
		case flag && slices.Contains(r.valued, words[0]):
			words = words[min(2, len(words)):]
		case flag, slices.Contains(r.verbs, words[0]), isAssignment(words[0]):
			words = words[1:]
		default:
			return words
		}
	}
	return nil
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && !strings.ContainsAny(name, "/.:\"'") && !strings.ContainsAny(word, " \t\n")
}

// lastCommand returns the words of the last command of a script. Commands before
// it, such as cd, only prepare.
func lastCommand(script string) (words []string) {
	for command := range strings.FieldsFuncSeq(script, func(r rune) bool { return strings.ContainsRune(";&|\n", r) }) {
		if fields := strings.Fields(command); len(fields) > 0 {
			words = (runner{}).arguments(fields)
		}
	}
	return words
}

// programName returns the last element of a path, an import path or a package,
// without a version: "templ" for github.com/a-h/templ/cmd/templ@latest.
func programName(word string) string {
	word = strings.ReplaceAll(word, `\`, "/")
	if i := strings.LastIndexByte(word, '@'); i > 0 {
		word = word[:i]
	}
	if scope, name, ok := strings.Cut(word, "/"); ok && strings.HasPrefix(scope, "@") && name == "cli" {
		return strings.TrimPrefix(scope, "@") // @tailwindcss/cli
	}
	name := path.Base(word)
	for _, ext := range []string{".exe", ".cmd", ".bat"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}
