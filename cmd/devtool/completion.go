package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completeWord asks devtool itself what the last of the words behind it may
// become. The scripts do so, which hence never grow old.
const completeWord = "__complete"

const (
	bashCompletion = `# bash: source <(devtool completion bash)
_devtool() {
  mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _devtool devtool
`
	zshCompletion = `#compdef devtool
# zsh: source <(devtool completion zsh), or put it into a directory of $fpath as _devtool
_devtool() {
  local -a answers
  answers=(${(f)"$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#answers} )); then compadd -a answers; else _files; fi
}
compdef _devtool devtool
`
	powershellCompletion = `# PowerShell: devtool completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName devtool -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if (-not $word) { $words += '""' }
  & $ast.CommandElements[0].Value __complete @words 2>$null | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
)

// completions are what the last word may become.
func completions(app *cli.App, words []string) []string {
	if len(words) == 0 || slices.Contains(words[:len(words)-1], "--") {
		return nil // the app's own arguments
	}
	before, word := words[:len(words)-1], strings.Trim(words[len(words)-1], `"`)
	commands, flags := app.Commands, []cli.Flag(nil)
	for _, w := range before {
		for _, c := range commands {
			if c.HasName(w) {
				commands, flags = c.Subcommands, c.Flags
				break
			}
		}
	}
	var all []string
	if strings.HasPrefix(word, "-") {
		all = append(all, "--help")
		for _, f := range flags {
			all = append(all, "--"+f.Names()[0])
		}
	} else {
		for _, c := range commands {
			if !c.Hidden {
				all = append(all, c.Name)
			}
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, word) })
}

func completionCommand(e environment) *cli.Command {
	scripts := []struct {
		shell string
		text  func(*cli.App) (string, error)
	}{
		{"bash", constant(bashCompletion)},
		{"zsh", constant(zshCompletion)},
		{"fish", (*cli.App).ToFishCompletion},
		{"powershell", constant(powershellCompletion)},
	}
	command := &cli.Command{
		Name:      "completion",
		Usage:     "print the script that completes commands and flags in a shell",
		UsageText: "devtool completion bash|zsh|fish|powershell",
		Description: `    source <(devtool completion bash)                 in ~/.bashrc
    source <(devtool completion zsh)                  in ~/.zshrc
    devtool completion fish | source                  in ~/.config/fish/config.fish
    devtool completion powershell | Out-String | Invoke-Expression`,
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return &usageError{text: fmt.Sprintf("unknown shell %q", c.Args().First()), hint: "bash, zsh, fish or powershell"}
			}
			return &usageError{text: "which shell?", hint: "bash, zsh, fish or powershell"}
		},
	}
	for _, script := range scripts {
		command.Subcommands = append(command.Subcommands, &cli.Command{
			Name: script.shell, Usage: "for " + script.shell, OnUsageError: onUsageError,
			Action: func(c *cli.Context) error { return printMade(c, e, script.text) },
		})
	}
	return command
}

func constant(text string) func(*cli.App) (string, error) {
	return func(*cli.App) (string, error) { return text, nil }
}

func manCommand(e environment) *cli.Command {
	return &cli.Command{
		Name:         "man",
		Usage:        "print the manual page",
		UsageText:    "devtool man >devtool.1; man -l devtool.1",
		OnUsageError: onUsageError,
		Action:       func(c *cli.Context) error { return printMade(c, e, (*cli.App).ToMan) },
	}
}

// printMade prints a text that is made from the declared commands.
func printMade(c *cli.Context, e environment, text func(*cli.App) (string, error)) error {
	if err := noArguments(c); err != nil {
		return err
	}
	out, err := text(newApp(e, nil))
	if err != nil {
		return err
	}
	_, err = io.WriteString(e.stdout, out)
	return err
}
