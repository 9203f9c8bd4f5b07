package config

import (
	"fmt"
	"reflect"
	"strings"
)

// templateWidth is where the comments of a written file are wrapped.
const templateWidth = 78

const templateHead = `# Settings of devtool. A line that begins with # shows what holds without it:
# the default, or what was found and will be found again. Flags win over
# DEVTOOL_* variables, those over devtool.local.toml (yours alone, not for git),
# that over this file. "devtool config" prints the settings in effect, and why.
`

// Template writes a devtool.toml: every setting with its documentation, as a
// comment with the value that holds. The main package alone is pinned, lest a
// second one makes the choice a question. Read back in the same place, the file
// changes nothing else.
func Template(c *Config, assumed []Assumption) string {
	why := map[string]string{}
	for _, a := range assumed {
		why[a.Key()] = a.Why
	}
	values := map[string]string{}
	for _, v := range c.Values() {
		values[v.Key] = v.Value
	}
	var b strings.Builder
	b.WriteString(templateHead)
	section := ""
	for _, s := range Reference() {
		table, key, _ := strings.Cut(s.Key, ".")
		if list, isList := strings.CutSuffix(table, "[]"); isList && table != section {
			b.WriteString("\n# [[" + list + "]]\n")
		} else if table != section {
			b.WriteString("\n[" + table + "]\n")
		}
		section = table
		line := key + " = " + example(s, values[strings.ReplaceAll(s.Key, "[]", "[0]")])
		if reason := why[s.Key]; reason != "" {
			line += " # " + reason
		}
		if s.Key != "go.package" || values[s.Key] == `""` {
			line = "# " + line
		}
		fmt.Fprintf(&b, "\n%s%s\n", comment(s.Doc), line)
	}
	return b.String()
}

// Key is the setting that would change what was assumed.
func (a Assumption) Key() string {
	table, line, _ := strings.Cut(strings.TrimLeft(a.Setting, "["), "] ")
	if list, isList := strings.CutSuffix(table, "]"); isList {
		return list
	}
	key, _, _ := strings.Cut(line, " =")
	return table + "." + key
}

// relative copies a value with every path below the root written from there.
func (c *Config) relative(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(c.show(v.String()))
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(c.relative(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMap(v.Type()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(k, c.relative(v.MapIndex(k)))
		}
	}
	return out
}

// example is what a setting looks like: as it holds, else as it might.
func example(s Setting, holds string) string {
	switch {
	case holds != "" && holds != `""` && holds != "[]" && holds != "{}":
		return holds
	case strings.HasSuffix(s.Key, "[].paths"):
		return `["locales/**"]`
	case strings.HasPrefix(s.Key, "rule[]"), len(s.Enum) > 0 && s.Default == "":
		return quote(s.Enum[0])
	case s.Key == "generate[].run":
		return `["go", "generate", "./..."]`
	case holds != "":
		return holds
	case strings.HasPrefix(s.Type, "true"):
		return "false"
	case strings.HasPrefix(s.Type, "an array"):
		return "[]"
	default:
		return `""`
	}
}

// comment wraps a text into lines that begin with #.
func comment(text string) string {
	var b strings.Builder
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > templateWidth {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}
