package replay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// script is what go build -n says it would do.
type script struct {
	files    map[string]string // the contents of files it writes, by path
	commands []command         // in the order of execution
}

// command is one call of a tool.
type command struct {
	pkg  string   // the import path of the package it is for
	dir  string   // where it runs; "." is where the go command does
	env  []string // set beside the go command's own environment
	argv []string
}

// chores begin the lines that prepare or clean up a directory, or that write a
// build id after the fact.
var chores = []string{"mkdir -p ", "rm -rf ", "mv ", "cp ", "go tool buildid -w "}

// parseScript reads the output of go build -n -json. The go command prints one
// event for each call of printf; together, in their order, they are a script for
// a shell.
func parseScript(stream string) (script, error) {
	s := scriptReader{script: script{files: map[string]string{}}, dir: "."}
	for line := range strings.Lines(stream) {
		var event struct{ ImportPath, Action, Output string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return script{}, fmt.Errorf("read the output of go build -n: %w", err)
		}
		if event.Action != "build-output" {
			continue
		}
		if err := s.read(event.ImportPath, event.Output); err != nil {
			return script{}, err
		}
	}
	return s.script, nil
}

type scriptReader struct {
	script
	dir string // as of the last cd, which holds for all packages
}

func (s *scriptReader) read(pkg, text string) error {
	for text != "" {
		if strings.HasPrefix(text, "cat >") {
			rest, err := s.document(text)
			if err != nil {
				return err
			}
			text = rest
			continue
		}
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if err := s.line(pkg, line); err != nil {
			return err
		}
	}
	return nil
}

// document reads "cat >file << 'EOF' # internal", the content and "EOF", and
// returns what follows.
func (s *scriptReader) document(text string) (rest string, err error) {
	head, body, _ := strings.Cut(text, "\n")
	file, found := strings.CutSuffix(head, " << 'EOF' # internal")
	file = strings.TrimSpace(strings.TrimPrefix(file, "cat >"))
	content, rest, ended := strings.Cut(body, "EOF\n")
	if !found || !ended {
		return "", fmt.Errorf("go build -n printed %q, which is no complete document", head)
	}
	s.files[file] = content
	return rest, nil
}

func (s *scriptReader) line(pkg, line string) error {
	switch {
	case line == "", strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "cd "):
		s.dir = strings.TrimPrefix(line, "cd ")
		return nil
	case strings.HasPrefix(line, "echo "):
		return s.echo(line)
	}
	for _, chore := range chores {
		if strings.HasPrefix(line, chore) {
			return nil
		}
	}
	env, argv, err := splitCommand(line, s.dir)
	if err != nil {
		return fmt.Errorf("go build -n printed %q: %w", line, err)
	}
	s.commands = append(s.commands, command{pkg, s.dir, env, argv})
	return nil
}

// echo reads how the go command writes an empty file or one of a single line:
// "echo -n > file # internal" or "echo 'text' > file # internal".
func (s *scriptReader) echo(line string) error {
	text, file, found := strings.Cut(strings.TrimSuffix(line, " # internal"), " > ")
	switch {
	case !found:
		return fmt.Errorf("go build -n printed %q, which names no file", line)
	case text == "echo -n":
		s.files[file] = ""
	default:
		s.files[file] = strings.TrimSuffix(strings.TrimPrefix(text, "echo '"), "'") + "\n"
	}
	return nil
}

// splitCommand splits a line into settings of the environment and arguments. The
// go command quotes an argument as Go does, and writes "." for dir at the
// beginning of one that is not quoted.
func splitCommand(line, dir string) (env, argv []string, err error) {
	for line != "" {
		if argv == nil {
			setting, rest, found, err := cutSetting(line)
			if err != nil {
				return nil, nil, err
			}
			if found {
				env, line = append(env, setting), rest
				continue
			}
		}
		if line[0] != '"' {
			var word string
			word, line, _ = strings.Cut(line, " ")
			if strings.HasPrefix(word, ".") && dir != "." {
				word = dir + word[1:]
			}
			argv = append(argv, word)
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil, nil, fmt.Errorf("a quote without an end: %w", err)
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, nil, err
		}
		argv = append(argv, word)
		line = strings.TrimPrefix(line[len(quoted):], " ")
	}
	if len(argv) == 0 {
		return nil, nil, fmt.Errorf("no command")
	}
	return env, argv, nil
}

// cutSetting cuts NAME='value' or, for a value with a quote, NAME="value" off
// the beginning of line.
func cutSetting(line string) (setting, rest string, found bool, err error) {
	name, value, found := strings.Cut(line, "=")
	if !found || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || value == "" {
		return "", line, false, nil
	}
	switch value[0] {
	case '\'':
		text, rest, ended := strings.Cut(value[1:], "'")
		if !ended {
			return "", "", false, fmt.Errorf("a quote without an end")
		}
		return name + "=" + text, strings.TrimPrefix(rest, " "), true, nil
	case '"':
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return "", "", false, fmt.Errorf("a quote without an end: %w", err)
		}
		text, err := strconv.Unquote(quoted)
		return name + "=" + text, strings.TrimPrefix(value[len(quoted):], " "), true, err
	}
	return "", line, false, nil
}
