package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
)

func configCommand(e environment) *cli.Command {
	return &cli.Command{
		Name:      "config",
		Usage:     "print the settings in effect, and where each comes from",
		UsageText: "devtool config [flags]",
		Description: `Prints every setting as TOML, with the file and line, the variable, or the word
"found" for what was found in the project. What is left to devtool until the app
runs is a comment.

    devtool config
    devtool config --json | jq '.settings[] | select(.origin != "default")'
    devtool config --schema >devtool.schema.json

Put "#:schema ./devtool.schema.json" on the first line of devtool.toml, and
editors complete and check it.`,
		Flags: projectFlags(
			&cli.BoolFlag{Name: "json", Usage: "as one JSON object"},
			&cli.BoolFlag{Name: "schema", Usage: "print the JSON schema of devtool.toml instead"},
		),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.Bool("schema") {
				return printJSON(e.stdout, config.Schema())
			}
			return printConfig(c, e)
		},
	}
}

func printConfig(c *cli.Context, e environment) error {
	cfg, err := readProject(c, e, nil)
	if err != nil {
		return err
	}
	written := len(cfg.Rules)
	cfg, assumed, err := devserver.Discover(c.Context, cfg, e.env)
	if err != nil {
		return err
	}
	holds := *cfg
	holds.Rules = cfg.Rules[:written] // the built-in ones are no settings
	seen := seenByPages(cfg, e.env)
	if c.Bool("json") {
		settings := configJSON(&holds)
		settings["pageEnv"] = seen
		return printJSON(e.stdout, settings)
	}
	for _, n := range cfg.Notes {
		fmt.Fprintf(e.stderr, "devtool: %s; %s\n", printable(n.Text), printable(n.Hint))
	}
	text := configTOML(&holds, assumed)
	if len(seen) > 0 {
		text += "\n# import.meta.env has " + printable(strings.Join(seen, ", ")) + "\n"
	}
	_, err = io.WriteString(e.stdout, text)
	return err
}

// seenByPages returns the names of the environment variables that pages see in
// development.
func seenByPages(cfg *config.Config, env []string) []string {
	if len(cfg.Web.EntryPoints) == 0 {
		return []string{}
	}
	vars, _ := cfg.PageEnv(env, "development")
	return append([]string{}, slices.Sorted(maps.Keys(vars))...)
}

// settingJSON is one setting of `devtool config --json`.
type settingJSON struct {
	Key    string `json:"key"`
	Value  any    `json:"value"` // null when it is left to devtool
	Origin string `json:"origin"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func configJSON(cfg *config.Config) map[string]any {
	list := []settingJSON{}
	for _, v := range cfg.Values() {
		list = append(list, settingJSON{v.Key, v.JSON, v.Origin.String(), v.Origin.File, v.Origin.Line, v.Origin.Column})
	}
	return map[string]any{"root": cfg.Root, "files": append([]string{}, cfg.Files...), "settings": list}
}

// configTOML writes the settings as a file that means the same, with the origin
// of each behind it.
func configTOML(cfg *config.Config, assumed []config.Assumption) string {
	why := map[string]string{}
	for _, a := range assumed {
		why[a.Key()] = "found: " + a.Why
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", cfg.Root)
	table := ""
	for _, v := range cfg.Values() {
		cut := strings.LastIndex(v.Key, ".")
		if v.Key[:cut] != table {
			table = v.Key[:cut]
			b.WriteString("\n" + header(table) + "\n")
		}
		line := v.Key[cut+1:] + " = " + v.Value
		if v.Value == "" {
			line = "# " + v.Key[cut+1:] + " ="
		}
		fmt.Fprintf(&b, "%s # %s\n", pad(line, 36), originText(cfg, v, why))
	}
	return b.String()
}

// header is the line above the settings of a table or of an element of a list.
func header(table string) string {
	if list, _, isList := strings.Cut(table, "["); isList {
		return "[[" + list + "]]"
	}
	return "[" + table + "]"
}

func originText(cfg *config.Config, v config.Value, why map[string]string) string {
	origin := v.Origin
	list, _, _ := strings.Cut(v.Key, "[")
	switch {
	case origin.IsDefault() && v.Value == "":
		return "found out when it is needed"
	case origin.IsDefault() && why[list] != "":
		return why[list]
	case origin.File != "":
		name, err := filepath.Rel(cfg.Root, origin.File)
		if err != nil {
			name = origin.File
		}
		return fmt.Sprintf("%s:%d", filepath.ToSlash(name), origin.Line)
	case why[v.Key] != "":
		return why[v.Key]
	default:
		return origin.String()
	}
}

func printJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
