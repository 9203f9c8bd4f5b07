package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestEveryFlagIsTested finds each command, and each flag beside it, in a line
// of a script that runs devtool.
func TestEveryFlagIsTested(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "exec") && strings.Contains(line, "devtool ") {
				lines = append(lines, line)
			}
		}
	}
	run := func(words ...string) bool {
		for i, w := range words {
			words[i] = regexp.QuoteMeta(w)
		}
		line := regexp.MustCompile(`devtool ` + strings.Join(words, `\b.*[ '"]`) + `\b`)
		return slices.ContainsFunc(lines, line.MatchString)
	}
	var visit func(path []string, commands []*cli.Command)
	visit = func(path []string, commands []*cli.Command) {
		for _, c := range commands {
			path := slices.Concat(path, []string{c.Name})
			name := strings.Join(path, " ")
			if !run(name) {
				t.Errorf("no script runs devtool %s", name)
			}
			for _, f := range c.Flags {
				if name == "dev" || name == "serve" {
					continue // short for another one
				}
				if !slices.ContainsFunc(f.Names(), func(flag string) bool { return run(name, dashed(flag)) }) {
					t.Errorf("no script gives devtool %s the flag %s", name, dashed(f.Names()[0]))
				}
			}
			visit(path, c.Subcommands)
		}
	}
	visit(nil, newApp(environment{}, nil).Commands)
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}
